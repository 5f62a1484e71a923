#include "base/fair_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bourse::base {
namespace {

constexpr Duration kNoWait{0};
using Item = std::pair<std::string, int>;

TEST(FairQueue, TakesOfEachLaneInTurn) {
  FairQueue<std::string> queue(100);
  for (const auto* item : {"a1", "a2", "a3", "a4"}) ASSERT_TRUE(queue.try_push("a", item));
  ASSERT_TRUE(queue.try_push("b", "b1"));
  ASSERT_TRUE(queue.try_push("c", "c1"));
  ASSERT_TRUE(queue.try_push("c", "c2"));
  EXPECT_EQ(queue.pop_some(4, kNoWait), (std::vector<std::string>{"a1", "b1", "c1", "a2"}));
  EXPECT_EQ(queue.pop_some(100, kNoWait), (std::vector<std::string>{"c2", "a3", "a4"}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(FairQueue, OneThatFloodsLeavesRoomForOthers) {
  FairQueue<int> queue(1'000);
  int flood = 0;
  while (queue.try_push("flood", int(flood))) ++flood;
  EXPECT_EQ(flood, 500) << "as much as it leaves";
  int second = 0;
  while (queue.try_push("second", int(second))) ++second;
  EXPECT_EQ(second, 250);
  EXPECT_TRUE(queue.try_push("quiet", 1));
  EXPECT_FALSE(queue.try_push("flood", 1)) << "others took what it left";
}

TEST(FairQueue, WhatFindsNoRoomIsLeftAlone) {
  FairQueue<std::unique_ptr<int>> queue(4);
  ASSERT_TRUE(queue.try_push("a", std::make_unique<int>(1)));
  ASSERT_TRUE(queue.try_push("a", std::make_unique<int>(2)));
  auto item = std::make_unique<int>(3);
  ASSERT_FALSE(queue.try_push("a", std::move(item)));
  ASSERT_NE(item, nullptr);  // NOLINT(bugprone-use-after-move): the contract under test
  ASSERT_TRUE(queue.try_push("b", std::move(item)));
  ASSERT_TRUE(queue.try_push_for_all(std::make_unique<int>(4)));
  EXPECT_FALSE(queue.try_push_for_all(std::make_unique<int>(5)));
  EXPECT_EQ(queue.pop_some(10, kNoWait).size(), 4U);
}

TEST(FairQueue, WhatConcernsAllChangesSidesWithNothing) {
  FairQueue<std::string> queue(100);
  for (const auto* item : {"a1", "a2"}) ASSERT_TRUE(queue.try_push("a", item));
  ASSERT_TRUE(queue.try_push("b", "b1"));
  ASSERT_TRUE(queue.try_push_for_all("link up"));
  ASSERT_TRUE(queue.try_push("b", "b2"));
  ASSERT_TRUE(queue.try_push_urgent("urgent"));
  EXPECT_EQ(queue.size(), 6U);
  EXPECT_EQ(queue.pop_some(3, kNoWait), (std::vector<std::string>{"urgent", "a1", "b1"}));
  ASSERT_TRUE(queue.try_push("a", "a3"));
  EXPECT_EQ(queue.pop_some(10, kNoWait), (std::vector<std::string>{"a2", "link up", "b2", "a3"}));
}

TEST(FairQueue, TakesUrgentItemsIntoAFullQueueAndOnlySoMany) {
  FairQueue<int> queue(1);
  ASSERT_TRUE(queue.try_push("a", 0));
  int urgent = 0;
  while (urgent < 1000 && queue.try_push_urgent(int(urgent))) ++urgent;
  EXPECT_GT(urgent, 0);
  EXPECT_LT(urgent, 1000);
  EXPECT_EQ(queue.pop_some(static_cast<std::size_t>(urgent), kNoWait).size(), static_cast<std::size_t>(urgent));
  EXPECT_TRUE(queue.try_push_urgent(1)) << "those that were taken left their room";
  EXPECT_FALSE(queue.try_push("a", 1)) << "they take no room from the others, and give none";
}

TEST(FairQueue, ClosedItCanOnlyBeEmptied) {
  FairQueue<int> queue(10);
  ASSERT_TRUE(queue.try_push("a", 1));
  queue.close();
  EXPECT_FALSE(queue.try_push("a", 2));
  EXPECT_FALSE(queue.try_push_for_all(2));
  EXPECT_FALSE(queue.try_push_urgent(2));
  EXPECT_FALSE(queue.closed_and_empty());
  EXPECT_EQ(queue.pop_some(10, kNoWait), std::vector<int>{1});
  EXPECT_TRUE(queue.closed_and_empty());
}

// Whatever is pushed and taken in whatever order: each lane's items come in its order, and between two of one lane that
// waited the whole time every other lane that waited as long had its turn.
RC_GTEST_PROP(FairQueue, LanesKeepTheirOrderAndTheirTurns, ()) {
  FairQueue<Item> queue(1'000);
  std::map<std::string, int> pushed;
  std::map<std::string, int> taken;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
  for (const int step : steps) {
    if (step < 4) {
      const std::string lane(1, static_cast<char>('a' + step));
      if (queue.try_push(lane, Item(lane, pushed[lane]))) ++pushed[lane];
      continue;
    }
    std::map<std::string, int> turns;
    std::size_t waiting = 0;
    for (const auto& [lane, count] : pushed) waiting += count > taken[lane] ? 1U : 0U;
    for (auto& [lane, number] : queue.pop_some(waiting, kNoWait)) {
      RC_ASSERT(number == taken[lane]++);
      ++turns[lane];
    }
    RC_ASSERT(turns.size() == waiting);
  }
}

}  // namespace
}  // namespace bourse::base
