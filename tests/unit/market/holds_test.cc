// Places kept for gangs that waited too long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "market_fixture.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@c.test/cli";
constexpr char kDora[] = "dora@d.test/cli";
constexpr char kSmall[] = "small@s.test/cli";

domain::Request cpu(const std::string& amount, base::Duration duration, std::uint32_t count = 1) {
  auto request = request_of({{"cpu", amount}}, count);
  request.duration = duration;
  request.gang = count > 1;
  return request;
}

// Two offers of four cpus, always wanted by more small requests than they hold.
class Crowded : public Pool {
 public:
  explicit Crowded(Rules rules = {}) : Pool(std::move(rules)) {
    (void)publish(kAnn, "a", offer_of({{"cpu", "4"}}));
    (void)publish(kBob, "b", offer_of({{"cpu", "4"}}));
    for (int minute = 0; minute < 12; ++minute) crowd();
  }
  // A minute in which another small request comes; grants of others are noted with the minute.
  void crowd() {
    (void)request(kSmall, "s" + std::to_string(minute_), cpu("1", 15min));
    note(in_words(pass(1min)));
    ++minute_;
  }
  void note(const std::vector<std::string>& words) {
    for (const auto& word : words) {
      const auto at = word.find(" for ");
      if (word.starts_with("grant ") && at != std::string::npos) served_.try_emplace(word.substr(at + 5), minute_);
    }
  }
  // The minute in which it got its first grant; 0: not yet.
  [[nodiscard]] int served(const std::string& id) const { return served_.contains(id) ? served_.at(id) : 0; }
  [[nodiscard]] int minute() const { return minute_; }
  [[nodiscard]] bool holds(const std::string& id) {
    return state.gang_places && *state.request_at(state.gang_places->request).id == domain::RequestId{id};
  }

 private:
  int minute_ = 1;
  std::map<std::string, int> served_;
};

TEST(GangHolds, AGangIsServedThoughSmallRequestsKeepComing) {
  Crowded pool;
  (void)pool.request(kCarl, "gang", cpu("4", 1h, 2));
  const int came = pool.minute();
  while (pool.served("gang") == 0 && pool.minute() < came + 60) pool.crowd();
  EXPECT_GT(pool.served("gang"), came + 10) << "it did not starve, so that nothing was shown";
  EXPECT_LE(pool.served("gang"), came + 10 + 15 + 1);
  EXPECT_EQ(pool.state.find_request({"gang"})->granted, 2U);
  EXPECT_FALSE(pool.state.gang_places);
}

TEST(GangHolds, WhoEndsBeforeIsServedMeanwhile) {
  Crowded pool;
  (void)pool.request(kCarl, "gang", cpu("4", 1h, 2));
  while (!pool.holds("gang")) pool.crowd();
  ASSERT_EQ(pool.state.gang_places->offers.size(), 2U);
  for (int i = 0; i < 9; ++i) pool.crowd();  // the first leases end, and what comes takes too long
  ASSERT_TRUE(pool.holds("gang"));
  const auto left = pool.state.gang_places->from - pool.now;
  EXPECT_THAT(in_words(pool.request(kDora, "long", cpu("500m", left + 1min))), Contains("request long waiting 0"));
  EXPECT_THAT(in_words(pool.request(kDora, "short", cpu("500m", left))), Contains(HasSubstr("for short")));
}

TEST(GangHolds, TwoGangsTakeTurnsTheOlderFirst) {
  Crowded pool;
  (void)pool.request(kCarl, "older", cpu("3", 30min, 2));
  (void)pool.request(kDora, "younger", cpu("4", 30min, 2));
  const int came = pool.minute();
  while (pool.served("younger") == 0 && pool.minute() < came + 120) {
    pool.crowd();
    EXPECT_TRUE(pool.served("older") > 0 || !pool.holds("younger"));
  }
  EXPECT_GT(pool.served("older"), 0);
  EXPECT_LE(pool.served("older"), came + 10 + 15 + 1);
  EXPECT_GT(pool.served("younger"), pool.served("older"));
  EXPECT_LE(pool.served("younger"), pool.served("older") + 30 + 2);
}

TEST(GangHolds, GoWithTheGang) {
  Crowded pool;
  (void)pool.request(kCarl, "gang", cpu("4", 1h, 2));
  while (!pool.holds("gang")) pool.crowd();
  for (int i = 0; i < 9; ++i) pool.crowd();
  ASSERT_TRUE(pool.holds("gang"));
  EXPECT_THAT(in_words(pool.retract(kCarl, "requests", "gang")), Contains(HasSubstr(" for s")));
  EXPECT_FALSE(pool.state.gang_places);
}

TEST(GangHolds, GoTogetherWhenAnOfferGoes) {
  Crowded pool;
  (void)pool.request(kCarl, "gang", cpu("4", 1h, 2));
  while (!pool.holds("gang")) pool.crowd();
  (void)pool.retract(kAnn, "offers", "a");
  EXPECT_FALSE(pool.state.gang_places);
  EXPECT_FALSE(pool.state.engine->held_for(pool.state.handle_of(*pool.state.find_request({"gang"}))));
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  const int back = pool.minute();
  while (pool.served("gang") == 0 && pool.minute() < back + 60) pool.crowd();
  EXPECT_LE(pool.served("gang"), back + 15 + 4);
}

TEST(GangHolds, AreForGangsThatMayHaveThem) {
  Rules rules;
  rules.most_holds = 2;
  rules.groups.push_back({"c", domain::Filter::parse("(domain=c.test)").value(), resources({{"cpu", "4"}}), 1.0});
  Crowded pool(rules);
  (void)pool.request(kCarl, "quota", cpu("3", 1h, 2));
  (void)pool.request(kDora, "many", cpu("2", 1h, 3));
  (void)pool.request(kDora, "large", cpu("5", 1h, 2));
  (void)pool.request(kDora, "last", cpu("4", 1h, 2));
  const int came = pool.minute();
  while (pool.served("last") == 0 && pool.minute() < came + 60) {
    pool.crowd();
    for (const auto* id : {"quota", "many", "large"}) EXPECT_FALSE(pool.holds(id)) << id;
  }
  EXPECT_GT(pool.served("last"), 0);
}

}  // namespace
}  // namespace bourse::market
