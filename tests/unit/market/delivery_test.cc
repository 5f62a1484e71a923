// Work in, replies and notifications out, against a network that takes what the test lets it.
#include "market/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "support/fake_outbox.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using test::FakeOutbox;
using Told = FakeOutbox::Told;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

std::string subscriber(std::size_t i) { return "s" + std::to_string(i) + "@a.test"; }

Notification notification(std::uint64_t seq, std::size_t recipients) {
  Notification made;
  made.event.seq = {seq};
  made.event.node = {"commons/offers"};
  for (std::size_t i = 0; i < recipients; ++i) made.recipients.others.push_back({.to = jid(subscriber(i))});
  return made;
}

// One command's work: events from `first` on with so many recipients each.
Work work_of(std::uint64_t first, const std::vector<std::size_t>& recipients, const std::string& reply = {}) {
  Plan plan;
  auto seq = first;
  for (const auto count : recipients) plan.events.push_back(notification(seq++, count));
  if (!reply.empty()) plan.replies.push_back({{jid("a@a.test/x"), "bourse.test", reply}, Acknowledged{}});
  PoolCounters after;
  after.last_event = {seq - 1};
  Work work;
  work.add(Command{}, std::move(plan), after);
  return work;
}

bool soon(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

bool delivers(const Delivery& delivery, std::uint64_t seq) {
  return soon([&] { return delivery.delivered().value == seq; });
}

TEST(Delivery, TellsInOrderAfterTheReply) {
  FakeOutbox outbox;
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {2, 1}, "r"));
  ASSERT_TRUE(outbox.wait_told(3));
  EXPECT_THAT(outbox.told(), ElementsAre(Told{1, subscriber(0)}, Told{1, subscriber(1)}, Told{2, subscriber(0)}));
  EXPECT_EQ(outbox.told_before("r"), 0U);
  EXPECT_EQ(delivery.delivered().value, 2U);
}

TEST(Delivery, EventsNobodyIsToldOfPassTheWatermark) {
  FakeOutbox outbox;
  outbox.set_linked(false);
  Delivery delivery(outbox);
  auto work = work_of(1, {0, 0, 0});
  EXPECT_TRUE(work.notifications.empty());
  delivery.deliver(std::move(work));
  EXPECT_EQ(delivery.delivered().value, 3U);
}

TEST(Delivery, WaitsForRoomWithoutHoldingUpWhoDelivers) {
  FakeOutbox outbox;
  outbox.set_room(3);
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {1}));
  delivery.deliver(work_of(2, {1'000}, "big"));   // more than is told at once
  delivery.deliver(work_of(3, {0, 1}, "later"));  // comes back although nobody makes room
  EXPECT_TRUE(outbox.wait_reply("later"));
  EXPECT_TRUE(outbox.wait_told(3));
  EXPECT_EQ(delivery.delivered().value, 1U);
  for (std::size_t room = 1; outbox.told().size() < 1'000; room *= 2) {
    EXPECT_EQ(delivery.delivered().value, 1U);
    const auto told = outbox.told().size();
    outbox.give_room(room);
    ASSERT_TRUE(outbox.wait_told(std::min<std::size_t>(told + room, 1'002)));
  }
  outbox.set_room(FakeOutbox::kUnbounded);
  ASSERT_TRUE(delivers(delivery, 4));
  std::vector<Told> expected{{1, subscriber(0)}};
  for (std::size_t i = 0; i < 1'000; ++i) expected.push_back({2, subscriber(i)});
  expected.push_back({4, subscriber(0)});
  EXPECT_EQ(outbox.told(), expected);
}

TEST(Delivery, WhatTakesLongIsTheCouriers) {
  FakeOutbox outbox;
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {100'000}));
  EXPECT_FALSE(outbox.was_told_here());
  ASSERT_TRUE(delivers(delivery, 1));
  delivery.deliver(work_of(2, {1}));
  EXPECT_TRUE(outbox.was_told_here()) << "waking another thread for this takes longer than doing it";
}

TEST(Delivery, GoesOnWhereTheLinkWent) {
  FakeOutbox outbox;
  outbox.set_room(2);
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {3, 1}));
  ASSERT_TRUE(outbox.wait_until_full());
  outbox.set_linked(false);
  outbox.set_room(FakeOutbox::kUnbounded);
  delivery.deliver(work_of(3, {0, 1}));
  EXPECT_EQ(outbox.told().size(), 2U);
  EXPECT_EQ(delivery.delivered().value, 0U);
  outbox.set_linked(true);
  ASSERT_TRUE(delivers(delivery, 4));
  EXPECT_THAT(outbox.told(), ElementsAre(Told{1, subscriber(0)}, Told{1, subscriber(1)}, Told{1, subscriber(2)},
                                         Told{2, subscriber(0)}, Told{4, subscriber(0)}));
}

TEST(Delivery, RepeatsGoTheSameWayButDoNotCount) {
  FakeOutbox outbox;
  outbox.set_room(0);
  Delivery delivery(outbox);
  Work work = work_of(1, {1});
  Plan again;
  again.repeats.push_back(notification(0, 1));
  work.add(Command{}, std::move(again), work.counters);
  delivery.deliver(std::move(work));
  delivery.deliver(work_of(2, {1}));
  outbox.give_room(1);
  ASSERT_TRUE(outbox.wait_told(1));
  ASSERT_TRUE(delivers(delivery, 1));
  outbox.give_room(1);
  ASSERT_TRUE(outbox.wait_told(2));
  EXPECT_EQ(delivery.delivered().value, 1U);
  outbox.give_room(1);
  ASSERT_TRUE(delivers(delivery, 2));
  EXPECT_THAT(outbox.told(), ElementsAre(Told{1, subscriber(0)}, Told{0, subscriber(0)}, Told{2, subscriber(0)}));
}

TEST(Delivery, WhatDoesNotFitComesOutOfTheLog) {
  FakeOutbox outbox;
  outbox.set_linked(false);
  std::atomic<int> caught_up{0};
  Delivery delivery(
      outbox, [&] { ++caught_up; }, 3'000);  // a handful
  for (std::uint64_t seq = 1; seq <= 20; ++seq) delivery.deliver(work_of(seq, {1}));
  const auto kept = delivery.accepted().value;
  EXPECT_GE(kept, 2U);
  EXPECT_LT(kept, 10U);
  EXPECT_FALSE(delivery.must_reload()) << "there is no room to read them into";
  EXPECT_EQ(caught_up, 0);
  outbox.set_linked(true);
  ASSERT_TRUE(soon([&] { return delivery.must_reload(); }));
  ASSERT_TRUE(soon([&] { return caught_up == 1; }));
  EXPECT_EQ(delivery.delivered().value, kept);
  delivery.deliver(work_of(21, {1}));  // in the log too, and not before those
  EXPECT_EQ(outbox.told().size(), kept);

  Undelivered found;
  for (std::uint64_t seq = kept - 1; seq <= 21; ++seq) found.notifications.push_back(notification(seq, 1));
  found.complete_to = found.last_event = {21};
  outbox.set_room(0);
  delivery.resume({kept - 2}, std::move(found));
  EXPECT_LT(delivery.accepted().value, 21U) << "these are too many again";
  outbox.set_room(FakeOutbox::kUnbounded);
  while (true) {
    ASSERT_TRUE(soon([&] { return delivery.must_reload() || delivery.delivered().value == 21; }));
    if (!delivery.must_reload()) break;
    Undelivered more;
    for (auto seq = delivery.delivered().value + 1; seq <= 21; ++seq)
      more.notifications.push_back(notification(seq, 1));
    more.complete_to = more.last_event = {21};
    delivery.resume(delivery.delivered(), std::move(more));
  }
  const auto told = outbox.told();
  ASSERT_EQ(told.size(), 21U);
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i].seq, i + 1);
}

TEST(Delivery, AReloadKeepsWhatWaitsAndWhoKnows) {
  FakeOutbox outbox;
  outbox.set_room(1);
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {2, 1}));
  ASSERT_TRUE(outbox.wait_until_full());
  Undelivered found;
  for (std::uint64_t seq = 1; seq <= 4; ++seq) found.notifications.push_back(notification(seq, 2));
  found.complete_to = found.last_event = {4};
  delivery.resume({0}, std::move(found));
  outbox.set_room(FakeOutbox::kUnbounded);
  ASSERT_TRUE(delivers(delivery, 4));
  EXPECT_THAT(outbox.told(), ElementsAre(Told{1, subscriber(0)}, Told{1, subscriber(1)}, Told{2, subscriber(0)},
                                         Told{3, subscriber(0)}, Told{3, subscriber(1)}, Told{4, subscriber(0)},
                                         Told{4, subscriber(1)}));
}

TEST(Delivery, ALoadThatLeavesOutSomeAsksForMore) {
  FakeOutbox outbox;
  Delivery delivery(outbox);
  Undelivered found;
  found.notifications.push_back(notification(6, 1));
  found.complete_to = {8};
  found.last_event = {10};
  delivery.resume({5}, std::move(found));
  ASSERT_TRUE(soon([&] { return delivery.must_reload(); }));
  EXPECT_EQ(delivery.delivered().value, 8U);
  delivery.resume({8}, {{}, {10}, {10}});
  EXPECT_FALSE(delivery.must_reload());
  EXPECT_EQ(delivery.delivered().value, 10U);
}

TEST(Delivery, WorkThatCameOutOfTheLogAlreadyIsNotToldTwice) {
  FakeOutbox outbox;
  Delivery delivery(outbox);
  Undelivered found;
  found.notifications.push_back(notification(1, 1));
  found.complete_to = found.last_event = {2};
  delivery.resume({0}, std::move(found));
  ASSERT_TRUE(delivers(delivery, 2));
  delivery.deliver(work_of(1, {1, 0}, "r"));
  EXPECT_TRUE(outbox.wait_reply("r"));
  EXPECT_THAT(outbox.told(), ElementsAre(Told{1, subscriber(0)}));
}

TEST(Delivery, TheEndWaitsForTheLinkOnlyWhileItTakesSomething) {
  FakeOutbox outbox;
  outbox.set_room(0);
  Delivery delivery(outbox);
  delivery.deliver(work_of(1, {2}));
  std::jthread other([&] {
    EXPECT_TRUE(outbox.wait_until_full());
    outbox.give_room(2);
  });
  delivery.finish(20s);
  EXPECT_EQ(delivery.delivered().value, 1U);

  Delivery unlinked(outbox);
  outbox.set_linked(false);
  unlinked.deliver(work_of(1, {1}));
  const auto before = std::chrono::steady_clock::now();
  unlinked.finish(20s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
  EXPECT_EQ(unlinked.delivered().value, 0U);
}

// Whatever the link does meanwhile: each recipient of each event is told once, in order, and the watermark never passes
// somebody who was not.
class DeliverySeeds : public ::testing::TestWithParam<unsigned> {};

TEST_P(DeliverySeeds, NothingIsLostToldTwiceOrOutOfOrder) {
  spdlog::set_level(spdlog::level::err);  // it overflows all the time here
  std::mt19937 random(GetParam());
  const auto pick = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  FakeOutbox outbox;
  Delivery delivery(outbox, {}, 4'000);
  std::vector<std::size_t> log;  // recipients of event i + 1
  std::uint64_t stored = 0;
  const auto check = [&] {
    const auto watermark = delivery.delivered().value;
    std::size_t least = 0;
    for (std::uint64_t seq = 1; seq <= watermark; ++seq) least += log[seq - 1];
    EXPECT_GE(outbox.told().size(), least);
  };
  const auto reload = [&] {
    Undelivered found;
    const auto limit = 1 + pick(30);  // events a load keeps
    auto seq = stored + 1;
    for (; seq <= log.size() && seq <= stored + limit; ++seq) {
      if (log[seq - 1] != 0) found.notifications.push_back(notification(seq, log[seq - 1]));
    }
    found.complete_to = {seq - 1};
    found.last_event = {log.size()};
    delivery.resume({stored}, std::move(found));
  };
  for (int step = 0; step < 400; ++step) {
    switch (pick(9)) {
      case 0:
        outbox.set_linked(pick(2) != 0);
        break;
      case 1:
        outbox.set_room(pick(20));
        break;
      case 2:
        reload();
        break;
      default: {
        std::vector<std::size_t> events(pick(4));
        for (auto& recipients : events) recipients = pick(3) == 0 ? pick(400) : pick(2);
        const auto first = log.size() + 1;
        log.insert(log.end(), events.begin(), events.end());
        delivery.deliver(work_of(first, events));
        stored = delivery.delivered().value;  // as a commit would
      }
    }
    if (delivery.must_reload()) {
      stored = delivery.delivered().value;
      reload();
    }
    check();
  }
  outbox.set_linked(true);
  outbox.set_room(FakeOutbox::kUnbounded);
  ASSERT_TRUE(soon([&] {
    if (delivery.must_reload()) {
      stored = delivery.delivered().value;
      reload();
    }
    return delivery.delivered().value == log.size();
  }));
  std::vector<Told> expected;
  for (std::size_t i = 0; i < log.size(); ++i) {
    for (std::size_t recipient = 0; recipient < log[i]; ++recipient) expected.push_back({i + 1, subscriber(recipient)});
  }
  EXPECT_EQ(outbox.told(), expected);
}

INSTANTIATE_TEST_SUITE_P(Some, DeliverySeeds, ::testing::Range(1U, 21U));

}  // namespace
}  // namespace bourse::market
