#include "market/spine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "market_fixture.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using test::FakeStore;
using test::Fault;
using ::testing::ElementsAre;

// Records what reaches the network, and lets a test wait for it.
class RecordingOutbox final : public Outbox {
 public:
  bool linked() const override { return linked_.load(); }
  void deliver(std::vector<Reply>&& replies, std::vector<Notification>&& notifications) override {
    const std::lock_guard lock(mutex_);
    for (auto& reply : replies) replies_[reply.to.stanza_id] = std::move(reply.body);
    for (const auto& notification : notifications) events_.push_back(notification.event.seq.value);
    changed_.notify_all();
  }
  void answer(Answer&& /*answer*/) override {}
  void probe(std::vector<domain::Jid>&& sessions) override {
    const std::lock_guard lock(mutex_);
    probed_ = std::move(sessions);
    changed_.notify_all();
  }

  void set_linked(bool linked) { linked_.store(linked); }
  ReplyBody reply_to(const std::string& id) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return replies_.contains(id); })) << "no reply to " << id;
    return replies_[id];
  }
  std::vector<std::uint64_t> wait_for_events(std::size_t least) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return events_.size() >= least; }));
    return events_;
  }
  std::size_t events() {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  std::atomic<bool> linked_{true};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, ReplyBody> replies_;
  std::vector<std::uint64_t> events_;
  std::vector<domain::Jid> probed_;
};

// A spine running on a fake store, for as long as the object lives.
class Running {
 public:
  Running(FakeStore& store, RecordingOutbox& outbox, const base::Clock& clock, std::size_t queue = 1'000)
      : spine_(
            {.pool = {{"commons"}, {}}, .holder = "test", .queue_capacity = queue}, store,
            [] { return std::make_unique<matching::ScanEngine>(); }, outbox, clock),
        thread_([this](const std::stop_token& stop) { spine_.run(stop); }) {
    while (!spine_.ready()) std::this_thread::yield();
  }

  base::Status publish(const std::string& actor, const std::string& id, const std::string& stanza) {
    auto offer = offer_of({{"cpu", "4"}});
    auto record = domain::encode(offer);
    return spine_.submit({{"commons"},
                          jid(actor),
                          {jid(actor), "bourse.test", stanza},
                          PublishOffer{{id}, std::move(offer), std::move(record)}});
  }
  base::Status request(const std::string& actor, const std::string& id, const std::string& stanza) {
    auto content = request_of({{"cpu", "1"}});
    auto record = domain::encode(content);
    return spine_.submit({{"commons"},
                          jid(actor),
                          {jid(actor), "bourse.test", stanza},
                          PublishRequest{{id}, std::move(content), std::move(record)}});
  }
  base::Status arrive(const std::string& actor) {
    return spine_.submit({{"commons"}, jid(actor), {}, SessionAvailable{}});
  }
  base::Status link_up() { return spine_.submit({{"commons"}, {}, {}, LinkUp{}}); }

 private:
  Spine spine_;
  std::jthread thread_;
};

class SpineTest : public ::testing::Test {
 protected:
  base::SystemClock clock;
  FakeStore store{clock};
  RecordingOutbox outbox;
};

bool is_published(const ReplyBody& body) { return std::holds_alternative<Published>(body); }

TEST_F(SpineTest, WhatIsAcknowledgedIsDurable) {
  Running running(store, outbox, clock);
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(running.publish("ann@a.test/pc", "o" + std::to_string(i), std::to_string(i)));
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(is_published(outbox.reply_to(std::to_string(i))));
    EXPECT_TRUE(store.offers().contains("o" + std::to_string(i)));
  }
  EXPECT_LT(store.commits(), 200U) << "commands that wait together are committed together";
}

struct FaultCase {
  const char* name;
  Fault fault;
};
class SpineFaultTest : public SpineTest, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(SpineFaultTest, AFailedCommitIsSettledOnce) {
  Running running(store, outbox, clock);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "before", "1"));
  EXPECT_TRUE(is_published(outbox.reply_to("1")));
  store.fail_next_commit(GetParam().fault);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "struck", "2"));
  ASSERT_TRUE(running.request("carl@c.test/cli", "r", "3"));
  EXPECT_TRUE(is_published(outbox.reply_to("2")));
  EXPECT_TRUE(is_published(outbox.reply_to("3")));
  EXPECT_TRUE(store.offers().contains("struck"));
  EXPECT_EQ(store.grants().size(), 1U) << "decided again, not twice";
  const auto events = store.events();
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq.value, i + 1);
  // At least once, and none left out.
  const auto told = outbox.wait_for_events(events.size());
  for (const auto& event : events) EXPECT_THAT(told, ::testing::Contains(event.seq.value));
}

INSTANTIATE_TEST_SUITE_P(Faults, SpineFaultTest,
                         ::testing::Values(FaultCase{"Unavailable", Fault::kUnavailable},
                                           FaultCase{"InDoubtNotWritten", Fault::kInDoubtNotWritten},
                                           FaultCase{"InDoubtWritten", Fault::kInDoubtWritten},
                                           FaultCase{"Fenced", Fault::kFenced}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST_F(SpineTest, ACommandThatCannotBeSettledIsRefusedAloneAndTheRestGoesOn) {
  Running running(store, outbox, clock);
  store.fail_next_commit(Fault::kUnavailable);
  store.fail_next_commit(Fault::kUnavailable);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "struck", "1"));
  const auto reply = outbox.reply_to("1");
  ASSERT_TRUE(std::holds_alternative<base::Error>(reply));
  EXPECT_EQ(std::get<base::Error>(reply).code, base::Errc::kUnavailable);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "after", "2"));
  EXPECT_TRUE(is_published(outbox.reply_to("2")));
  EXPECT_FALSE(store.offers().contains("struck"));
}

TEST_F(SpineTest, PresenceOutlivesAReload) {
  Running running(store, outbox, clock);
  ASSERT_TRUE(running.arrive("ann@a.test/pc"));
  store.fail_next_commit(Fault::kUnavailable);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o", "1"));
  EXPECT_TRUE(is_published(outbox.reply_to("1")));
  EXPECT_EQ(store.offers().at("o").session, jid("ann@a.test/pc"));
}

TEST_F(SpineTest, NotificationsWaitForTheLink) {
  Running running(store, outbox, clock);
  outbox.set_linked(false);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o", "1"));
  (void)outbox.reply_to("1");
  EXPECT_EQ(outbox.events(), 0U);
  outbox.set_linked(true);
  ASSERT_TRUE(running.link_up());
  EXPECT_THAT(outbox.wait_for_events(2), ElementsAre(1, 2));
}

TEST_F(SpineTest, ARestartedProcessTellsWhatWasNotToldBefore) {
  {
    Running running(store, outbox, clock);
    outbox.set_linked(false);
    ASSERT_TRUE(running.publish("ann@a.test/pc", "o", "1"));
    (void)outbox.reply_to("1");
  }
  outbox.set_linked(true);
  const Running again(store, outbox, clock);
  EXPECT_THAT(outbox.wait_for_events(2), ElementsAre(1, 2));
}

TEST_F(SpineTest, AnUnknownPoolIsNeverReady) {
  Spine spine(
      {.pool = {{"elsewhere"}, {}}, .holder = "test"}, store, [] { return std::make_unique<matching::ScanEngine>(); },
      outbox, clock);
  std::jthread thread([&](const std::stop_token& stop) { spine.run(stop); });
  const auto refused = spine.submit({{"elsewhere"}, jid("a@a.test/x"), {}, LinkUp{}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Errc::kUnavailable);
}

}  // namespace
}  // namespace bourse::market
