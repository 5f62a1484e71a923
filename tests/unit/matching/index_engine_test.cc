// What the oracle cannot see: what the engine remembers, and how far it looks.
#include "matching/index_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "matching/memory_blocks.h"
#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using base::Timestamp;
using std::chrono::hours;
using testing::jid;
using testing::offer;
using testing::request;
using testing::with;

const Timestamp kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

bool suggests(const Explanation& explanation, const std::string& text) {
  return std::ranges::any_of(explanation.changes, [&](const std::string& change) { return change.starts_with(text); });
}

TEST(IndexEngine, AnOfferPutAgainKeepsItsProfile) {
  IndexEngine engine;
  engine.put_offer(0, jid("p@a.org"), with(offer({{"cpu", "4"}}), "rack", "1"));
  const auto births = engine.profile_births();
  engine.put_offer(0, jid("p@a.org"), with(offer({{"cpu", "8"}}), "rack", "1"));
  EXPECT_EQ(engine.profile_births(), births);
  EXPECT_EQ(engine.capacity("cpu"), 8000);
  engine.put_offer(0, jid("p@a.org"), with(offer({{"cpu", "8"}}), "rack", "2"));
  EXPECT_EQ(engine.profile_births(), births + 1);
  EXPECT_EQ(engine.profile_count(), 1U);
}

// Two requests of one demand, of which only the second is kept apart.
TEST(IndexEngine, ExplainsTheRequestThatIsAskedAbout) {
  IndexEngine engine;
  engine.put_offer(0, jid("p@a.org"), offer({{"cpu", "4"}}));
  auto spread = request({{"cpu", "1"}});
  spread.spread = "provider";
  engine.put_request(0, 1, jid("c@c.edu"), {}, request({{"cpu", "1"}}));
  engine.put_request(1, 2, jid("c@c.edu"), {}, spread);
  Exclusions excluded;
  excluded.providers = {jid("p@a.org")};
  EXPECT_FALSE(suggests(engine.explain(0, kNow, excluded), "leave out spread"));
  EXPECT_TRUE(suggests(engine.explain(1, kNow, excluded), "leave out spread"));
  engine.remove_request(0);
  EXPECT_TRUE(suggests(engine.explain(1, kNow, excluded), "leave out spread"));
}

TEST(IndexEngine, OfVeryManyOffersExplainsAPart) {
  constexpr OfferHandle kOffers = 3 * Search::kMostTold;
  IndexEngine engine;
  for (OfferHandle i = 0; i < kOffers; ++i) {
    engine.put_offer(i, jid("p@a.org"), with(offer({{"cpu", "4"}}), "rack", std::to_string(i % 2)));
  }
  engine.put_request(0, 1, jid("c@c.edu"), {}, request({{"cpu", "8"}}, "(rack=1)"));
  const auto explanation = engine.explain(0, kNow, {});
  EXPECT_EQ(explanation.offers, Search::kMostTold);
  ASSERT_EQ(explanation.rejections.size(), 2U);
  for (const auto& rejection : explanation.rejections) {
    const bool lacks = rejection.obstacle == Obstacle::kResource;
    EXPECT_EQ(rejection.offers, lacks ? explanation.offers : explanation.offers / 2);
  }
}

Engine::Availability always(double rate) {
  Engine::Availability all{};
  all.fill(rate);
  return all;
}

// Who stays an hour need not be who stays a day.
TEST(IndexEngine, AvailabilityIsForAsLongAsTheLease) {
  struct Case {
    base::Duration lease;
    OfferHandle best;
  };
  IndexEngine engine;
  for (OfferHandle i = 0; i < 2; ++i) {
    engine.put_offer(i, jid("p" + std::to_string(i) + "@a.org"), offer({{"cpu", "4"}}));
  }
  engine.rate(jid("p0@a.org"), {0.99, 0.9, 0.5, 0.1});
  engine.rate(jid("p1@a.org"), {0.9, 0.89, 0.8, 0.7});
  RequestHandle request_handle = 0;
  for (const Case& c :
       {Case{std::chrono::minutes(30), 0}, Case{std::chrono::hours(1), 0}, Case{std::chrono::hours(4), 0},
        Case{std::chrono::hours(5), 1}, Case{std::chrono::hours(100), 1}}) {
    auto asked = request({{"cpu", "1"}});
    asked.prefers = domain::Preference::parse("availability").value();
    asked.duration = c.lease;
    engine.put_request(request_handle, 1, jid("c@c.edu"), {}, asked);
    EXPECT_EQ(engine.best(request_handle, kNow, {}).value().offer, c.best) << c.lease.count();
    ++request_handle;
  }
}

TEST(IndexEngine, ARateThatIsNoNumberIsNone) {
  IndexEngine engine;
  for (OfferHandle i = 0; i < 3; ++i)
    engine.put_offer(i, jid("p" + std::to_string(i) + "@a.org"), offer({{"cpu", "4"}}));
  auto asked = request({{"cpu", "1"}});
  asked.prefers = domain::Preference::parse("availability").value();
  engine.put_request(0, 1, jid("c@c.edu"), {}, asked);
  engine.rate(jid("p0@a.org"), always(std::numeric_limits<double>::quiet_NaN()));
  engine.rate(jid("p1@a.org"), always(0.5));
  EXPECT_EQ(engine.best(0, kNow, {}).value().offer, 1U);
  engine.rate(jid("p0@a.org"), always(0.9));
  EXPECT_EQ(engine.best(0, kNow, {}).value().offer, 0U);
  engine.rate(jid("p0@a.org"), always(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(engine.best(0, kNow, {}).value().offer, 1U);
}

TEST(IndexEngine, SumsThatOverflowAreStillCompared) {
  IndexEngine engine;
  const std::string huge(15, '9');
  engine.put_offer(0, jid("p@a.org"), with(with(offer({{"cpu", "4"}}), "speed", huge), "price", huge));
  engine.put_offer(1, jid("p@a.org"), with(with(offer({{"cpu", "4"}}), "speed", huge), "price", "0"));
  auto asked = request({{"cpu", "1"}});
  asked.prefers = domain::Preference::parse("1e300*speed - 1e300*price").value();
  engine.put_request(0, 1, jid("c@c.edu"), {}, asked);
  EXPECT_EQ(engine.best(0, kNow, {}).value().offer, 1U);
}

// Most ask for four processors: a device is taken where that many places stay, not where the least is left.
TEST(IndexEngine, WhatWasAskedBeforeThereWereDevicesCounts) {
  IndexEngine engine;
  for (RequestHandle i = 0; i < 20; ++i) engine.put_request(i, i + 1, jid("c@c.edu"), {}, request({{"cpu", "4"}}));
  engine.put_offer(0, jid("p@a.org"), offer({{"cpu", "4"}, {"gpu", "1"}}));
  engine.put_offer(1, jid("p@a.org"), offer({{"cpu", "9"}, {"gpu", "1"}}));
  engine.put_request(20, 21, jid("c@c.edu"), {}, request({{"cpu", "1"}, {"gpu", "1"}}));
  EXPECT_EQ(engine.best(20, kNow, {}).value().offer, 1U);
}

// What is remembered of openings does not outlast them, in whichever direction the clock goes.
TEST(IndexEngine, NextOpeningFollowsTheClock) {
  IndexEngine engine;
  auto daily = offer({{"cpu", "4"}});
  daily.schedule = {"Mon-Sun 18:00-20:00", "UTC"};
  engine.put_offer(0, jid("p@a.org"), daily);
  for (const int hour : {0, 1, 17, 18, 19, 43, 20, 2, 0, 100}) {
    (void)engine.advance(kNow + hours(hour));
    const int next = hour < 18 ? 18 : 18 + (hour - 18) / 24 * 24 + 24;
    EXPECT_EQ(engine.next_opening(), kNow + hours(next)) << hour;
  }
}

// Both are asked at every turn of the decider's loop: a schedule is looked at when the clock passes what is known of
// it.
TEST(Openings, AreWorkedOutOnce) {
  Openings openings;
  const auto id = openings.acquire({"Mon-Sun 18:00-20:00", "Europe/Berlin"});
  openings.add(0, id, {});
  const auto turn = [&](base::Duration later) {
    (void)openings.advance(kNow + later);
    (void)openings.next();
    (void)openings.open_until(id, kNow + later);
  };
  turn({});
  const auto first = openings.asked();
  EXPECT_GT(first, 0U);
  for (int i = 0; i < 1000; ++i) turn(std::chrono::minutes(i));
  EXPECT_EQ(openings.asked(), first) << "until 17:00 UTC nothing opens or closes";
  turn(hours(17));
  EXPECT_GT(openings.asked(), first);
  const auto second = openings.asked();
  for (int i = 0; i < 100; ++i) turn(hours(17) + std::chrono::minutes(i));
  EXPECT_EQ(openings.asked(), second);
}

TEST(MemoryBlocks, GivesBlocksThatDoNotOverlapAndGivesThemAgain) {
  MemoryBlocks memory;
  std::vector<std::pair<std::byte*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 20'000; ++i) blocks.emplace_back(memory.take(1 + i * 37 % 1000), 1 + i * 37 % 1000);
  std::ranges::sort(blocks);
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
    ASSERT_LE(blocks[i].first + blocks[i].second, blocks[i + 1].first);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(blocks[i].first) % MemoryBlocks::kUnit, 0U);
  }
  memory.give_back(blocks[7].first, blocks[7].second);
  EXPECT_EQ(memory.take(blocks[7].second), blocks[7].first);
}

}  // namespace
}  // namespace bourse::matching
