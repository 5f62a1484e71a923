// The life of a grant (DESIGN §6): proposals, reservations, renewal, reclaim, providers that vanish or fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market_fixture.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = GrantAction::Kind;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@c.test/cli";
constexpr char kAdmin[] = "admin@a.test/x";

std::string error(base::Errc code) { return "error " + std::to_string(static_cast<int>(code)); }

domain::Offer asking(const std::string& cpu) {
  auto offer = offer_of({{"cpu", cpu}});
  offer.terms.confirm = domain::Confirm::kManual;
  return offer;
}

domain::Offer with_grace(const std::string& cpu, base::Duration grace) {
  auto offer = offer_of({{"cpu", cpu}});
  offer.terms.grace = grace;
  return offer;
}

std::vector<std::string> trail(const Plan& plan) {
  std::vector<std::string> kinds;
  for (const auto& [index, entry] : plan.audit) kinds.emplace_back(audit::name(entry.kind));
  return kinds;
}

TEST(Proposals, WaitForTheirProvidersWord) {
  Pool pool;
  (void)pool.publish(kAnn, "a", asking("2"));
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "2"}}))),
              ElementsAre("request r waiting 0", "grant g1 on a for r proposed", "request r granted 1", "published r"));
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kConfirm, 1)), ElementsAre(error(base::Errc::kForbidden)));
  EXPECT_THAT(in_words(pool.action(kBob, Kind::kConfirm, 1)), ElementsAre(error(base::Errc::kNotFound)));
  const auto plan = pool.action(kAnn, Kind::kConfirm, 1);
  EXPECT_THAT(in_words(plan), ElementsAre("g1 active", "request r granted 1", "ok"));
  EXPECT_THAT(trail(plan), ElementsAre("grant-confirmed"));
  EXPECT_THAT(in_words(pool.action(kAnn, Kind::kConfirm, 1)), ElementsAre("ok")) << "twice is once";
  EXPECT_THAT(in_words(pool.pass(31s)), Not(Contains("g1 timed-out")));
}

// Counted, so that nobody looks at the others when one of very many is confirmed.
TEST(Proposals, AreCountedUntilTheyAreConfirmedOrEnd) {
  Pool pool;
  const auto proposed = [&] { return pool.state.find_request({"r"})->proposed; };
  for (int i = 0; i < 5; ++i) (void)pool.publish(kAnn, "a" + std::to_string(i), asking("1"));
  auto gang = request_of({{"cpu", "1"}}, 5);
  gang.gang = true;
  (void)pool.request(kCarl, "r", gang);
  EXPECT_EQ(proposed(), 5u);
  for (const std::uint64_t grant : {3u, 1u, 5u, 2u}) (void)pool.action(kAnn, Kind::kConfirm, grant);
  EXPECT_EQ(proposed(), 1u);
  EXPECT_FALSE(pool.state.find_request({"r"})->complete);
  (void)pool.action(kAnn, Kind::kConfirm, 1);
  EXPECT_EQ(proposed(), 1u) << "twice is once";
  (void)pool.action(kAnn, Kind::kConfirm, 4);
  EXPECT_EQ(proposed(), 0u);
  EXPECT_TRUE(pool.state.find_request({"r"})->complete);

  Pool other;
  (void)other.publish(kAnn, "a", asking("1"));
  (void)other.request(kCarl, "r", request_of({{"cpu", "1"}}));
  (void)other.action(kAnn, Kind::kDecline, 1);
  EXPECT_EQ(other.state.find_request({"r"})->proposed, 0u);
}

TEST(Proposals, DeclinedOrUnansweredGoToTheNextBestAtOnce) {
  for (const bool declined : {true, false}) {
    Pool pool;
    (void)pool.publish(kAnn, "a", asking("2"));
    (void)pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
    EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "2"}}))),
                Contains("grant g1 on a for r proposed"));
    const auto plan = declined ? pool.action(kAnn, Kind::kDecline, 1) : pool.pass(30s);
    EXPECT_THAT(in_words(plan), Contains(declined ? "g1 declined" : "g1 timed-out"));
    EXPECT_THAT(in_words(plan), Contains("grant g2 on b for r"));
    EXPECT_THAT(in_words(plan), Contains("ann@a.test failed"));
  }
}

TEST(Proposals, AreNotMadeAgainToWhoDeclined) {
  Pool pool;
  (void)pool.publish(kAnn, "a", asking("2"));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.retract(kAnn, "grants", "g1")), Contains("g1 declined"));
  EXPECT_THAT(in_words(pool.pass(1h)), Not(Contains("grant g2 on a for r proposed")));
}

TEST(Proposals, OfAShortLeaseEndBeforeIt) {
  Pool pool;
  (void)pool.publish(kAnn, "a", asking("2"));
  auto request = request_of({{"cpu", "2"}});
  request.duration = 10s;
  (void)pool.request(kCarl, "r", request);
  EXPECT_THAT(in_words(pool.pass(10s)), Contains("g1 timed-out"));
}

TEST(Reservations, BeginWhenTheyShould) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  auto later = request_of({{"cpu", "2"}});
  later.start = pool.now + 2h;
  EXPECT_THAT(in_words(pool.request(kCarl, "later", later)), Contains("grant g1 on a for later reserved"));
  EXPECT_THAT(in_words(pool.request(kBob, "now", request_of({{"cpu", "2"}}))), Contains("grant g2 on a for now"))
      << "what ends before the reservation fits before it";
  auto long_one = request_of({{"cpu", "2"}});
  long_one.duration = 3h;
  (void)pool.pass(1h);
  EXPECT_THAT(in_words(pool.request(kBob, "long", long_one)), Contains("request long waiting 0"));
  const auto begins = pool.pass(1h);
  EXPECT_THAT(in_words(begins), ElementsAre("g1 active"));
  EXPECT_THAT(trail(begins), ElementsAre("grant-begun"));
  EXPECT_THAT(in_words(pool.pass(1h)), Contains("grant g3 on a for long"));
}

TEST(Reservations, CountOnLeasesThatEndBefore) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kBob, "now", request_of({{"cpu", "2"}}));
  auto later = request_of({{"cpu", "2"}});
  later.start = pool.now + 1h;
  EXPECT_THAT(in_words(pool.request(kCarl, "later", later)), Contains("grant g2 on a for later reserved"));
  EXPECT_THAT(in_words(pool.action(kBob, Kind::kRenew, 1, 2h)), ElementsAre(error(base::Errc::kConflict)));
  EXPECT_THAT(in_words(pool.pass(1h)), Contains("g2 active"));
}

TEST(Renewals, MakeTheLeaseLonger) {
  Pool pool;
  auto offer = offer_of({{"cpu", "2"}});
  offer.terms.max_lease = 4h;
  (void)pool.publish(kAnn, "a", offer);
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.pass(30min);
  const auto plan = pool.action(kCarl, Kind::kRenew, 1);
  EXPECT_THAT(in_words(plan), ElementsAre("g1 active", "ok"));
  EXPECT_THAT(trail(plan), ElementsAre("grant-renewed"));
  EXPECT_EQ(pool.state.find_grant({1})->expires, pool.now + 1h);
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kRenew, 1, 1min)), ElementsAre("ok")) << "never shorter";
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kRenew, 1, 5h)), ElementsAre(error(base::Errc::kConflict)));
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kRenew, 1, -1h)), ElementsAre(error(base::Errc::kBadRequest)));
  EXPECT_THAT(in_words(pool.action(kAnn, Kind::kRenew, 1)), ElementsAre(error(base::Errc::kForbidden)));
  EXPECT_THAT(in_words(pool.pass(59min)), IsEmpty());
  EXPECT_THAT(in_words(pool.pass(1min)), Contains("g1 expired"));
}

TEST(Reclaim, GivesTheGraceThatWasPromised) {
  Pool pool;
  (void)pool.publish(kAnn, "a", with_grace("2", 5min));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kReclaim, 1)), ElementsAre(error(base::Errc::kForbidden)));
  EXPECT_THAT(in_words(pool.action(kAnn, Kind::kReclaim, 1, 1s)),
              ElementsAre("request r granted 1", "g1 reclaiming", "ok"));
  EXPECT_EQ(pool.state.find_grant({1})->state_until, pool.now + 5min) << "not less than the offer says";
  EXPECT_THAT(in_words(pool.action(kCarl, Kind::kRenew, 1)), ElementsAre(error(base::Errc::kConflict)));
  EXPECT_THAT(in_words(pool.pass(4min)), IsEmpty());
  EXPECT_THAT(in_words(pool.pass(1min)), ElementsAre("request r waiting 0", "g1 revoked"));
}

TEST(Reclaim, OfAWithdrawnOfferLeavesItsGrantsTheirGrace) {
  Pool pool;
  (void)pool.publish(kAnn, "a", with_grace("4", 5min));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "a")),
              ElementsAre("g1 reclaiming", "-offer a", "ann@a.test down", "ok"));
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "a")), ElementsAre(error(base::Errc::kNotFound)));
  EXPECT_THAT(in_words(pool.request(kBob, "r2", request_of({{"cpu", "2"}}))), Contains("request r2 waiting 0"));
  EXPECT_THAT(in_words(pool.retract(kCarl, "grants", "g1")), ElementsAre("g1 released", "request r done 1", "ok"));
  EXPECT_EQ(pool.state.find_offer({"a"}), nullptr);
}

TEST(Vanished, ProvidersMayComeBack) {
  Pool pool;
  (void)pool.act(kAnn, SessionAvailable{});
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.act(kAnn, SessionGone{})), ElementsAre("g1 suspect", "-offer a", "ann@a.test down"));
  EXPECT_THAT(in_words(pool.request(kBob, "r2", request_of({{"cpu", "2"}}))), Contains("request r2 waiting 0"));
  (void)pool.pass(59s);
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}))),
              ElementsAre("+offer a", "ann@a.test up", "g1 active", "grant g2 on a for r2", "request r2 granted 1",
                          "published a"));
  EXPECT_THAT(in_words(pool.pass(1min)), IsEmpty());
}

TEST(Vanished, ProvidersThatDoNotComeBackLoseTheirGrants) {
  Pool pool;
  (void)pool.act(kAnn, SessionAvailable{});
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "2"}}));
  (void)pool.act(kAnn, SessionGone{});
  EXPECT_THAT(in_words(pool.pass(1min)), ElementsAre("request r waiting 0", "g1 lost", "ann@a.test failed",
                                                     "grant g2 on b for r", "request r granted 1"));
  EXPECT_EQ(pool.state.find_offer({"a"}), nullptr);
}

TEST(Vanished, ALeaseThatEndsMeanwhileIsJustOver) {
  Pool pool;
  (void)pool.act(kAnn, SessionAvailable{});
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  (void)pool.pass(59min + 30s);
  (void)pool.act(kAnn, SessionGone{});
  EXPECT_THAT(in_words(pool.pass(30s)), ElementsAre("g1 expired", "request r done 1"));
}

TEST(Quarantine, BacksOffProvidersThatFailAgainAndAgain) {
  Pool pool;
  (void)pool.publish(kAnn, "a", asking("2"));
  const auto fail_once = [&](const std::string& id, std::uint64_t grant) {
    EXPECT_THAT(in_words(pool.request(kCarl, id, request_of({{"cpu", "2"}}))), Contains(HasSubstr("proposed")));
    auto plan = pool.action(kAnn, Kind::kDecline, grant);
    (void)pool.retract(kCarl, "requests", id);
    return plan;
  };
  EXPECT_THAT(in_words(fail_once("r1", 1)), Contains("ann@a.test failed"));
  EXPECT_THAT(in_words(fail_once("r2", 2)), Contains("ann@a.test failed"));
  const auto third = fail_once("r3", 3);
  EXPECT_THAT(in_words(third), Contains("ann@a.test quarantined"));
  EXPECT_THAT(trail(third), Contains("quarantined"));
  EXPECT_THAT(in_words(pool.request(kCarl, "r4", request_of({{"cpu", "2"}}))), Contains("request r4 waiting 0"));
  const auto over = pool.pass(1min);
  EXPECT_THAT(trail(over), Contains("quarantine-lifted"));
  EXPECT_THAT(in_words(over), Contains("grant g4 on a for r4 proposed"));
}

TEST(Operators, MayTakeGrantsBackToo) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(pool.action(kAdmin, Kind::kReclaim, 1, 1min)), ElementsAre("g1 reclaiming", "ok"));
  EXPECT_THAT(in_words(pool.pass(1min)), Contains("g1 revoked"));
}

}  // namespace
}  // namespace bourse::market
