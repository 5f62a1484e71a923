#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace bourse::base {
namespace {

constexpr Duration kLong = std::chrono::seconds(30);  // an upper bound that a passing test never waits for
constexpr Duration kNoWait{0};

TEST(BoundedQueue, GivesOldestFirstAndAtMostWhatWasAsked) {
  BoundedQueue<int> queue(10);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.try_push(int(i)));
  EXPECT_EQ(queue.pop_some(3, kLong), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop_some(100, kLong), (std::vector<int>{3, 4}));
}

TEST(BoundedQueue, RefusesWhenFullAndLeavesTheItemAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  ASSERT_TRUE(queue.try_push(std::make_unique<int>(1)));
  auto item = std::make_unique<int>(2);
  EXPECT_FALSE(queue.try_push(std::move(item)));
  ASSERT_NE(item, nullptr);  // NOLINT(bugprone-use-after-move): the contract under test
  (void)queue.pop_some(1, kLong);
  EXPECT_TRUE(queue.try_push(std::move(item)));
}

TEST(BoundedQueue, EmptyAfterTheTimeout) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.pop_some(1, kNoWait).empty());
  EXPECT_FALSE(queue.closed_and_empty());
}

TEST(BoundedQueue, ClosingRefusesNewItemsAndKeepsOldOnes) {
  BoundedQueue<int> queue(4);
  ASSERT_TRUE(queue.try_push(1));
  queue.close();
  EXPECT_FALSE(queue.try_push(2));
  EXPECT_FALSE(queue.closed_and_empty());
  EXPECT_EQ(queue.pop_some(4, kLong), std::vector<int>{1});
  EXPECT_TRUE(queue.closed_and_empty());
  EXPECT_TRUE(queue.pop_some(4, kLong).empty()) << "closed and drained: no wait";
}

TEST(BoundedQueue, ClosingWakesAWaitingConsumer) {
  BoundedQueue<int> queue(1);
  std::thread consumer([&queue] { EXPECT_TRUE(queue.pop_some(1, kLong).empty()); });
  const auto start = std::chrono::steady_clock::now();
  queue.close();
  consumer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
}

// A lost wake-up shows as a consumer that sits out its whole timeout.
TEST(BoundedQueue, NothingIsLostBetweenThreads) {
  constexpr int kProducers = 4;
  constexpr int kEach = 20'000;
  BoundedQueue<std::pair<int, int>> queue(64);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < kEach; ++i) {
        while (!queue.try_push({p, i})) std::this_thread::yield();
      }
    });
  }
  std::vector<int> next(kProducers, 0);
  for (int taken = 0; taken < kProducers * kEach;) {
    const auto items = queue.pop_some(16, kLong);
    ASSERT_FALSE(items.empty());
    for (const auto& [producer, number] : items) {
      ASSERT_EQ(number, next[static_cast<std::size_t>(producer)]++) << "of producer " << producer;
    }
    taken += static_cast<int>(items.size());
  }
  for (auto& producer : producers) producer.join();
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong);
}

TEST(BoundedQueue, SeveralConsumersShareTheItems) {
  constexpr int kItems = 20'000;
  BoundedQueue<int> queue(kItems);
  std::vector<std::thread> consumers;
  std::atomic<int> taken = 0;
  for (int c = 0; c < 3; ++c) {
    consumers.emplace_back([&] {
      while (true) {
        const auto items = queue.pop_some(7, kLong);
        if (items.empty()) return;
        taken += static_cast<int>(items.size());
      }
    });
  }
  for (int i = 0; i < kItems; ++i) ASSERT_TRUE(queue.try_push(int(i)));
  queue.close();
  for (auto& consumer : consumers) consumer.join();
  EXPECT_EQ(taken, kItems);
}

}  // namespace
}  // namespace bourse::base
