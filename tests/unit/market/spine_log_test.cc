// A spine and its sequencer on their own threads: whatever becomes of a commit, what is committed is signed, and every
// checkpoint there ever was is of the entries there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "log_fixture.h"
#include "market/log_answer.h"
#include "market/spine.h"
#include "market_fixture.h"
#include "support/fake_outbox.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using test::FakeOutbox;
using test::FakeStore;
using test::Fault;

bool soon(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

// A process, for as long as the object lives.
class Process {
 public:
  Process(FakeStore& store, FakeOutbox& outbox, CheckpointKeeper& keeper, const base::Clock& clock)
      : sequencer_(
            {"commons"}, log_config(1ms, 8), keeper,
            [this](Command&& command) { return spine_->submit(std::move(command)); }, clock) {
    SpineConfig config;
    config.pool = {{"commons"}, {jid("admin@a.test")}};
    config.holder = "test";
    config.sequencer = &sequencer_;
    spine_.emplace(
        std::move(config), store, [] { return std::make_unique<matching::ReferenceEngine>(); }, outbox, clock);
    deciding_ = std::jthread([this](const std::stop_token& stop) { spine_->run(stop); });
    sequencing_ = std::jthread([this](const std::stop_token& stop) { sequencer_.run(stop); });
    while (!spine_->ready()) std::this_thread::yield();
  }

  base::Status publish(const std::string& id) {
    auto offer = offer_of({{"cpu", "4"}});
    auto record = domain::encode(offer);
    return submit("ann@a.test/pc", id, PublishOffer{{id}, std::move(offer), std::move(record)});
  }
  base::Status submit(const std::string& actor, const std::string& stanza, CommandBody body) {
    return spine_->submit({{"commons"}, jid(actor), {jid(actor), "bourse.test", stanza}, std::move(body)});
  }
  [[nodiscard]] LogStatus status() const { return sequencer_.status(); }

 private:
  Sequencer sequencer_;
  std::optional<Spine> spine_;
  std::jthread deciding_;
  std::jthread sequencing_;  // ends first: it submits
};

class SpineLog : public ::testing::Test {
 protected:
  [[nodiscard]] std::uint64_t entries() const { return store.audit_log().size(); }
  void publish(Process& process, int from, int until) {
    for (int i = from; i < until; ++i) {
      const auto id = "o" + std::to_string(i);
      ASSERT_TRUE(soon([&] { return process.publish(id).ok(); }));
      ASSERT_TRUE(outbox.wait_reply(id)) << id;
      EXPECT_TRUE(std::holds_alternative<Published>(outbox.replies()[id])) << id;
    }
  }
  bool all_signed() {
    return soon([&] { return store.checkpoint({"commons"}, entries()).ok(); });
  }
  // How many checkpoints there are, each of the first entries there are.
  std::size_t check_all() {
    std::vector<audit::Hash> leaves;
    const auto rows = store.log_entries({"commons"}, 0, 1000);
    for (const auto& row : *rows) leaves.push_back(audit::leaf_hash(row.entry));
    std::size_t count = 0;
    std::uint64_t before = 0;
    for (auto row = store.checkpoint({"commons"}, 0); row.ok(); row = store.checkpoint({"commons"}, before + 1)) {
      const auto opened = audit::open_checkpoint(row->note, log_signer().verifier());
      EXPECT_TRUE(opened.ok());
      if (!opened.ok()) break;
      EXPECT_EQ(opened->checkpoint.size, row->size);
      EXPECT_EQ(opened->checkpoint.root, audit::oracle::root(audit::oracle::Leaves(leaves).first(row->size)));
      EXPECT_LE(row->size - before, 8U) << "at most so many at once";
      before = row->size;
      ++count;
    }
    const LogQuery query{{"commons"}, LogQuery::Consistency{before / 2}};
    EXPECT_TRUE(answer_log(store, query, {jid("eve@e.test"), false}).ok()) << "all its tiles are there";
    return count;
  }

  base::SystemClock clock;
  FakeStore store{clock};
  FakeOutbox outbox;
  MemoryKeeper keeper;
};

TEST_F(SpineLog, WhatIsCommittedIsSignedSoon) {
  Process process(store, outbox, keeper, clock);
  publish(process, 0, 40);
  ASSERT_TRUE(all_signed());
  EXPECT_GE(check_all(), 5U);
  EXPECT_TRUE(soon([&] { return process.status().waiting == 0; }));
  EXPECT_EQ(process.status().size, entries());
}

TEST_F(SpineLog, SubscribersAreToldEveryCheckpointInOrder) {
  Process process(store, outbox, keeper, clock);
  ASSERT_TRUE(process.submit("eve@e.test/x", "sub",
                             pubsub::Command(pubsub::Subscribe{{"commons/audit"}, jid("eve@e.test"), {}})));
  ASSERT_TRUE(outbox.wait_reply("sub"));
  ASSERT_TRUE(std::holds_alternative<pubsub::Answer>(outbox.replies()["sub"]));
  publish(process, 0, 20);
  ASSERT_TRUE(all_signed());
  const auto sizes = [&] {
    std::vector<std::uint64_t> found;
    for (const auto& told : outbox.told()) {
      if (told.to == "eve@e.test") found.push_back(std::stoull(told.item));
    }
    return found;
  };
  ASSERT_TRUE(soon([&] { return !sizes().empty() && sizes().back() == entries(); }));
  const auto told = sizes();
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_LT(told[i - 1], told[i]);
  EXPECT_EQ(told.size(), check_all());
}

struct FaultCase {
  const char* name;
  Fault fault;
};
class SpineLogFault : public SpineLog, public ::testing::WithParamInterface<FaultCase> {};

TEST_P(SpineLogFault, TheLogGoesOnAfterAFailedCommit) {
  Process process(store, outbox, keeper, clock);
  for (int i = 0; i < 60; ++i) {
    // Now one of the offers' batches is struck, now one of a checkpoint's.
    if (i % 5 == 0) store.fail_next_commit(GetParam().fault);
    publish(process, i, i + 1);
    if (i % 7 != 0) continue;
    ASSERT_TRUE(all_signed()) << i << ": " << process.status().refuses.value_or("");
  }
  ASSERT_TRUE(all_signed()) << process.status().refuses.value_or("");
  check_all();
  EXPECT_EQ(store.offers().size(), 60U);
}

INSTANTIATE_TEST_SUITE_P(Faults, SpineLogFault,
                         ::testing::Values(FaultCase{"Unavailable", Fault::kUnavailable},
                                           FaultCase{"InDoubtNotWritten", Fault::kInDoubtNotWritten},
                                           FaultCase{"InDoubtWritten", Fault::kInDoubtWritten},
                                           FaultCase{"Fenced", Fault::kFenced}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST_F(SpineLog, AnotherProcessGoesOn) {
  for (int run = 0; run < 5; ++run) {
    Process process(store, outbox, keeper, clock);
    publish(process, 10 * run, 10 * run + 10);
  }
  Process process(store, outbox, keeper, clock);
  ASSERT_TRUE(all_signed()) << process.status().refuses.value_or("");
  check_all();
}

TEST_F(SpineLog, DecidingGoesOnWhenItRefusesToSign) {
  const auto ahead = audit::Checkpoint{kOrigin, 1'000, audit::empty_root(), {}};
  keeper.kept = audit::sign_checkpoint(ahead, log_signer());
  Process process(store, outbox, keeper, clock);
  publish(process, 0, 20);
  ASSERT_TRUE(soon([&] { return process.status().refuses.has_value(); }));
  publish(process, 20, 40);
  EXPECT_FALSE(store.checkpoint({"commons"}, std::nullopt).ok());
  EXPECT_EQ(audit::open_checkpoint(*keeper.kept, log_signer().verifier())->checkpoint, ahead);
}

TEST_F(SpineLog, WithoutASequencerThereIsNoTree) {
  SpineConfig config;
  config.pool = {{"commons"}, {}};
  Spine spine(
      config, store, [] { return std::make_unique<matching::ReferenceEngine>(); }, outbox, clock);
  std::jthread thread([&](const std::stop_token& stop) { spine.run(stop); });
  ASSERT_TRUE(soon([&] { return spine.ready(); }));
  ASSERT_TRUE(spine.submit({{"commons"},
                            jid("ann@a.test/x"),
                            {jid("ann@a.test/x"), "bourse.test", "one"},
                            RecordStatement{audit::EntryKind::kPolicyChanged, "policy"}}));
  ASSERT_TRUE(outbox.wait_reply("one"));
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(store.checkpoint({"commons"}, std::nullopt).ok());
}

}  // namespace
}  // namespace bourse::market
