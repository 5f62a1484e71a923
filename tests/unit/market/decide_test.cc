#include "market/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market_fixture.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@c.test/cli";
constexpr char kAdmin[] = "admin@a.test/x";

std::string error(base::Errc code) { return "error " + std::to_string(static_cast<int>(code)); }

TEST(Offers, PublishedOnceIsOneOfferAndItsProviderUp) {
  Pool pool;
  const auto plan = pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  EXPECT_THAT(in_words(plan), ElementsAre("+offer a", "ann@a.test up", "published a"));
  EXPECT_EQ(plan.audit.size(), 2U);
  EXPECT_EQ(plan.events.size(), 2U);
}

TEST(Offers, PublishedTwiceAlikeIsNothingNew) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  const auto plan = pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  EXPECT_THAT(in_words(plan), ElementsAre("published a"));
  EXPECT_FALSE(plan.writes());
}

TEST(Offers, BelongToTheirProvider) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  EXPECT_THAT(in_words(pool.publish(kBob, "a", offer_of({{"cpu", "1"}}))), ElementsAre(error(base::Errc::kForbidden)));
  EXPECT_THAT(in_words(pool.retract(kBob, "offers", "a")), ElementsAre(error(base::Errc::kForbidden)));
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "nothing")), ElementsAre(error(base::Errc::kNotFound)));
  EXPECT_THAT(in_words(pool.retract(kAdmin, "offers", "a")), Contains("-offer a"));
}

TEST(Requests, AreServedAtOnceOrWhenAnOfferComes) {
  Pool pool;
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "2"}}))),
              ElementsAre("request r waiting 0", "published r"));
  EXPECT_THAT(in_words(pool.publish(kAnn, "small", offer_of({{"cpu", "1"}}))), Not(Contains("request r granted 1")));
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "4"}}))),
              ElementsAre("+offer b", "bob@b.test up", "grant g1 on b for r", "request r granted 1", "published b"));
  EXPECT_THAT(in_words(pool.request(kCarl, "r2", request_of({{"cpu", "2"}}))), Contains("grant g2 on b for r2"));
  EXPECT_THAT(in_words(pool.request(kCarl, "r3", request_of({{"cpu", "2"}}))), Contains("request r3 waiting 0"));
}

TEST(Requests, TheSameTwiceIsOneGrant) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "1"}}));
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "1"}}))), ElementsAre("published r"));
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "2"}}))),
              ElementsAre(error(base::Errc::kConflict)));
  EXPECT_THAT(in_words(pool.request(kBob, "r", request_of({{"cpu", "1"}}))),
              ElementsAre(error(base::Errc::kForbidden)));
}

TEST(Requests, SpreadOverProviders) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "8"}}));
  auto request = request_of({{"cpu", "1"}}, 2);
  request.spread = domain::kByProvider;
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request)), Contains("grant g1 on a for r"));
  EXPECT_THAT(in_words(pool.publish(kAnn, "a2", offer_of({{"cpu", "8"}}))), Not(Contains("grant g2 on a2 for r")));
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "8"}}))), Contains("grant g2 on b for r"));
}

TEST(Requests, PastTheirDeadlineAreNotWantedAnyMore) {
  Pool pool;
  auto request = request_of({{"cpu", "2"}}, 2);
  request.deadline = pool.now + 10min;
  (void)pool.request(kCarl, "none", request);
  EXPECT_THAT(in_words(pool.pass(9min)), IsEmpty());
  EXPECT_THAT(in_words(pool.pass(1min)), ElementsAre("request none expired 0"));
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}))), Not(Contains("grant g1 on a for none")));
  (void)pool.retract(kAnn, "offers", "a");

  request.deadline = pool.now + 10min;
  (void)pool.request(kCarl, "half", request);
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.pass(10min)), ElementsAre("request half granted 1"));
  EXPECT_THAT(in_words(pool.pass(50min)), ElementsAre("g1 expired", "request half done 1"));
}

TEST(Requests, CancelledGiveTheirGrantsBack) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.request(kBob, "waits", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.retract(kBob, "requests", "r")), ElementsAre(error(base::Errc::kNotFound)));
  EXPECT_THAT(
      in_words(pool.retract(kCarl, "requests", "r")),
      ElementsAre("g1 released", "request r cancelled 1", "grant g2 on a for waits", "request waits granted 1", "ok"));
}

TEST(Grants, EndWithTheirLeaseAndFreeWhatTheyHeld) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.request(kBob, "waits", request_of({{"cpu", "1"}}));
  EXPECT_THAT(in_words(pool.pass(1h)),
              ElementsAre("g1 expired", "grant g2 on a for waits", "request waits granted 1", "request r done 1"));
}

TEST(Grants, AreReleasedByTheirConsumerAndRevokedByTheirProvider) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.retract(kBob, "grants", "g1")), ElementsAre(error(base::Errc::kNotFound)));
  EXPECT_THAT(in_words(pool.retract(kCarl, "grants", "g1")), ElementsAre("g1 released", "request r done 1", "ok"));

  (void)pool.request(kCarl, "r2", request_of({{"cpu", "2"}}));
  // Whoever took a grant back is not asked again for the same request.
  EXPECT_THAT(in_words(pool.retract(kAnn, "grants", "g2")),
              ElementsAre("request r2 granted 1", "request r2 waiting 0", "g2 revoked", "ok"));
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "2"}}))), Contains("grant g3 on b for r2"));
}

TEST(Grants, OfAWithdrawnOfferAreRevokedAndMatchedAgain) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "a")),
              ElementsAre("request r waiting 0", "g1 revoked", "-offer a", "ann@a.test down", "grant g2 on b for r",
                          "request r granted 1", "ok"));
}

TEST(Grants, ThatDoNotFitAShrunkOfferAreRevokedTheNewestFirst) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "r1", request_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r2", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", offer_of({{"cpu", "3"}}))),
              ElementsAre("+offer a", "request r2 waiting 0", "g2 revoked", "published a"));
}

TEST(Sessions, TakeTheirOffersWithThem) {
  Pool pool;
  (void)pool.publish("ann@a.test/cli", "stays", offer_of({{"cpu", "1"}}));
  EXPECT_THAT(in_words(pool.act(kAnn, SessionAvailable{})), IsEmpty());
  (void)pool.publish(kAnn, "a1", offer_of({{"cpu", "2"}}));
  (void)pool.publish(kAnn, "a2", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(pool.act(kAdmin, LinkUp{}).probes, ElementsAre(jid(kAnn)));
  const auto words = in_words(pool.act(kAnn, SessionGone{}));
  EXPECT_THAT(words, ElementsAre("g1 suspect", "-offer a1", "-offer a2"));
  EXPECT_THAT(pool.act(kAdmin, LinkUp{}).probes, IsEmpty());
}

TEST(Offers, ExpireByThemselves) {
  Pool pool;
  auto offer = offer_of({{"cpu", "1"}});
  offer.expires = pool.now + 5min;
  (void)pool.publish(kAnn, "a", offer);
  EXPECT_THAT(in_words(pool.pass(5min)), ElementsAre("-offer a", "ann@a.test down"));
}

pubsub::Command subscribe(const std::string& node, const domain::Jid& subscriber, const char* filter = nullptr) {
  pubsub::Subscribe command{.node = {node}, .subscriber = subscriber};
  if (filter != nullptr) command.options = pubsub::FormValues{{pubsub::kFilterField, {filter}}};
  return command;
}

std::vector<std::string> told(const Notification& notification) {
  std::vector<std::string> jids;
  for (std::size_t i = 0; i < notification.recipients.size(); ++i) {
    jids.push_back(notification.recipients.at(i).to.text());
  }
  return jids;
}

TEST(Subscriptions, AreOnesOwn) {
  Pool pool;
  const std::string node = "commons/offers";
  EXPECT_THAT(in_words(pool.act(kAnn, subscribe(node, jid("ann@a.test")))),
              ElementsAre("+sub commons/offers ann@a.test", "subscribed ann@a.test"));
  EXPECT_THAT(in_words(pool.act(kAnn, subscribe(node, jid("ann@a.test")))), ElementsAre("subscribed ann@a.test"));
  EXPECT_THAT(in_words(pool.act(kAnn, subscribe(node, jid("bob@b.test")))),
              ElementsAre(error(base::Errc::kInvalidJid)));
  EXPECT_THAT(in_words(pool.act(kAnn, subscribe("commons/none", jid("ann@a.test")))),
              ElementsAre(error(base::Errc::kNotFound)));
  const pubsub::Command unsubscribe = pubsub::Unsubscribe{.node = {node}, .subscriber = jid("bob@b.test")};
  EXPECT_THAT(in_words(pool.act(kBob, unsubscribe)), ElementsAre(error(base::Errc::kNotSubscribed)));
}

TEST(Recipients, OfAGrantAreItsPartiesAndOperators) {
  Pool pool;
  for (const auto* who : {kAdmin, kBob, kCarl}) {
    (void)pool.act(who, subscribe("commons/grants", jid(who).bare()));
    (void)pool.act(who, subscribe("commons/requests", jid(who).bare()));
  }
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "1"}}));
  const auto plan = pool.request(kCarl, "r", request_of({{"cpu", "1"}}));
  ASSERT_EQ(plan.events.size(), 2U);
  EXPECT_THAT(told(plan.events[0]), UnorderedElementsAre("admin@a.test", "carl@c.test"));
  EXPECT_THAT(told(plan.events[1]), ElementsAre("ann@a.test", "carl@c.test", "admin@a.test"));
}

TEST(Recipients, OfAnOfferAreThoseItMatchesOrMatchedBefore) {
  Pool pool;
  (void)pool.act(kBob, subscribe("commons/offers", jid(kBob).bare(), "(cpu>=8)"));
  (void)pool.act(kCarl, subscribe("commons/offers", jid(kCarl).bare()));
  struct Case {
    const char* name;
    const char* cpu;
    std::vector<std::string> told;
  };
  const Case cases[] = {{"too small for the filter", "4", {"carl@c.test"}},
                        {"grown", "8", {"carl@c.test", "bob@b.test"}},
                        {"shrunk: the watcher learns it", "4", {"carl@c.test", "bob@b.test"}},
                        {"still small", "2", {"carl@c.test"}}};
  for (const auto& each : cases) {
    const auto plan = pool.publish(kAnn, "a", offer_of({{"cpu", each.cpu}}));
    ASSERT_FALSE(plan.events.empty()) << each.name;
    EXPECT_THAT(told(plan.events[0]), UnorderedElementsAreArray(each.told)) << each.name;
  }
  const auto withdrawn = pool.retract(kAnn, "offers", "a");
  EXPECT_THAT(told(withdrawn.events[0]), ElementsAre("carl@c.test"));
}

TEST(OrdinaryNodes, AreNumberedInTheSameLog) {
  Pool pool;
  EXPECT_THAT(in_words(pool.act(kAnn, pubsub::Command(pubsub::CreateNode{.node = {"news"}}))),
              ElementsAre("+node news", "ann@a.test owner of news", "answer 1"));
  (void)pool.act(kBob, subscribe("news", jid(kBob).bare()));
  const auto before = pool.state.counters.last_event.value;
  const pubsub::Command publish =
      pubsub::PublishItems{.node = {"news"}, .items = {{.id = "i1", .payload = "<a xmlns='x'/>"}}};
  const auto plan = pool.act(kAnn, publish);
  EXPECT_THAT(in_words(plan), ElementsAre("+item i1", "answer 2"));
  ASSERT_EQ(plan.events.size(), 1U);
  EXPECT_EQ(plan.events[0].event.seq.value, before + 1);
  EXPECT_EQ(plan.events[0].event.kind, EventKind::kItemPublished);
  EXPECT_THAT(told(plan.events[0]), ElementsAre("bob@b.test"));
  EXPECT_EQ(pool.state.counters.last_event.value, before + 1);
}

TEST(Log, NumbersEventsAndAuditEntriesWithoutGaps) {
  Pool pool;
  std::uint64_t events = 0;
  std::uint64_t entries = 0;
  const auto check = [&](const Plan& plan) {
    for (const auto& notification : plan.events) EXPECT_EQ(notification.event.seq.value, ++events);
    for (const auto& record : plan.audit) EXPECT_EQ(record.index.value, entries++);
  };
  check(pool.publish(kAnn, "a", offer_of({{"cpu", "2"}})));
  check(pool.request(kCarl, "r", request_of({{"cpu", "2"}})));
  check(pool.retract(kCarl, "grants", "g1"));
  check(pool.retract(kAnn, "offers", "a"));
  EXPECT_EQ(pool.state.counters.last_event.value, events);
  EXPECT_EQ(pool.state.counters.next_audit.value, entries);
}

}  // namespace
}  // namespace bourse::market
