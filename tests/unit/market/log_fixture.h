// Purpose: a log and its sequencer without a spine: entries are committed, what the sequencer makes is taken as
// decide()
//   takes it, and every checkpoint is compared with the entries and with the one before.
// Lifetime: one a test. Threads: none.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "market/sequencer.h"
#include "unit/audit/merkle_oracle.h"

namespace bourse::market {

inline constexpr char kOrigin[] = "bourse.test/commons";

inline audit::NoteSigner log_signer(char seed = 'k', const std::string& name = kOrigin) {
  auto key = base::SigningKey::from_raw(std::string(32, seed)).value();
  return audit::NoteSigner::make(name, audit::SignatureType::kEd25519, std::move(key)).value();
}

inline SequencerConfig log_config(std::vector<audit::NoteSigner> signers = {log_signer()}) {
  SequencerConfig config;
  config.signers = std::move(signers);
  return config;
}
inline SequencerConfig log_config(base::Duration longest_wait, std::uint64_t most_leaves) {
  auto config = log_config();
  config.longest_wait = longest_wait;
  config.most_leaves = most_leaves;
  return config;
}

class MemoryKeeper final : public CheckpointKeeper {
 public:
  [[nodiscard]] base::Result<std::optional<std::string>> last() override {
    if (!readable) return {base::Errc::kUnavailable, "ordered by the test"};
    return kept;
  }
  [[nodiscard]] base::Status keep(const std::string& note) override {
    if (!writable) return {base::Errc::kUnavailable, "ordered by the test"};
    kept = note;
    return base::Done{};
  }

  std::optional<std::string> kept;
  bool readable = true;
  bool writable = true;
};

class Log {
 public:
  Log() { restart(); }

  // A new process.
  void restart(SequencerConfig config) {
    sequencer = std::make_unique<Sequencer>(
        domain::PoolName{"commons"}, std::move(config), keeper, [](Command&&) { return base::Done{}; }, clock);
    sequencer->start(head());
  }
  void restart() { restart(log_config()); }
  void reload() { sequencer->start(head()); }

  [[nodiscard]] LogHead head() const {
    LogHead head;
    head.checkpoint = checkpoint;
    const auto size = integrated();
    for (unsigned level = 0; level < audit::kTileLevels; ++level) {
      if (audit::partial_width(level, size) == 0) continue;
      const auto index = audit::hashes_at(level, size) / audit::kTileWidth;
      head.tiles.push_back({level, index, tiles.at({level, index})});
    }
    for (auto i = size; i < entries.size(); ++i) head.take({{i}, entries[i]});
    return head;
  }

  [[nodiscard]] std::uint64_t integrated() const { return checkpoint ? checkpoint->size : 0; }

  void commit(std::size_t count) {
    std::vector<AuditRow> rows;
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back({{entries.size()}, "entry " + std::to_string(entries.size())});
      entries.push_back(rows.back().entry);
    }
    sequencer->take(std::move(rows));
  }

  // The next step's command, if it makes one; not yet durable.
  std::optional<IntegrateLog> step() {
    auto command = sequencer->integrate(clock.now());
    if (!command) return std::nullopt;
    return std::get<IntegrateLog>(std::move(command->body));
  }
  void write(const IntegrateLog& command) {
    ASSERT_EQ(command.from, integrated());
    for (const auto& tile : command.tiles) {
      auto& stored = tiles[{tile.level, tile.index}];
      EXPECT_TRUE(tile.hashes.starts_with(stored)) << "tiles only grow";
      stored = tile.hashes;
    }
    check(command.checkpoint, command.size);
    checkpoint = CheckpointRow{command.size, clock.now(), command.checkpoint};
  }
  // Steps until there is nothing to do; how many checkpoints there were.
  int settle() {
    int made = 0;
    for (auto command = step(); command; command = step(), ++made) write(*command);
    return made;
  }
  [[nodiscard]] std::string refusal() const { return sequencer->status().refuses.value_or(""); }

  [[nodiscard]] audit::Hash root_of(std::uint64_t size) const {
    std::vector<audit::Hash> leaves;
    for (std::uint64_t i = 0; i < size; ++i) leaves.push_back(audit::leaf_hash(entries[i]));
    return audit::oracle::root(leaves);
  }
  void check(const std::string& note, std::uint64_t size) const {
    const auto opened = audit::open_checkpoint(note, log_signer().verifier());
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    EXPECT_EQ(opened->checkpoint.size, size);
    EXPECT_EQ(opened->checkpoint.root, root_of(size));
  }

  base::ManualClock clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};
  MemoryKeeper keeper;
  std::vector<std::string> entries;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles;
  std::optional<CheckpointRow> checkpoint;
  std::unique_ptr<Sequencer> sequencer;
};

}  // namespace bourse::market
