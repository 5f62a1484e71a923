#include "market/fair_share.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bourse::market {
namespace {

using namespace std::chrono_literals;

const base::Timestamp kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

domain::Resources resources(std::vector<domain::Resources::Entry> entries) {
  domain::Resources made;
  for (const auto& entry : entries) EXPECT_TRUE(made.add(entry.name, entry.amount).ok());
  return made;
}
domain::Resources cpus(std::int64_t count) { return resources({{"cpu", count * domain::kMilli}}); }

// 100 cpus, 1000 bytes of memory, 10 gpus; nothing of anything else.
std::int64_t capacity(const std::string& resource) {
  if (resource == "cpu") return 100 * domain::kMilli;
  if (resource == "gpu") return 10 * domain::kMilli;
  return resource == "memory" ? 1000 : 0;
}

Rules day_rules() {
  Rules rules;
  rules.usage_half_life = 24h;
  return rules;
}

TEST(FairShare, IsNothingForWhoHasNothing) {
  const auto rules = day_rules();
  const FairShare shares(rules, capacity);
  EXPECT_EQ(shares.dominant_share(jid("a@x.test"), kStart), 0);
}

TEST(FairShare, TheDominantResourceCounts) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  shares.hold(jid("a@x.test"), resources({{"cpu", 10'000}, {"memory", 200}, {"scratch", 1'000'000}}), kStart);
  shares.hold(jid("b@x.test"), resources({{"cpu", 10'000}, {"gpu", 500}}), kStart);
  EXPECT_DOUBLE_EQ(shares.dominant_share(jid("a@x.test"), kStart), 0.2);
  EXPECT_DOUBLE_EQ(shares.dominant_share(jid("b@x.test"), kStart), 0.1);
}

TEST(FairShare, UseDecaysExactly) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  const auto a = jid("a@x.test");
  shares.hold(a, cpus(50), kStart);
  // Held for one half-life: half of all that could be remembered; held for ever: the amount itself.
  EXPECT_NEAR(shares.dominant_share(a, kStart + 24h), 0.5 + 0.5 * 0.5, 1e-12);
  EXPECT_NEAR(shares.dominant_share(a, kStart + 24h * 60), 0.5 + 0.5, 1e-12);
  const auto row = shares.give_back(a, cpus(50), kStart + 24h);
  EXPECT_EQ(row.consumer, a);
  EXPECT_EQ(row.at, kStart + 24h);
  ASSERT_EQ(row.used.size(), 1U);
  EXPECT_NEAR(row.used[0].second, 50'000.0 * 86'400 / std::log(2.0) / 2, 1e-3);
  EXPECT_NEAR(shares.dominant_share(a, kStart + 24h), 0.25, 1e-12);
  EXPECT_NEAR(shares.dominant_share(a, kStart + 48h), 0.125, 1e-12);
  EXPECT_NEAR(shares.dominant_share(a, kStart + 24h * 31), 0.25 * std::exp2(-30), 1e-15);
  EXPECT_NEAR(shares.dominant_share(a, kStart), 0.25, 1e-12);  // the clock went back
}

TEST(FairShare, WhoHeldAllForADayComesAfterANewcomer) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  const auto hog = jid("hog@x.test");
  const auto newcomer = jid("new@x.test");
  shares.hold(hog, cpus(100), kStart);
  (void)shares.give_back(hog, cpus(100), kStart + 24h);
  shares.hold(newcomer, cpus(10), kStart + 24h);
  EXPECT_GT(shares.dominant_share(hog, kStart + 24h), shares.dominant_share(newcomer, kStart + 24h));
  // … but not for ever: the newcomer keeps holding, the other has stopped.
  EXPECT_LT(shares.dominant_share(hog, kStart + 24h * 7), shares.dominant_share(newcomer, kStart + 24h * 7));
}

TEST(FairShare, GivingBackMoreThanIsHeldIsAnError) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  shares.hold(jid("a@x.test"), cpus(1), kStart);
  EXPECT_DEATH((void)shares.give_back(jid("a@x.test"), cpus(2), kStart), "held");
  EXPECT_DEATH((void)shares.give_back(jid("b@x.test"), cpus(1), kStart), "");
}

TEST(FairShare, RowsComeBeforeWhatIsHeld) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  shares.hold(jid("a@x.test"), cpus(1), kStart);
  EXPECT_DEATH(shares.load({jid("a@x.test"), kStart, {{"cpu", 1.0}}}), "holds_nothing");
}

TEST(FairShare, AddsUpWhatNoNumberOfTheWireHolds) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  const auto most = resources({{"memory", std::numeric_limits<std::int64_t>::max()}});
  for (int i = 0; i < 5; ++i) shares.hold(jid("a@x.test"), most, kStart);
  EXPECT_GT(shares.dominant_share(jid("a@x.test"), kStart + 1h), 1e10);
  for (int i = 0; i < 5; ++i) (void)shares.give_back(jid("a@x.test"), most, kStart);
  EXPECT_EQ(shares.dominant_share(jid("a@x.test"), kStart), 0);
}

TEST(FairShare, RowsThatAreNoNumbersCountNothing) {
  const auto rules = day_rules();
  FairShare shares(rules, capacity);
  shares.load({jid("a@x.test"), kStart, {{"cpu", std::nan("")}, {"gpu", -5.0}, {"memory", HUGE_VAL}}});
  EXPECT_EQ(shares.dominant_share(jid("a@x.test"), kStart), 0);
}

Rules group_rules() {
  auto rules = day_rules();
  rules.groups = {{"lab", domain::Filter::parse("(domain=lab.test)").value(), cpus(10), 1.0},
                  {"staff", domain::Filter::parse("(jid=*@lab.test)").value(), resources({{"gpu", 2000}}), 4.0},
                  {"guests", domain::Filter::parse("(!(domain=lab.test))").value(), {}, 0.5}};
  return rules;
}

TEST(FairShare, GroupsWeigh) {
  const auto rules = group_rules();
  FairShare shares(rules, capacity);
  EXPECT_EQ(shares.groups_of(jid("a@lab.test")), (std::vector<std::string>{"lab", "staff"}));
  EXPECT_EQ(shares.groups_of(jid("a@x.test")), (std::vector<std::string>{"guests"}));
  shares.hold(jid("a@lab.test"), cpus(40), kStart);
  shares.hold(jid("a@x.test"), cpus(40), kStart);
  EXPECT_DOUBLE_EQ(shares.dominant_share(jid("a@lab.test"), kStart), 0.1);
  EXPECT_DOUBLE_EQ(shares.dominant_share(jid("a@x.test"), kStart), 0.8);
}

TEST(FairShare, QuotasBindTheMembersTogether) {
  const auto rules = group_rules();
  FairShare shares(rules, capacity);
  shares.hold(jid("a@lab.test"), cpus(6), kStart);
  EXPECT_EQ(shares.over_quota(jid("b@lab.test"), cpus(4)), std::nullopt);
  const auto over = shares.over_quota(jid("b@lab.test"), cpus(5));
  ASSERT_TRUE(over.has_value());
  EXPECT_EQ(*over, "the members of group 'lab' may hold 10 of cpu at once: they hold 6, this is 5 more");
  EXPECT_EQ(shares.over_quota(jid("b@x.test"), cpus(50)), std::nullopt);
  EXPECT_EQ(shares.over_quota(jid("b@lab.test"), resources({{"memory", 999'999}})), std::nullopt);
  EXPECT_TRUE(shares.over_quota(jid("b@lab.test"), resources({{"gpu", 3000}})).has_value());
  (void)shares.give_back(jid("a@lab.test"), cpus(6), kStart + 1h);
  EXPECT_EQ(shares.over_quota(jid("b@lab.test"), cpus(10)), std::nullopt);  // used, but not held
}

// References stay good, and the right ones, while strangers pass by.
TEST(FairShare, ForgetsStrangers) {
  const auto rules = group_rules();
  FairShare shares(rules, capacity);
  const auto& names = shares.groups_of(jid("a@lab.test"));
  auto now = kStart;
  for (int i = 0; i < 5000; ++i) {
    const auto stranger = jid("s" + std::to_string(i) + "@x.test");
    shares.hold(stranger, cpus(1), now);
    (void)shares.give_back(stranger, cpus(1), now + 1min);
    now += 24h;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"lab", "staff"}));
  EXPECT_EQ(&shares.groups_of(jid("a@lab.test")), &names);
  EXPECT_EQ(shares.dominant_share(jid("s1@x.test"), now), 0);     // forgotten
  EXPECT_GT(shares.dominant_share(jid("s4999@x.test"), now), 0);  // not yet
}

struct Held {
  domain::Jid consumer;
  domain::Resources amounts;
  base::Timestamp since;
};

// What PostgreSQL has of it.
struct Stored {
  std::map<std::string, UsageRow> rows;
  std::vector<Held> live;

  [[nodiscard]] std::unique_ptr<FairShare> restart(const Rules& rules) const {
    auto shares = std::make_unique<FairShare>(rules, capacity);
    for (const auto& [consumer, row] : rows) shares->load(UsageRow(row));
    for (const auto& held : live) shares->hold(held.consumer, held.amounts, held.since);
    return shares;
  }
};

RC_GTEST_PROP(FairShare, IsTheSameAfterARestart, ()) {
  auto rules = group_rules();
  rules.usage_half_life = *rc::gen::element<base::Duration>(10min, 24h, 24h * 30);
  FairShare shares(rules, capacity);
  Stored stored;
  auto now = kStart;
  std::vector<domain::Jid> consumers;
  for (const auto* name : {"a@lab.test", "b@lab.test", "c@x.test"}) consumers.push_back(jid(name));
  for (auto step = *rc::gen::inRange(1, 60); step > 0; --step) {
    now += std::chrono::seconds(*rc::gen::oneOf(rc::gen::inRange(0, 100'000), rc::gen::inRange(-5, 5)));
    if (stored.live.empty() || *rc::gen::inRange(0, 5) < 3) {
      Held held{*rc::gen::elementOf(consumers),
                resources({{"cpu", *rc::gen::inRange(1, 5000)}, {"gpu", *rc::gen::inRange(1, 3000)}}), now};
      shares.hold(held.consumer, held.amounts, held.since);
      stored.live.push_back(std::move(held));
    } else {
      const auto at = *rc::gen::inRange<std::size_t>(0, stored.live.size());
      const auto held = stored.live[at];
      stored.live.erase(stored.live.begin() + static_cast<std::ptrdiff_t>(at));
      auto row = shares.give_back(held.consumer, held.amounts, now);
      stored.rows.insert_or_assign(held.consumer.text(), std::move(row));
    }
    if (*rc::gen::inRange(0, 4) > 0) continue;
    auto shuffled = stored;  // the order in which grants come back does not matter either
    std::reverse(shuffled.live.begin(), shuffled.live.end());
    for (const auto* rows : {&stored, &shuffled}) {
      const auto other = rows->restart(rules);
      for (const auto& consumer : consumers) {
        const double share = shares.dominant_share(consumer, now + 10s);
        RC_ASSERT(std::abs(other->dominant_share(consumer, now + 10s) - share) <= 1e-9 * std::max(1.0, share));
        RC_ASSERT(other->over_quota(consumer, cpus(3)) == shares.over_quota(consumer, cpus(3)));
      }
    }
  }
}

}  // namespace
}  // namespace bourse::market
