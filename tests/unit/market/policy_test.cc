// Who may do what, how much of it and how fast: what operators set while the market runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "market/admission.h"
#include "market/permission.h"
#include "market_fixture.h"

namespace bourse::market {
namespace {

using base::Errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAdmin[] = "admin@a.test/x";
constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@sub.b.test/pc";

Plan set(Pool& pool, const std::string& name, const std::string& value, const std::string& subject = {}) {
  return pool.act(kAdmin, SetPolicy{{name, subject, value}});
}

// The error of a plan's only answer; none: it was none.
std::optional<base::Error> refusal(const Plan& plan) {
  if (plan.replies.size() != 1) return std::nullopt;
  const auto* error = std::get_if<base::Error>(&plan.replies.front().body);
  return error == nullptr ? std::nullopt : std::optional(*error);
}

std::optional<Errc> refused(const Plan& plan) {
  const auto error = refusal(plan);
  return error ? std::optional(error->code) : std::nullopt;
}

TEST(PolicyCheck, SaysWhatASettingMeans) {
  struct Case {
    const char* name;
    const char* subject;
    const char* value;
    const char* expected;  // "name|subject|value" as stored, or a part of the error
    bool ok;
  };
  const Case cases[] = {
      {"publish", "", " (domain=*.edu) ", "publish||(domain=*.edu)", true},
      {"publish", "", "", "publish||", true},
      {"publish", "a.test", "(domain=x)", "one filter for all", false},
      {"publish", "", "(domain=", "publish: ", false},
      {"jid-offers", "Ann@A.test", "5", "jid-offers|ann@a.test|5", true},
      {"jid-offers", "ann@a.test/pc", "5", "a JID without a resource", false},
      {"domain-grants", "A.TEST", "0", "domain-grants|a.test|0", true},
      {"domain-grants", "ann@a.test", "5", "a domain", false},
      {"domain-grants", "", "many", "no number", false},
      {"domain-grants", "", "-1", "no number", false},
      {"domain-rate", "", "50/s", "domain-rate||50/s", true},
      {"domain-rate", "", "0.5/s burst 10", "domain-rate||0.5/s burst 10", true},
      {"domain-rate", "", "50", "is no rate", false},
      {"domain-rate", "", "0/s", "is no rate", false},
      {"domain-rate", "", "nan/s", "is no rate", false},
      {"domain-rate", "", "50/s burst 0.5", "is no rate", false},
      {"domain-rate", "", "50/s 200", "is no rate", false},
      {"everything", "", "5", "there are publish, request", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.name) + " " + c.subject + " " + c.value);
    const auto row = AccessPolicy::check(c.name, c.subject, c.value);
    ASSERT_EQ(row.ok(), c.ok);
    if (c.ok) {
      EXPECT_EQ(row->name + "|" + row->subject + "|" + row->value, c.expected);
    } else {
      EXPECT_THAT(row.error().text, HasSubstr(c.expected));
      EXPECT_EQ(row.error().code == Errc::kInvalidPayload || row.error().code == Errc::kInvalidJid, true);
    }
  }
}

TEST(Policy, IsSetByOperatorsAndEachChangeIsInTheLog) {
  Pool pool;
  EXPECT_EQ(refused(pool.act(kAnn, SetPolicy{{"publish", "", "(domain=a.test)"}})), Errc::kForbidden);
  const auto plan = set(pool, "publish", "(domain=a.test)");
  ASSERT_EQ(plan.audit.size(), 1U);
  EXPECT_EQ(plan.audit[0].entry.kind, audit::EntryKind::kPolicySet);
  EXPECT_EQ(plan.audit[0].entry.actor, jid(kAdmin));
  EXPECT_EQ(plan.audit[0].entry.reason, "publish: (domain=a.test), was not set");
  ASSERT_NE(plan.policy, nullptr);
  EXPECT_THAT(plan.policy->rows(), ElementsAre(PolicyRow{"publish", "", "(domain=a.test)"}));
  EXPECT_FALSE(set(pool, "publish", "(domain=a.test)").writes()) << "said twice is said once";
  EXPECT_FALSE(set(pool, "request", "").writes());
  EXPECT_EQ(set(pool, "publish", "").audit[0].entry.reason, "publish: not set, was (domain=a.test)");
  EXPECT_THAT(pool.state.access.rows(), IsEmpty());
  EXPECT_EQ(refused(set(pool, "publish", "(nonsense")), Errc::kInvalidPayload);
}

TEST(Policy, OpensWhatItSaysToWhomItSays) {
  Rules rules;
  rules.groups.push_back({"staff", domain::Filter::parse("(domain=*.b.test)").value(), {}});
  struct Case {
    const char* filter;
    std::vector<std::string> in;
    std::vector<std::string> out;
  };
  const Case cases[] = {
      {"(domain=b.test)", {kBob}, {kAnn, kCarl}},    {"(domain=*b.test)", {kBob, kCarl}, {kAnn}},
      {"(jid=ann@a.test)", {kAnn}, {kBob, kCarl}},   {"(group=staff)", {kCarl}, {kAnn, kBob}},
      {"(!(domain=a.test))", {kBob, kCarl}, {kAnn}}, {"(cpu=4)", {}, {kAnn, kBob, kCarl}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.filter);
    Pool pool(rules);
    for (const auto* name : {"publish", "request", "subscribe", "history"}) set(pool, name, c.filter);
    const auto answers = [&](const std::string& actor) {
      return std::vector{refused(pool.publish(actor, "o-" + actor, offer_of({{"cpu", "1"}}))),
                         refused(pool.request(actor, "r-" + actor, request_of({{"gpu", "1"}}))),
                         refused(pool.act(actor, pubsub::Command(pubsub::Subscribe{{"commons/offers"}, jid(actor)}))),
                         refused(pool.act(actor, PredictAvailability{{jid("x@y")}, std::chrono::hours(1)}))};
    };
    for (const auto& actor : c.in) EXPECT_THAT(answers(actor), testing::Each(std::nullopt)) << actor;
    for (const auto& actor : c.out) EXPECT_THAT(answers(actor), testing::Each(Errc::kForbidden)) << actor;
    EXPECT_THAT(answers(kAdmin), testing::Each(std::nullopt)) << "an operator could not take it back otherwise";
  }
}

TEST(Policy, LeavesEverybodyTheirOwn) {
  Pool pool;
  pool.publish(kAnn, "o", offer_of({{"cpu", "1"}}));
  pool.request(kAnn, "r", request_of({{"gpu", "1"}}));
  for (const auto* name : {"publish", "request", "subscribe", "history"}) set(pool, name, "(domain=nowhere)");
  const auto error = refusal(pool.publish(kAnn, "o2", offer_of({{"cpu", "1"}})));
  ASSERT_TRUE(error);
  EXPECT_THAT(error->text, HasSubstr("opens 'publish' to (domain=nowhere), and ann@a.test is not among them"));
  EXPECT_EQ(refused(pool.retract(kAnn, "offers", "o")), std::nullopt);
  EXPECT_EQ(refused(pool.retract(kAnn, "requests", "r")), std::nullopt);
}

TEST(Policy, QuestionsNeedTheRightOfWhatTheyAskFor) {
  AccessPolicy policy;
  ASSERT_TRUE(policy.set({"subscribe", "", "(domain=in.test)"}).ok());
  ASSERT_TRUE(policy.set({"history", "", "(domain=past.test)"}).ok());
  ItemQuery offers;
  offers.kind = ItemKind::kOffer;
  ItemQuery own = offers;
  own.own = true;
  ItemQuery grants;
  grants.kind = ItemKind::kGrant;
  ArchiveQuery availability;
  availability.node = {"commons/availability"};
  ItemQuery who_is_there;
  who_is_there.kind = ItemKind::kAvailability;
  NodeItemsQuery ordinary;
  ordinary.node = {"news"};
  struct Case {
    const char* name;
    QueryBody body;
    std::vector<std::string> in;
  };
  const Case cases[] = {{"offers", offers, {"in.test"}},
                        {"own offers", own, {"in.test", "past.test", "out.test"}},
                        {"grants", grants, {"in.test", "past.test", "out.test"}},
                        {"availability", availability, {"past.test"}},
                        {"who is there", who_is_there, {"past.test"}},
                        {"history", HistoryQuery{}, {"past.test"}},
                        {"an ordinary node", ordinary, {"in.test"}},
                        {"status", StatusQuery{}, {"in.test", "past.test", "out.test"}}};
  for (const auto& c : cases) {
    for (const std::string domain : {"in.test", "past.test", "out.test"}) {
      SCOPED_TRACE(std::string(c.name) + " " + domain);
      Query query{.viewer = {jid("x@" + domain), false}, .reply_to = {}, .body = c.body};
      EXPECT_EQ(permitted(policy, query).ok(), std::ranges::find(c.in, domain) != c.in.end());
      query.viewer.privileged = true;
      EXPECT_TRUE(permitted(policy, query).ok());
    }
  }
}

TEST(Quotas, BoundWhatAJidAndADomainHave) {
  Pool pool;
  set(pool, "jid-offers", "2");
  set(pool, "domain-offers", "3", "a.test");
  EXPECT_EQ(refused(pool.publish(kAnn, "1", offer_of({{"cpu", "1"}}))), std::nullopt);
  EXPECT_EQ(refused(pool.publish(kAnn, "2", offer_of({{"cpu", "1"}}))), std::nullopt);
  const auto third = refusal(pool.publish(kAnn, "3", offer_of({{"cpu", "1"}})));
  ASSERT_TRUE(third);
  EXPECT_EQ(third->code, Errc::kResourceConstraint);
  EXPECT_THAT(third->text, HasSubstr("ann@a.test has 2 of at most 2"));
  EXPECT_EQ(refused(pool.publish(kAnn, "2", offer_of({{"cpu", "2"}}))), std::nullopt) << "what it has it may change";
  EXPECT_EQ(refused(pool.publish("eve@a.test/x", "4", offer_of({{"cpu", "1"}}))), std::nullopt);
  const auto fourth = refusal(pool.publish("eve@a.test/x", "5", offer_of({{"cpu", "1"}})));
  ASSERT_TRUE(fourth);
  EXPECT_THAT(fourth->text, HasSubstr("everybody at a.test together has 3 of at most 3"));
  EXPECT_EQ(refused(pool.publish(kBob, "6", offer_of({{"cpu", "1"}}))), std::nullopt) << "another domain";
  EXPECT_EQ(refused(pool.retract(kAnn, "offers", "1")), std::nullopt);
  EXPECT_EQ(refused(pool.publish("eve@a.test/x", "5", offer_of({{"cpu", "1"}}))), std::nullopt) << "room again";
}

TEST(Quotas, OneOfItsOwnGoesBeforeTheOneForAll) {
  Pool pool;
  set(pool, "jid-requests", "1");
  set(pool, "jid-requests", "3", "bob@b.test");
  for (const auto& [actor, most] : {std::pair{kAnn, 1}, std::pair{kBob, 3}}) {
    int taken = 0;
    while (!refused(pool.request(actor, std::string(actor) + std::to_string(taken), request_of({{"gpu", "1"}}))))
      ++taken;
    EXPECT_EQ(taken, most) << actor;
  }
}

TEST(Quotas, OfGrantsMakeRequestsWaitUntilThereIsRoom) {
  Pool pool;
  set(pool, "jid-grants", "2");
  pool.publish(kAnn, "o", offer_of({{"cpu", "8"}}));
  const auto plan = pool.request(kBob, "r", request_of({{"cpu", "1"}}, 3));
  EXPECT_EQ(std::ranges::count_if(plan.changes, [](const auto& c) { return std::holds_alternative<GrantStarted>(c); }),
            2);
  EXPECT_EQ(pool.state.find_request({"r"})->state, domain::RequestState::kWaiting);
  const auto explained = pool.act(kBob, ExplainRequest{{"r"}});
  const auto* why = std::get_if<RequestExplanation>(&explained.replies.at(0).body);
  ASSERT_NE(why, nullptr);
  // One ends: the third comes. The bound goes: whoever waited for nothing else is served.
  const auto released = pool.retract(kBob, "grants", "g1");
  EXPECT_EQ(pool.state.find_request({"r"})->state, domain::RequestState::kGranted);
  pool.request(kBob, "r2", request_of({{"cpu", "1"}}));
  EXPECT_EQ(pool.state.find_request({"r2"})->state, domain::RequestState::kWaiting);
  set(pool, "jid-grants", "");
  EXPECT_EQ(pool.state.find_request({"r2"})->state, domain::RequestState::kGranted);
}

TEST(Quotas, OfSubscriptions) {
  Pool pool;
  set(pool, "jid-subscriptions", "1");
  const auto subscribe = [&](const std::string& node) {
    return refused(pool.act(kAnn, pubsub::Command(pubsub::Subscribe{{node}, jid(kAnn)})));
  };
  EXPECT_EQ(subscribe("commons/offers"), std::nullopt);
  EXPECT_EQ(subscribe("commons/availability"), Errc::kResourceConstraint);

  set(pool, "domain-subscriptions", "1");
  const auto by = [&](const std::string& who, const pubsub::Command& command) {
    return refused(pool.act(who, pubsub::Command(command)));
  };
  const auto offers = [](const std::string& who) { return pubsub::Subscribe{{"commons/offers"}, jid(who)}; };
  EXPECT_EQ(by(kBob, offers(kBob)), std::nullopt) << "another domain's is another";
  set(pool, "jid-subscriptions", "");
  EXPECT_EQ(by(kAnn, pubsub::Subscribe{{"commons/availability"}, jid(kAnn)}), Errc::kResourceConstraint);
  EXPECT_EQ(by(kAnn, pubsub::Unsubscribe{{"commons/offers"}, jid(kAnn), {}}), std::nullopt);
  EXPECT_EQ(by(kAnn, pubsub::Subscribe{{"commons/availability"}, jid(kAnn)}), std::nullopt);
}

TEST(Policy, ToBeToldWhoIsThereIsToSeeIt) {
  Pool pool;
  set(pool, "history", "(domain=b.test)");
  const auto subscribe = [&](const std::string& who, const std::string& node) {
    return refused(pool.act(who, pubsub::Command(pubsub::Subscribe{{node}, jid(who)})));
  };
  EXPECT_EQ(subscribe(kAnn, "commons/offers"), std::nullopt);
  EXPECT_EQ(subscribe(kAnn, "commons/availability"), Errc::kForbidden);
  EXPECT_EQ(subscribe(kBob, "commons/availability"), std::nullopt);
}

TEST(Policy, ValuesThatTheLogOrNobodyCouldHold) {
  EXPECT_FALSE(AccessPolicy::check("jid-offers", "", std::string(5000, '0') + "5").ok());
  EXPECT_TRUE(AccessPolicy::check("jid-offers", "", "0005").ok());
  EXPECT_FALSE(AccessPolicy::check("jid-rate", "", "1e-300/s").ok());
  EXPECT_TRUE(AccessPolicy::check("jid-rate", "", "0.001/s").ok());
}

TEST(Quotas, OfSubscriptionsLeaveThoseThatAreThere) {
  Pool pool;
  const auto subscribe = [&](const std::string& node) {
    return refused(pool.act(kAnn, pubsub::Command(pubsub::Subscribe{{node}, jid(kAnn)})));
  };
  EXPECT_EQ(subscribe("commons/offers"), std::nullopt);
  EXPECT_EQ(subscribe("commons/availability"), std::nullopt);
  set(pool, "jid-subscriptions", "1");
  EXPECT_EQ(subscribe("commons/offers"), std::nullopt) << "the same again";
  EXPECT_EQ(subscribe("commons/grants"), Errc::kResourceConstraint);
}

TEST(Quotas, OfSubscriptionsAndFiltersAndBansHoldForThoseWhomOwnersSubscribe) {
  Pool pool;
  ASSERT_EQ(refused(pool.act(kBob, pubsub::Command(pubsub::CreateNode{{"news"}}))), std::nullopt);
  const auto add = [&](std::vector<std::string> whom) {
    pubsub::SetSubscriptions command{{"news"}, {}};
    for (const auto& who : whom) command.wanted.push_back({jid(who), pubsub::SubscriptionState::kSubscribed});
    return refused(pool.act(kBob, pubsub::Command(command)));
  };
  set(pool, "domain-subscriptions", "2", "a.test");
  EXPECT_EQ(add({"x1@a.test", "x2@a.test", "x3@a.test"}), Errc::kResourceConstraint);
  EXPECT_EQ(add({"x1@a.test", "x2@a.test"}), std::nullopt);
  set(pool, "subscribe", "(!(domain=c.test))");
  EXPECT_EQ(add({"x@c.test"}), Errc::kForbidden);
  pool.act(kAdmin, Sanction{.jid = jid("d.test"), .banned = true, .reason = "no"});
  EXPECT_EQ(add({"x@sub.d.test"}), Errc::kForbidden);
  EXPECT_EQ(add({"x@e.test"}), std::nullopt);
}

TEST(Bans, HoldForQuestionsToo) {
  Pool pool;
  const auto plan = pool.act(kAdmin, Sanction{.jid = jid("b.test"), .banned = true, .reason = "floods"});
  ASSERT_NE(plan.policy, nullptr);
  const auto may = [&](const AccessPolicy& policy, const std::string& who) {
    return permitted(policy, {.viewer = {jid(who).bare(), false}, .reply_to = {}, .body = StatusQuery{{"commons"}}});
  };
  EXPECT_TRUE(may(*plan.policy, kAnn).ok());
  for (const auto* who : {kBob, kCarl}) {
    const auto refused = may(*plan.policy, who);
    EXPECT_EQ(refused.error().code, Errc::kForbidden);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("banned b.test: floods"));
  }
  const auto lifted = pool.act(kAdmin, Sanction{.jid = jid("b.test"), .banned = false});
  ASSERT_NE(lifted.policy, nullptr);
  EXPECT_TRUE(may(*lifted.policy, kBob).ok());
}

TEST(Bans, OfADomainHoldBelowIt) {
  Pool pool;
  pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
  pool.publish(kCarl, "c", offer_of({{"cpu", "4"}}));
  pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  pool.publish("mallory@xb.test/pc", "m", offer_of({{"cpu", "4"}}));
  pool.request(kBob, "r", request_of({{"gpu", "1"}}));
  pool.act(kCarl, pubsub::Command(pubsub::Subscribe{{"commons/offers"}, jid(kCarl)}));
  EXPECT_EQ(pool.state.nodes.subscription_count(jid(kCarl).bare()), 1U);
  pool.act(kAdmin, Sanction{.jid = jid("b.test"), .banned = true, .reason = "spam"});
  EXPECT_EQ(pool.state.find_offer({"b"}), nullptr);
  EXPECT_EQ(pool.state.find_offer({"c"}), nullptr);
  EXPECT_EQ(pool.state.find_request({"r"}), nullptr);
  EXPECT_EQ(pool.state.nodes.subscription_count(jid(kCarl).bare()), 0U);
  EXPECT_NE(pool.state.find_offer({"a"}), nullptr);
  EXPECT_NE(pool.state.find_offer({"m"}), nullptr) << "a name that ends alike is another domain";
  const auto error = refusal(pool.publish(kCarl, "c2", offer_of({{"cpu", "1"}})));
  ASSERT_TRUE(error);
  EXPECT_THAT(error->text, HasSubstr("has banned b.test: spam"));
  pool.act(kAdmin, Sanction{.jid = jid("b.test"), .banned = false});
  EXPECT_EQ(refused(pool.publish(kCarl, "c2", offer_of({{"cpu", "1"}}))), std::nullopt);
}

TEST(Admission, LetsInAtTheRateThatIsSet) {
  AccessPolicy policy;
  ASSERT_TRUE(policy.set({"jid-rate", "", "10/s burst 20"}).ok());
  Admission admission;
  base::Timestamp now{std::chrono::hours(1)};
  const auto flood = [&](const std::string& from, int count) {
    int in = 0;
    for (int i = 0; i < count; ++i) in += admission.admit(policy, jid(from), now).ok() ? 1 : 0;
    return in;
  };
  EXPECT_EQ(flood("a@x/1", 100), 20);
  EXPECT_EQ(flood("a@x/2", 100), 0) << "another resource is the same sender";
  EXPECT_EQ(flood("b@x/1", 100), 20);
  now += std::chrono::milliseconds(500);
  EXPECT_EQ(flood("a@x/1", 100), 5);
  const auto refused = admission.admit(policy, jid("a@x/1"), now);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kRateLimited);
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
  now -= std::chrono::hours(1);
  EXPECT_EQ(flood("a@x/1", 100), 0) << "a clock that is set back gives nothing";
  now += std::chrono::hours(1000);
  EXPECT_EQ(flood("a@x/1", 100), 20) << "no more than a burst";
}

TEST(Admission, ADomainPaysTogether) {
  AccessPolicy policy;
  ASSERT_TRUE(policy.set({"domain-rate", "", "0.1/s burst 5"}).ok());
  ASSERT_TRUE(policy.set({"domain-rate", "friend.test", "1000/s"}).ok());
  Admission admission;
  const base::Timestamp now{std::chrono::hours(1)};
  int in = 0;
  for (int i = 0; i < 20; ++i) in += admission.admit(policy, jid("u" + std::to_string(i) + "@x"), now).ok() ? 1 : 0;
  EXPECT_EQ(in, 5);
  EXPECT_TRUE(admission.admit(policy, jid("u@y"), now).ok()) << "another domain";
  EXPECT_EQ(admission.admit(policy, jid("u@x"), now).error().retry_after, std::chrono::seconds(10));
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(admission.admit(policy, jid("u@friend.test"), now).ok());
  EXPECT_FALSE(admission.admit(policy, jid("u@friend.test"), now).ok());
}

TEST(DomainLost, GrantsAreSuspectAndNobodyWasDown) {
  Pool pool;
  pool.act(kBob, SessionAvailable{});
  pool.act(kAnn, SessionAvailable{});
  pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
  pool.publish(kAnn, "a", offer_of({{"memory", "4Gi"}}));
  pool.request("eve@e.test/x", "r", request_of({{"cpu", "1"}}));
  const auto heard = pool.now + std::chrono::minutes(1);
  pool.now = heard + std::chrono::seconds(20);
  const auto plan = pool.act(kAdmin, DomainLost{"b.test", heard});
  EXPECT_EQ(pool.state.find_grant({1})->state, domain::GrantState::kSuspect);
  EXPECT_EQ(pool.state.history.running(jid("bob@b.test")), std::nullopt);
  EXPECT_TRUE(pool.state.history.running(jid("ann@a.test")).has_value()) << "another domain";
  const auto closed =
      std::ranges::find_if(plan.changes, [](const auto& c) { return std::holds_alternative<HistoryClosed>(c); });
  ASSERT_NE(closed, plan.changes.end());
  const auto& interval = std::get<HistoryClosed>(*closed).interval.interval;
  EXPECT_EQ(interval.until, heard);
  EXPECT_EQ(interval.reason, static_cast<int>(domain::EndReason::kUnobserved));
  EXPECT_TRUE(std::ranges::any_of(plan.audit, [](const auto& r) {
    return r.entry.kind == audit::EntryKind::kProviderUnobserved && r.entry.provider == jid("bob@b.test");
  }));
  EXPECT_FALSE(pool.act(kAdmin, DomainLost{"b.test", heard}).writes()) << "said twice";

  pool.now += std::chrono::seconds(30);
  const auto back = pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
  EXPECT_EQ(pool.state.find_grant({1})->state, domain::GrantState::kActive);
  const auto row =
      std::ranges::find_if(back.changes, [](const auto& c) { return std::holds_alternative<ProviderRow>(c); });
  ASSERT_NE(row, back.changes.end());
  EXPECT_EQ(std::get<ProviderRow>(*row).since, pool.now);
  EXPECT_FALSE(std::ranges::any_of(back.changes, [](const auto& c) {
    return std::holds_alternative<HistoryClosed>(c);
  })) << "what nobody saw is no interval";
}

TEST(DomainLost, IsNobodysFailure) {
  Pool pool;
  pool.act(kBob, SessionAvailable{});
  pool.publish(kBob, "b", offer_of({{"cpu", "8"}}));
  for (const auto* id : {"r1", "r2", "r3", "r4"}) pool.request("eve@e.test/x", id, request_of({{"cpu", "1"}}));
  ASSERT_NE(pool.state.find_grant({4}), nullptr);
  pool.act(kAdmin, DomainLost{"b.test", pool.now});
  (void)pool.pass(std::chrono::hours(1));
  EXPECT_EQ(pool.state.find_grant({1}), nullptr) << "lost";
  EXPECT_FALSE(pool.state.sanctions.contains(jid("bob@b.test"))) << "no failure, no quarantine";
}

TEST(DomainLost, ForLongGrantsAreLost) {
  Pool pool;
  pool.act(kBob, SessionAvailable{});
  pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
  pool.request("eve@e.test/x", "r", request_of({{"cpu", "1"}}));
  pool.act(kAdmin, DomainLost{"b.test", pool.now});
  pool.pass(std::chrono::minutes(2));
  EXPECT_EQ(pool.state.find_grant({1}), nullptr);
  EXPECT_EQ(pool.state.find_request({"r"})->state, domain::RequestState::kWaiting) << "wants another";
}

}  // namespace
}  // namespace bourse::market
