#include "market/spine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "market_fixture.h"
#include "support/fake_outbox.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using test::FakeOutbox;
using test::FakeStore;
using test::Fault;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kWatcher[] = "watcher@w.test";

bool soon(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

// A spine running on a fake store, for as long as the object lives.
class Running {
 public:
  Running(FakeStore& store, FakeOutbox& outbox, const base::Clock& clock, SpineConfig config = {})
      : spine_(
            [&] {
              config.pool = {{"commons"}, {jid("admin@a.test")}};
              config.holder = "test";
              return config;
            }(),
            store,
            [this] {
              ++loads_;
              return std::make_unique<matching::ReferenceEngine>();
            },
            outbox, clock),
        thread_([this](const std::stop_token& stop) { spine_.run(stop); }) {
    while (!spine_.ready()) std::this_thread::yield();
  }

  base::Status publish(const std::string& actor, const std::string& id, const std::string& stanza) {
    auto offer = offer_of({{"cpu", "4"}});
    auto record = domain::encode(offer);
    return submit(actor, stanza, PublishOffer{{id}, std::move(offer), std::move(record)});
  }
  base::Status request(const std::string& actor, const std::string& id, const std::string& stanza) {
    auto content = request_of({{"cpu", "1"}});
    auto record = domain::encode(content);
    return submit(actor, stanza, PublishRequest{{id}, std::move(content), std::move(record)});
  }
  base::Status watch_offers(const std::string& stanza, std::optional<pubsub::FormValues> options = {}) {
    return submit(std::string(kWatcher) + "/w", stanza,
                  pubsub::Command(pubsub::Subscribe{{"commons/offers"}, jid(kWatcher), std::move(options)}));
  }
  base::Status arrive(const std::string& actor) { return submit(actor, "", SessionAvailable{}); }
  [[nodiscard]] int loads() const { return loads_; }
  // It goes on until what was committed is told, or a second has passed.
  void begin_to_stop() { thread_.request_stop(); }
  base::Status link_up() { return spine_.submit({{"commons"}, {}, {}, LinkUp{}}); }
  base::Status submit(const std::string& actor, const std::string& stanza, CommandBody body) {
    return spine_.submit({{"commons"}, jid(actor), {jid(actor), "bourse.test", stanza}, std::move(body)});
  }

 private:
  std::atomic<int> loads_{0};
  Spine spine_;
  std::jthread thread_;
};

class SpineTest : public ::testing::Test {
 protected:
  ReplyBody reply_to(const std::string& id) {
    EXPECT_TRUE(outbox.wait_reply(id)) << "no reply to " << id;
    return outbox.replies()[id];
  }
  void watch(Running& running) {
    ASSERT_TRUE(running.watch_offers("watch"));
    ASSERT_TRUE(std::holds_alternative<pubsub::Answer>(reply_to("watch")));
  }
  // The offers the watcher was told of, one by one.
  std::vector<std::string> offers_told() const {
    std::vector<std::string> items;
    for (const auto& told : outbox.told()) {
      if (told.to == kWatcher && told.item.starts_with("o")) items.push_back(told.item);
    }
    return items;
  }
  bool wait_offers(std::size_t least) {
    return soon([&] { return offers_told().size() >= least; });
  }

  base::SystemClock clock;
  FakeStore store{clock};
  FakeOutbox outbox;
};

std::vector<std::string> offers(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("o" + std::to_string(i));
  return ids;
}

bool is_published(const ReplyBody& body) { return std::holds_alternative<Published>(body); }

TEST_F(SpineTest, WhatIsAcknowledgedIsDurable) {
  Running running(store, outbox, clock);
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(running.publish("ann@a.test/pc", "o" + std::to_string(i), std::to_string(i)));
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(is_published(reply_to(std::to_string(i))));
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
  watch(running);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o0", "1"));
  EXPECT_TRUE(is_published(reply_to("1")));
  store.fail_next_commit(GetParam().fault);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o1", "2"));
  ASSERT_TRUE(running.request("carl@c.test/cli", "r", "3"));
  EXPECT_TRUE(is_published(reply_to("2")));
  EXPECT_TRUE(is_published(reply_to("3")));
  EXPECT_TRUE(store.offers().contains("o1"));
  EXPECT_EQ(store.grants().size(), 1U) << "decided again, not twice";
  const auto events = store.events();
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq.value, i + 1);
  ASSERT_TRUE(wait_offers(2));
  EXPECT_THAT(offers_told(), ElementsAre("o0", "o1")) << "told in order and once";
  const auto told = outbox.told();
  for (std::size_t i = 0; i < outbox.told_before("2"); ++i) EXPECT_NE(told[i].item, "o1") << "before its reply";
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
  const auto reply = reply_to("1");
  ASSERT_TRUE(std::holds_alternative<base::Error>(reply));
  EXPECT_EQ(std::get<base::Error>(reply).code, base::Errc::kUnavailable);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "after", "2"));
  EXPECT_TRUE(is_published(reply_to("2")));
  EXPECT_FALSE(store.offers().contains("struck"));
}

// What overlaps only the database knows: it costs one command its answer, not the pool its state.
TEST_F(SpineTest, AnImportTheDatabaseRefusesIsRefusedAlone) {
  Running running(store, outbox, clock);
  const auto at = [&](int hours) { return clock.now() - 24h + std::chrono::hours(hours); };
  const auto import = [&](const std::string& stanza, int since, int until) {
    const domain::AvailabilityInterval interval{domain::Presence::kUp, at(since), at(until), 0};
    return running.submit("admin@a.test/x", stanza, ImportHistory{stanza, 0, true, {{jid("n1@x.test"), interval}}});
  };
  ASSERT_TRUE(import("i1", 1, 3));
  ASSERT_TRUE(std::holds_alternative<Acknowledged>(reply_to("i1")));
  const auto loads = running.loads();
  ASSERT_TRUE(running.publish("ann@a.test/x", "o1", "p1"));
  ASSERT_TRUE(import("i2", 2, 4));
  ASSERT_TRUE(running.publish("ann@a.test/x", "o2", "p2"));
  const auto refusal = reply_to("i2");
  ASSERT_TRUE(std::holds_alternative<base::Error>(refusal));
  EXPECT_EQ(std::get<base::Error>(refusal).code, base::Errc::kConflict);
  EXPECT_TRUE(std::holds_alternative<Published>(reply_to("p1")));
  EXPECT_TRUE(std::holds_alternative<Published>(reply_to("p2")));
  ASSERT_TRUE(import("i3", 3, 5));
  EXPECT_TRUE(std::holds_alternative<Acknowledged>(reply_to("i3")));
  EXPECT_EQ(running.loads(), loads) << "the pool was loaded again";
  std::size_t imports = 0;
  for (const auto& entry : store.audit_log()) imports += entry.kind == audit::EntryKind::kHistoryImported;
  EXPECT_EQ(imports, 2u);
}

TEST_F(SpineTest, PresenceOutlivesAReload) {
  Running running(store, outbox, clock);
  ASSERT_TRUE(running.arrive("ann@a.test/pc"));
  ASSERT_TRUE(running.publish("bob@b.test/pc", "before", "0"));
  (void)reply_to("0");  // the failed batch has nothing of the arrival
  store.fail_next_commit(Fault::kUnavailable);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o", "1"));
  EXPECT_TRUE(is_published(reply_to("1")));
  EXPECT_EQ(store.offers().at("o").session, jid("ann@a.test/pc"));
}

TEST_F(SpineTest, NotificationsWaitForTheLink) {
  Running running(store, outbox, clock);
  watch(running);
  outbox.set_linked(false);
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o0", "1"));
  (void)reply_to("1");
  EXPECT_THAT(offers_told(), IsEmpty());
  outbox.set_linked(true);
  ASSERT_TRUE(wait_offers(1));
  EXPECT_THAT(offers_told(), ElementsAre("o0"));
}

TEST_F(SpineTest, ASlowLinkHoldsUpNeitherCommitsNorReplies) {
  Running running(store, outbox, clock);
  watch(running);
  outbox.set_room(0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(running.publish("ann@a.test/pc", "o" + std::to_string(i), std::to_string(i)));
    EXPECT_TRUE(is_published(reply_to(std::to_string(i))));
    EXPECT_TRUE(store.offers().contains("o" + std::to_string(i)));
  }
  EXPECT_THAT(offers_told(), IsEmpty());
  for (int i = 1; i <= 100; ++i) {
    outbox.give_room(1);
    ASSERT_TRUE(outbox.wait([&](const FakeOutbox&) { return true; }));
  }
  outbox.set_room(FakeOutbox::kUnbounded);
  ASSERT_TRUE(wait_offers(100));
  EXPECT_EQ(offers_told(), offers(100));
}

TEST_F(SpineTest, MoreThanMayWaitComesOutOfTheEventLog) {
  SpineConfig config;
  config.most_waiting_bytes = 6'000;
  Running running(store, outbox, clock, config);
  watch(running);
  for (const int round : {0, 1}) {
    outbox.set_linked(false);
    for (int i = round * 50; i < round * 50 + 50; ++i) {
      ASSERT_TRUE(running.publish("ann@a.test/pc", "o" + std::to_string(i), std::to_string(i)));
      (void)reply_to(std::to_string(i));
    }
    outbox.set_linked(true);
    ASSERT_TRUE(wait_offers(static_cast<std::size_t>(round) * 50 + 50));
  }
  EXPECT_EQ(offers_told(), offers(100));
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o100", "last"));
  EXPECT_TRUE(is_published(reply_to("last")));
  ASSERT_TRUE(wait_offers(101));
}

TEST_F(SpineTest, ARestartedProcessTellsWhatWasNotToldBefore) {
  {
    Running running(store, outbox, clock);
    watch(running);
    outbox.set_linked(false);
    ASSERT_TRUE(running.publish("ann@a.test/pc", "o0", "1"));
    (void)reply_to("1");
  }
  outbox.set_linked(true);
  const Running again(store, outbox, clock);
  ASSERT_TRUE(wait_offers(1));
  EXPECT_THAT(offers_told(), ElementsAre("o0"));
}

TEST_F(SpineTest, AStopTellsWhatWasCommittedAndARestartDoesNotRepeatIt) {
  {
    Running running(store, outbox, clock);
    watch(running);
    outbox.set_room(0);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(running.publish("ann@a.test/pc", "o" + std::to_string(i), std::to_string(i)));
    }
    (void)reply_to("19");
    running.begin_to_stop();
    ASSERT_TRUE(soon([&] { return !running.link_up().ok(); }));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(outbox.wait_until_full()) << "it does not give up at once";
    outbox.set_room(FakeOutbox::kUnbounded);
  }
  EXPECT_EQ(offers_told(), offers(20));
  Running again(store, outbox, clock);
  ASSERT_TRUE(again.publish("ann@a.test/pc", "o20", "20"));
  (void)reply_to("20");
  ASSERT_TRUE(wait_offers(21));
  EXPECT_EQ(offers_told(), offers(21));
}

TEST_F(SpineTest, EveryCommandTakenBeforeAStopIsAnswered) {
  constexpr int kMany = 5'000;
  int taken = 0;
  {
    Running running(store, outbox, clock);
    while (taken < kMany && running.publish("ann@a.test/pc", "o" + std::to_string(taken), std::to_string(taken)))
      ++taken;
  }
  const auto replies = outbox.replies();
  EXPECT_EQ(replies.size(), static_cast<std::size_t>(taken));
  std::size_t published = 0;
  for (const auto& [id, reply] : replies) {
    if (is_published(reply)) {
      EXPECT_TRUE(store.offers().contains("o" + id)) << "acknowledged and not durable";
      ++published;
      if (published > 20) break;
    } else {
      EXPECT_EQ(std::get<base::Error>(reply).code, base::Errc::kUnavailable);
    }
  }
}

TEST_F(SpineTest, ALinkThatComesBackAsksWhoIsStillThere) {
  Running running(store, outbox, clock);
  ASSERT_TRUE(running.arrive("ann@a.test/pc"));
  ASSERT_TRUE(running.arrive("carl@c.test/cli"));
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o0", "1"));
  (void)reply_to("1");
  ASSERT_TRUE(running.link_up());
  ASSERT_TRUE(soon([&] { return outbox.probed().size() >= 2; }));
  EXPECT_THAT(outbox.probed(), UnorderedElementsAre(jid("ann@a.test/pc"), jid("carl@c.test/cli")));
}

TEST_F(SpineTest, LeasedSubscriptionsEndInTime) {
  base::ManualClock time(base::Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}});
  FakeStore timed(time);
  Running running(timed, outbox, time);
  ASSERT_TRUE(running.watch_offers("watch", pubsub::FormValues{{"pubsub#expire", {"2026-11-22T01:00:00Z"}}}));
  ASSERT_TRUE(std::holds_alternative<pubsub::Answer>(reply_to("watch")));
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o0", "1"));
  ASSERT_TRUE(wait_offers(1));
  time.advance(2h);
  const auto ended = [&] {
    const auto events = timed.events();
    return !events.empty() && events.back().kind == EventKind::kSubscriptionChanged;
  };
  EXPECT_TRUE(soon(ended));
  ASSERT_TRUE(running.publish("ann@a.test/pc", "o1", "2"));
  (void)reply_to("2");
  EXPECT_THAT(offers_told(), ElementsAre("o0"));
}

TEST_F(SpineTest, AnUnknownPoolIsNeverReady) {
  Spine spine(
      {.pool = {{"elsewhere"}, {}}, .holder = "test"}, store,
      [] { return std::make_unique<matching::ReferenceEngine>(); }, outbox, clock);
  std::jthread thread([&](const std::stop_token& stop) { spine.run(stop); });
  const auto refused = spine.submit({{"elsewhere"}, jid("a@a.test/x"), {}, LinkUp{}});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Errc::kUnavailable);
}

}  // namespace
}  // namespace bourse::market
