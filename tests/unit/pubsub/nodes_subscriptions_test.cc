// Subscriptions: who may, how many, with which options, who is told (XEP-0060 §6, §8.6–8.8).
#include <gtest/gtest.h>

#include "domain/offer.h"
#include "nodes_fixture.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using Fields = std::vector<std::pair<std::string, std::string>>;

int refusal(Errc code) { return static_cast<int>(code); }

class Machine final : public domain::AttributeSource {
 public:
  explicit Machine(std::string arch) : arch_(std::move(arch)) {}
  std::vector<domain::AttributeValue> values(std::string_view name) const override {
    std::vector<domain::AttributeValue> all;
    each([&](std::string_view at, const domain::AttributeValue& value) {
      if (at == name) all.push_back(value);
    });
    return all;
  }
  void each(const std::function<void(std::string_view, const domain::AttributeValue&)>& take) const override {
    take("arch", domain::AttributeValue(arch_));
  }

 private:
  std::string arch_;
};

SubId filtered(World& world, const std::string& who, const std::string& filter) {
  FormValues options{{kFilterField, {filter}}};
  const auto outcome = world.run(who, Subscribe{node("commons/offers"), jid(who), options});
  EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.error().text;
  return std::get<SubscriptionAnswer>(*outcome.answer).subscription.id;
}

TEST(NodesSubscribe, FollowsTheAccessModel) {
  struct Case {
    const char* model;
    const char* actor;
    int expected;
    SubscriptionState state;
  };
  const auto subscribed = SubscriptionState::kSubscribed;
  const auto none = SubscriptionState::kNone;
  const Case cases[] = {
      {"open", "b@x/1", World::kOk, subscribed},
      {"open", "out@x/1", refusal(Errc::kForbidden), none},
      {"open", "only@x/1", refusal(Errc::kForbidden), none},
      {"presence", "b@x/1", refusal(Errc::kPresenceSubscriptionRequired), none},
      {"presence", "member@x/1", World::kOk, subscribed},
      {"roster", "b@x/1", refusal(Errc::kNotInRosterGroup), none},
      {"whitelist", "b@x/1", refusal(Errc::kClosedNode), none},
      {"whitelist", "member@x/1", World::kOk, subscribed},
      {"authorize", "b@x/1", World::kOk, SubscriptionState::kPending},
      {"authorize", "member@x/1", World::kOk, subscribed},
      {"authorize", "a@x/1", World::kOk, subscribed},
      {"authorize", "out@x/1", refusal(Errc::kForbidden), none},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(one.model) + " " + one.actor);
    World world;
    world.create("a@x/1", "n", {{"access_model", one.model}});
    world.run("a@x/1", SetAffiliations{node("n"),
                                       {{jid("member@x"), Affiliation::kMember},
                                        {jid("only@x"), Affiliation::kPublishOnly},
                                        {jid("out@x"), Affiliation::kOutcast}}});
    const auto outcome = world.run(one.actor, Subscribe{node("n"), jid(one.actor).bare()});
    ASSERT_EQ(outcome.answer.ok() ? World::kOk : refusal(outcome.answer.error().code), one.expected);
    if (outcome.answer.ok()) {
      EXPECT_EQ(std::get<SubscriptionAnswer>(*outcome.answer).subscription.state, one.state);
    }
  }
}

TEST(NodesSubscribe, RefusesTheRest) {
  World world;
  world.create("a@x/1", "n");
  world.create("a@x/1", "off", {{"subscribe", "0"}});
  const auto subscribe = [&](const char* name, const char* subscriber, Fields options = {}) {
    Subscribe command{node(name), jid(subscriber)};
    if (!options.empty()) command.options = form(std::move(options));
    return world.code("b@x/1", command);
  };
  EXPECT_EQ(subscribe("none", "b@x"), refusal(Errc::kNotFound));
  EXPECT_EQ(subscribe("n", "c@x"), refusal(Errc::kInvalidJid));
  EXPECT_EQ(subscribe("n", "b@y"), refusal(Errc::kInvalidJid));
  EXPECT_EQ(subscribe("n", "b@x/other"), World::kOk);
  EXPECT_EQ(subscribe("n", "b@x", {{"nonsense", "1"}}), refusal(Errc::kInvalidOptions));
  const auto off = world.run("b@x/1", Subscribe{node("off"), jid("b@x")});
  EXPECT_EQ(off.answer.error().code, Errc::kUnsupported);
  EXPECT_EQ(off.answer.error().feature, "subscribe");
}

TEST(NodesSubscribe, SeveralOfOneAddress) {
  World world;
  world.create("a@x/1", "n");
  EXPECT_EQ(world.subscribe("b@x", "n").value, 1U);
  EXPECT_EQ(world.subscribe("b@x", "n").value, 1U) << "the same again";
  EXPECT_EQ(world.subscribe("b@x", "n", {{"include_body", "1"}}).value, 2U);
  EXPECT_EQ(world.subscribe("b@x", "n", {{"include_body", "1"}}).value, 2U);
  EXPECT_EQ(world.subscribe("b@x", "n").value, 1U) << "the oldest";
  EXPECT_EQ(world.subscribe("b@x/r", "n").value, 3U) << "another address";
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x/r b@x[1,2]+body");

  const auto unsubscribe = [&](const char* actor, const char* who, std::optional<SubId> id) {
    return world.code(actor, Unsubscribe{node("n"), jid(who), id});
  };
  EXPECT_EQ(unsubscribe("b@x/1", "b@x", {}), refusal(Errc::kSubidRequired));
  EXPECT_EQ(unsubscribe("b@x/1", "b@x", SubId{3}), refusal(Errc::kInvalidSubid));
  EXPECT_EQ(unsubscribe("c@x/1", "b@x", SubId{1}), refusal(Errc::kForbidden));
  EXPECT_EQ(unsubscribe("c@x/1", "c@x", {}), refusal(Errc::kNotSubscribed));
  EXPECT_EQ(unsubscribe("b@x/1", "b@x", SubId{1}), World::kOk);
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x+body b@x/r") << "one left: no subid";
  EXPECT_EQ(unsubscribe("b@x/1", "b@x", {}), World::kOk);
  EXPECT_EQ(unsubscribe("b@x/1", "b@x", {}), refusal(Errc::kNotSubscribed));
}

TEST(NodesSubscribe, Quota) {
  Policy policy;
  policy.max_subscriptions_per_jid = 3;
  World world(policy);
  for (const char* name : {"n1", "n2"}) world.create("a@x/1", name);
  for (const char* who : {"b@x", "b@x/1"}) world.subscribe(who, "n1");
  world.subscribe("b@x", "commons/offers");
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n2"), jid("b@x")}), refusal(Errc::kTooManySubscriptions));
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n1"), jid("b@x")}), World::kOk) << "there already";
  EXPECT_EQ(world.code("a@x/1", SetSubscriptions{node("n2"), {{jid("b@x"), SubscriptionState::kSubscribed}}}),
            refusal(Errc::kTooManySubscriptions));
  world.run("b@x/1", Unsubscribe{node("n1"), jid("b@x/1")});
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n2"), jid("b@x")}), World::kOk);
}

TEST(NodesRequests, WaitForAnOwner) {
  World world;
  world.create("a@x/1", "n", {{"access_model", "authorize"}});
  world.publish("a@x/1", "n", "1");
  const auto request = world.run("b@x/1", Subscribe{node("n"), jid("b@x")});
  EXPECT_EQ(World::text(request), "request n 1 b@x: a@x");
  EXPECT_EQ(World::text(world.nodes.recipients_again(request.notices.front())), "a@x");
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n"), jid("b@x")}), refusal(Errc::kPendingSubscription));
  EXPECT_EQ(world.code("b@x/1", Subscribe{node("n"), jid("b@x/2")}), refusal(Errc::kPendingSubscription));
  EXPECT_EQ(World::text(world.publish("a@x/1", "n", "2")), "published n 2: ");

  const auto pending = [&] { return std::get<PendingAnswer>(*world.run("a@x/1", GetPending{}).answer).nodes; };
  EXPECT_EQ(pending(), std::vector{node("n")});
  EXPECT_EQ(World::text(world.run("a@x/home", GetPending{node("n")})), "request! n 1 b@x: a@x/home");
  EXPECT_EQ(world.code("b@x/1", GetPending{node("n")}), refusal(Errc::kForbidden));
  const auto approve = [&](const char* actor, const char* who, bool allow) {
    return world.run(actor, ApproveSubscription{.node = node("n"), .subscriber = jid(who), .allow = allow});
  };
  EXPECT_EQ(approve("b@x/1", "b@x", true).answer.error().code, Errc::kForbidden);
  EXPECT_EQ(approve("a@x/1", "c@x", true).answer.error().code, Errc::kNotFound);
  EXPECT_EQ(World::text(approve("a@x/1", "b@x", true)), "subscription n b@x subscribed: b@x; published! n 2: b@x");
  EXPECT_EQ(World::text(approve("a@x/1", "b@x", true)), "") << "again";
  EXPECT_EQ(World::text(approve("a@x/1", "b@x", false)), "") << "decided already";
  EXPECT_TRUE(pending().empty());
  EXPECT_TRUE(world.nodes.recipients_again(request.notices.front()).empty()) << "nothing to decide any more";
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x");
  EXPECT_EQ(world.subscribe("b@x/2", "n").value, 2U);
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x b@x/2") << "let in before";

  world.subscribe("d@x", "n");
  EXPECT_EQ(World::text(approve("a@x/1", "d@x", false)), "subscription n d@x none: d@x");
  EXPECT_EQ(approve("a@x/1", "d@x", false).answer.error().code, Errc::kNotFound);
}

TEST(NodesOwnerSubscriptions, AreSetAndTold) {
  World world;
  world.create("a@x/1", "n");
  const auto set = [&](std::vector<SubscriptionChange> wanted) {
    return world.run("a@x/1", SetSubscriptions{node("n"), std::move(wanted)});
  };
  EXPECT_EQ(world.code("b@x/1", SetSubscriptions{node("n"), {}}), refusal(Errc::kForbidden));
  EXPECT_EQ(World::text(set({{jid("b@x"), SubscriptionState::kSubscribed}, {jid("c@x"), SubscriptionState::kPending}})),
            "subscription n b@x subscribed: b@x; subscription n c@x pending: c@x");
  EXPECT_EQ(World::text(set({{jid("b@x"), SubscriptionState::kSubscribed}})), "") << "again";
  EXPECT_EQ(World::text(set({{jid("c@x"), SubscriptionState::kSubscribed}})), "subscription n c@x subscribed: c@x");
  EXPECT_EQ(World::text(set({{jid("b@x"), SubscriptionState::kPending}})), "subscription n b@x pending: b@x");
  EXPECT_EQ(World::text(set({{jid("b@x"), SubscriptionState::kNone}})), "subscription n b@x none: b@x");
  EXPECT_EQ(World::text(set({{jid("b@x"), SubscriptionState::kNone}})), "") << "again";
  EXPECT_EQ(set({{jid("b@x"), SubscriptionState::kUnconfigured}}).answer.error().code, Errc::kNotAcceptable);
  EXPECT_EQ(set({{jid("c@x"), SubscriptionState::kNone, SubId{9}}}).answer.error().code, Errc::kInvalidSubid);
  EXPECT_EQ(
      set({{jid("c@x"), SubscriptionState::kNone}, {jid("c@x"), SubscriptionState::kSubscribed}}).answer.error().code,
      Errc::kNotAcceptable);
  world.run("a@x/1", SetAffiliations{node("n"), {{jid("out@x"), Affiliation::kOutcast}}});
  EXPECT_EQ(set({{jid("d@x"), SubscriptionState::kSubscribed}, {jid("out@x"), SubscriptionState::kSubscribed}})
                .answer.error()
                .code,
            Errc::kNotAcceptable);
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "c@x") << "all or nothing";
}

TEST(NodesOwners, AreToldOfSubscribers) {
  World world;
  world.create("a@x/1", "n", {{"notify_sub", "1"}});
  EXPECT_EQ(World::text(world.run("b@x/1", Subscribe{node("n"), jid("b@x")})), "subscription n b@x subscribed: a@x");
  const auto gone = world.run("b@x/1", Unsubscribe{node("n"), jid("b@x")});
  EXPECT_EQ(World::text(gone), "subscription n b@x none: a@x");
  EXPECT_EQ(World::text(world.nodes.recipients_again(gone.notices.front())), "a@x");
}

TEST(NodesOptions, BelongToTheSubscriber) {
  World world;
  world.create("a@x/1", "n");
  world.subscribe("b@x", "n");
  const auto options = form({{"include_body", "1"}});
  EXPECT_EQ(world.code("a@x/1", SetOptions{node("n"), jid("b@x"), {}, options}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("c@x/1", SetOptions{node("n"), jid("c@x"), {}, options}), refusal(Errc::kNotSubscribed));
  EXPECT_EQ(world.code("b@x/1", SetOptions{node("n"), {}, {}, options}), refusal(Errc::kJidRequired));
  EXPECT_EQ(world.code("b@x/1", SetOptions{node("n"), jid("b@x"), {}, form({{"deliver", "perhaps"}})}),
            refusal(Errc::kInvalidOptions));
  EXPECT_EQ(world.code("b@x/1", SetOptions{node("n"), jid("b@x"), {}, options}), World::kOk);
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x+body");
  EXPECT_TRUE(world.run("b@x/1", SetOptions{node("n"), jid("b@x"), {}, options}).changes.empty());
  world.run("b@x/1", SetOptions{node("n"), jid("b@x"), {}, form({{"deliver", "0"}})});
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "");
  const auto answer = world.run("b@x/1", GetOptions{node("n"), jid("b@x")});
  EXPECT_EQ(std::get<OptionsAnswer>(*answer.answer).id, SubId{1});
  EXPECT_EQ(world.code("a@x/1", GetOptions{node("n"), jid("b@x")}), refusal(Errc::kForbidden));
  EXPECT_EQ(world.code("a@x/1", GetDefaultOptions{node("none")}), refusal(Errc::kNotFound));
  EXPECT_EQ(world.code("a@x/1", GetDefaultOptions{}), World::kOk);
}

TEST(NodesLeases, EndByThemselves) {
  World world;
  world.create("a@x/1", "n");
  const auto lease = [&](base::Duration from_now) {
    return std::get<OptionsAnswer>(*world.run("a@x/1", GetDefaultOptions{}).answer).form.fields.empty()
               ? std::string()
               : find_field(values_of(SubscriptionOptions{.expire = world.now + from_now}), "pubsub#expire")
                     ->values.front();
  };
  world.subscribe("b@x", "n", {{"expire", lease(std::chrono::hours(1))}});
  world.subscribe("c@x", "n", {{"expire", lease(std::chrono::hours(2))}});
  EXPECT_EQ(world.nodes.next_expiry(), world.now + std::chrono::hours(1));
  EXPECT_EQ(World::text(world.expire()), "");
  world.run("b@x/1", SetOptions{node("n"), jid("b@x"), {}, form({{"expire", lease(std::chrono::hours(3))}})});
  EXPECT_EQ(world.nodes.next_expiry(), world.now + std::chrono::hours(2)) << "renewed";
  world.now += std::chrono::hours(2);
  EXPECT_EQ(world.replayed()->next_expiry(), world.now);
  EXPECT_EQ(World::text(world.expire()), "subscription n c@x none: c@x");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x");
}

TEST(NodesRecipients, FiltersAreMatchedPerEvent) {
  World world;
  world.subscribe("all@x", "commons/offers");
  filtered(world, "arm@x", "(arch=arm64)");
  filtered(world, "amd@x", "(arch=x86_64)");
  filtered(world, "both@x", "(arch=arm64)");
  filtered(world, "both@x", "(arch=*)");
  world.subscribe("both@x", "commons/offers");  // already: the oldest
  filtered(world, "mixed@x", "(arch=arm64)");
  FormValues plain{{"pubsub#include_body", {"1"}}};
  world.run("mixed@x/1", Subscribe{node("commons/offers"), jid("mixed@x"), plain});
  const Machine arm("arm64");
  const Machine amd("x86_64");
  const auto told = [&](const Machine* offer, const Machine* before) {
    return World::text(world.nodes.recipients(node("commons/offers"), offer, before));
  };
  EXPECT_EQ(told(&arm, nullptr), "all@x arm@x both@x[4,5] mixed@x[6,7]+body");
  EXPECT_EQ(told(&amd, nullptr), "all@x amd@x both@x[5] mixed@x[7]+body");
  EXPECT_EQ(told(&amd, &arm), "all@x amd@x arm@x both@x[4,5] mixed@x[6,7]+body");
  EXPECT_EQ(told(nullptr, &arm), told(&arm, nullptr));
  EXPECT_EQ(told(nullptr, nullptr), told(&amd, &arm));
  EXPECT_TRUE(world.nodes.has_filters(node("commons/offers")));
  EXPECT_FALSE(world.nodes.has_filters(node("commons/grants")));
  const auto again = world.replayed();
  EXPECT_EQ(World::text(again->recipients(node("commons/offers"), &amd, nullptr)), told(&amd, nullptr));
  world.run("amd@x/1", Unsubscribe{node("commons/offers"), jid("amd@x")});
  EXPECT_EQ(told(&amd, nullptr), "all@x both@x[5] mixed@x[7]+body");
}

TEST(NodesRecipients, OneListIsShared) {
  World world;
  world.create("a@x/1", "n");
  for (const char* who : {"b@x", "c@x"}) world.subscribe(who, "n");
  const auto first = world.publish("a@x/1", "n", "1").notices.front().recipients;
  const auto second = world.publish("a@x/1", "n", "2").notices.front().recipients;
  EXPECT_EQ(first.shared, second.shared);
  EXPECT_TRUE(first.others.empty());
  world.subscribe("d@x", "n");
  EXPECT_NE(world.publish("a@x/1", "n", "3").notices.front().recipients.shared, first.shared);
  EXPECT_EQ(World::text(first), "b@x c@x") << "as it was when it was decided";
}

TEST(NodesRecipients, FollowPresence) {
  World world;
  world.create("a@x/1", "there", {{"presence_based_delivery", "1"}});
  world.create("a@x/1", "n");
  for (const char* who : {"b@x", "c@x/1"}) world.subscribe(who, "there");
  world.subscribe("b@x", "n", {{"show-values", "chat"}});
  world.subscribe("c@x", "n");
  const auto told = [&](const char* name) { return World::text(world.nodes.recipients(node(name))); };
  EXPECT_EQ(told("there"), "");
  EXPECT_EQ(told("n"), "c@x");
  world.came("b@x/1", Show::kChat);
  world.came("c@x/2");
  EXPECT_EQ(told("there"), "b@x");
  EXPECT_EQ(told("n"), "b@x c@x");
  world.came("b@x/1", Show::kAway);
  world.came("c@x/1");
  EXPECT_EQ(told("there"), "b@x c@x/1");
  EXPECT_EQ(told("n"), "c@x");
  world.gone("b@x/1");
  EXPECT_EQ(told("there"), "c@x/1");
}

TEST(NodesRecipients, AmongThoseConcerned) {
  World world;
  for (const char* who : {"a@x", "a@x/1", "b@x", "c@x"}) world.subscribe(who, "commons/grants");
  const std::vector<domain::Jid> those{jid("a@x"), jid("c@x/9"), jid("d@x"), jid("a@x")};
  EXPECT_EQ(World::text(Recipients{.others = world.nodes.recipients_among(node("commons/grants"), those)}),
            "a@x a@x/1 c@x");
}

TEST(NodesSessions, TemporarySubscriptionsEnd) {
  World world;
  world.create("a@x/1", "n", {{"tempsub", "1"}});
  world.create("a@x/1", "other");
  for (const char* session : {"b@x/1", "b@x/2"}) world.came(session);
  for (const char* who : {"b@x", "b@x/1", "b@x/2"}) world.subscribe(who, "n");
  world.subscribe("b@x", "other");
  world.gone("b@x/1");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "b@x b@x/2");
  world.gone("b@x/2");
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "");
  EXPECT_EQ(World::text(world.nodes.recipients(node("other"))), "b@x");
  EXPECT_EQ(world.tables.subscriptions.size(), 1U);
}

TEST(NodesSessions, AreAskedForWherePresenceMatters) {
  World world;
  world.create("a@x/1", "plain");
  world.create("a@x/1", "there", {{"presence_based_delivery", "1"}});
  world.create("a@x/1", "passing", {{"tempsub", "1"}});
  world.subscribe("b@x", "plain");
  world.subscribe("c@x/1", "there");
  world.subscribe("d@x", "plain", {{"show-values", "chat"}});
  world.subscribe("e@x/1", "passing");
  const std::vector<domain::Jid> wanted{jid("c@x"), jid("d@x"), jid("e@x/1")};
  EXPECT_EQ(world.nodes.presence_wanted(), wanted);
  EXPECT_EQ(world.replayed()->presence_wanted(), wanted) << "as after a restart";
}

TEST(NodesSubscribe, AddressesThatNoIndexTakesAreRefused) {
  World world;
  world.create("a@x/1", std::string(500, 'n'));
  const std::string longest = std::string(1'023, 'l') + "@d.x/" + std::string(1'023, 'r');
  EXPECT_EQ(world.code(longest, Subscribe{.node = node(std::string(500, 'n')), .subscriber = jid(longest)}),
            World::kOk);
  const std::string too_long = std::string(1'023, 'l') + "@" + std::string(200, 'd') + "/" + std::string(1'023, 'r');
  const Subscribe refused{.node = node(std::string(500, 'n')), .subscriber = jid(too_long)};
  EXPECT_EQ(world.code(too_long, refused), static_cast<int>(base::Errc::kInvalidJid));
}

TEST(NodesAffiliations, OwnersAreFew) {
  World world;
  world.create("a@x/1", "n");
  SetAffiliations many{.node = node("n"), .wanted = {}};
  for (int i = 0; i < 60; ++i) many.wanted.emplace_back(jid("o" + std::to_string(i) + "@x"), Affiliation::kOwner);
  EXPECT_EQ(world.code("a@x/1", many), static_cast<int>(base::Errc::kNotAcceptable));
}

TEST(NodesLoad, AnItemWithoutItsPayloadIsNotSent) {
  World world;
  world.create("a@x/1", "n");
  (void)world.publish("a@x/1", "n", "1");
  (void)world.publish("a@x/1", "n", "2");
  Tables stored = world.tables;
  Nodes loaded({"commons"}, {}, {}, true);
  for (auto [key, row] : stored.nodes) ASSERT_TRUE(loaded.load(std::move(row)).ok());
  for (auto [key, row] : stored.affiliations) ASSERT_TRUE(loaded.load(std::move(row)).ok());
  for (auto [key, row] : stored.items) {
    if (row.id == "1") row.payload.clear();  // as storage loads it
    ASSERT_TRUE(loaded.load(std::move(row)).ok());
  }
  const Context owner{jid("a@x/1"), false, world.now, world.last_event};
  ASSERT_TRUE(loaded.decide(owner, RetractItems{.node = node("n"), .ids = {"2"}}).answer.ok());
  const Context reader{jid("b@x/1"), false, world.now, {world.last_event.value + 1}};
  const auto outcome = loaded.decide(reader, Subscribe{.node = node("n"), .subscriber = jid("b@x")});
  ASSERT_TRUE(outcome.answer.ok());
  for (const auto& notice : outcome.notices) EXPECT_NE(notice.kind, NoticeKind::kItemPublished);
}

TEST(NodesDrop, BouncingSubscribersGo) {
  World world;
  world.create("a@x/1", "n");
  for (const char* who : {"b@x", "b@x/1", "b@x/2", "c@x"}) world.subscribe(who, "n");
  EXPECT_EQ(world.code("c@x/1", DropSubscriber{jid("b@x"), "gone"}), refusal(Errc::kForbidden));
  EXPECT_EQ(World::text(world.run("", DropSubscriber{jid("b@x/1"), "gone"})), "subscription n b@x/1 none: ");
  const auto outcome = world.run("", DropSubscriber{jid("b@x"), "gone"});
  EXPECT_EQ(World::text(outcome), "subscription n b@x none: ; subscription n b@x/2 none: ");
  EXPECT_TRUE(world.nodes.recipients_again(outcome.notices.front()).empty());
  EXPECT_EQ(World::text(world.nodes.recipients(node("n"))), "c@x");
}

TEST(NodesQuestions, Answer) {
  World world;
  world.create("a@x/1", "n", {{"title", "T"}});
  world.run("a@x/1",
            SetAffiliations{node("n"), {{jid("p@x"), Affiliation::kPublisher}, {jid("m@x"), Affiliation::kMember}}});
  for (const char* who : {"b@x", "b@x/1"}) world.subscribe(who, "n");
  world.subscribe("b@x", "commons/offers");
  world.publish("a@x/1", "n", "1");

  const auto info = std::get<NodeInfo>(*world.run("b@x/1", GetNode{node("n")}).answer);
  EXPECT_EQ(info.config.title, "T");
  EXPECT_EQ(info.owners, std::vector{jid("a@x")});
  EXPECT_EQ(info.publishers, std::vector{jid("p@x")});
  EXPECT_EQ(info.creator, jid("a@x"));
  EXPECT_EQ(info.subscribers, 2U);
  EXPECT_EQ(info.items, 1U);
  const auto offers = std::get<NodeInfo>(*world.run("b@x/1", GetNode{node("commons/offers")}).answer);
  EXPECT_EQ(offers.kind, NodeKind::kMarket);
  EXPECT_EQ(offers.owners, std::vector{jid("root@x")});
  EXPECT_EQ(offers.config.send_last, SendLast::kNever);

  const auto subscriptions = [&](std::optional<domain::NodeName> one) {
    return std::get<SubscriptionsAnswer>(*world.run("b@x/1", GetSubscriptions{std::move(one)}).answer).subscriptions;
  };
  ASSERT_EQ(subscriptions({}).size(), 3U);
  EXPECT_EQ(subscriptions({}).front().node, node("commons/offers"));
  EXPECT_EQ(subscriptions(node("n")).size(), 2U);
  EXPECT_EQ(world.code("b@x/1", GetSubscriptions{node("none")}), refusal(Errc::kNotFound));

  const auto affiliations = [&](const char* who) {
    return std::get<AffiliationsAnswer>(*world.run(who, GetAffiliations{}).answer).affiliations;
  };
  ASSERT_EQ(affiliations("p@x/1").size(), 1U);
  EXPECT_EQ(affiliations("p@x/1").front().affiliation, Affiliation::kPublisher);
  EXPECT_EQ(affiliations("root@x/1").size(), 5U);
  EXPECT_TRUE(affiliations("b@x/1").empty());

  for (const Command& command : {Command(GetConfig{node("n")}), Command(GetNodeAffiliations{node("n")}),
                                 Command(GetNodeSubscriptions{node("n")})}) {
    EXPECT_EQ(world.code("p@x/1", command), refusal(Errc::kForbidden));
    EXPECT_EQ(world.code("a@x/1", command), World::kOk);
  }
  EXPECT_EQ(
      std::get<AffiliationsAnswer>(*world.run("a@x/1", GetNodeAffiliations{node("n")}).answer).affiliations.size(), 3U);
  EXPECT_EQ(std::get<AffiliationsAnswer>(*world.run("root@x/1", GetNodeAffiliations{node("commons/offers")}).answer)
                .affiliations.front()
                .jid,
            jid("root@x"));
  EXPECT_EQ(world.code("a@x/1", GetDefaultConfig{NodeType::kCollection}), World::kOk);
}

}  // namespace
}  // namespace bourse::pubsub
