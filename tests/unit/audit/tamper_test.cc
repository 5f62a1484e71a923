// Whoever rewrites the log, and builds a tree over what he wrote, is found: by whoever kept an older checkpoint, and
// mostly by the log itself, because its entries no longer follow one another or are not what the market has.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "audit/live_state.h"
#include "audit/merkle.h"
#include "audit/proof.h"
#include "audit/tile_edge.h"
#include "stored_tiles.h"
#include "written_log.h"

namespace bourse::audit {
namespace {

using Log = std::vector<Entry>;

struct Tree {
  StoredTiles tiles;
  TileEdge edge;
};

void build(const Log& log, std::size_t size, Tree& tree) {
  for (std::size_t i = 0; i < size; ++i) tree.edge.append(leaf_hash(encode(log[i])));
  tree.tiles.write(tree.edge.take_changes());
}

Hash root(const Log& log, std::size_t size) {
  Tree tree;
  build(log, size, tree);
  return tree.edge.root();
}

// What a witness asks with the checkpoint of `size` leaves that it kept.
bool is_consistent(const Log& log, std::size_t size, const Hash& kept) {
  if (log.size() < size) return false;
  Tree tree;
  build(log, log.size(), tree);
  const TileHashReader hashes(log.size(), tree.tiles);
  const auto proof = prove_consistency(size, log.size(), hashes);
  return proof && check_consistency(size, kept, log.size(), tree.edge.root(), *proof).ok();
}

bool follows(const Log& log, const LiveState& state) {
  const auto replay = replayed(log);
  return replay.finding_count() == 0 && differences(replay, state).empty();
}

// Each way of changing one entry; nothing where it changes nothing.
const std::map<std::string, std::function<void(Entry&)>> kEdits = {
    {"at", [](Entry& entry) { entry.at += base::Duration(1); }},
    {"kind",
     [](Entry& entry) {
       entry.kind = entry.kind == EntryKind::kGrantReleased ? EntryKind::kGrantExpired : EntryKind::kGrantReleased;
     }},
    {"actor", [](Entry& entry) { entry.actor = jid("eve@e.test/x"); }},
    {"provider", [](Entry& entry) { entry.provider = jid("eve@e.test"); }},
    {"consumer", [](Entry& entry) { entry.consumer = jid("eve@e.test"); }},
    {"offer", [](Entry& entry) { entry.offer = {"node-9"}; }},
    {"request", [](Entry& entry) { entry.request = {"other"}; }},
    {"grant", [](Entry& entry) { entry.grant.value += 7; }},
    {"reason", [](Entry& entry) { entry.reason += "!"; }},
    {"record", [](Entry& entry) {
       auto grant = domain::decode_grant(entry.record);
       if (entry.grant.value == 0 || !grant) {
         entry.record += "x";
       } else {
         // For another consumer, consistently.
         grant->consumer = entry.consumer = jid("eve@e.test");
         entry.record = domain::encode(*grant);
       }
     }}};

struct Count {
  int all = 0;
  int by_witness = 0;
  int by_log = 0;
};

class Tampering {
 public:
  Tampering() : log_(eventful_log().entries), state_(state_of(replayed(log_))), root_(root(log_, log_.size())) {}

  void each_edit(const std::function<void(const std::string&, const Log&)>& take) const {
    for (std::size_t i = 0; i < log_.size(); ++i) {
      for (const auto& [name, edit] : kEdits) {
        auto changed = log_;
        edit(changed[i]);
        take("edit " + name, changed);
      }
    }
  }
  void each_deletion(const std::function<void(const std::string&, const Log&)>& take) const {
    for (std::size_t i = 0; i < log_.size(); ++i) {
      auto changed = log_;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
      take("delete", changed);
      take("truncate", Log(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(i)));
    }
  }
  void each_insertion(const std::function<void(const std::string&, const Log&)>& take) const {
    for (std::size_t from = 0; from < log_.size(); ++from) {
      for (std::size_t to = 0; to < log_.size(); ++to) {
        if (from == to && to + 1 == log_.size()) continue;  // the log itself, and one entry more
        auto changed = log_;
        changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(to), log_[from]);
        take("insert", changed);
      }
    }
  }
  void each_swap(const std::function<void(const std::string&, const Log&)>& take) const {
    for (std::size_t a = 0; a < log_.size(); ++a) {
      for (std::size_t b = a + 1; b < log_.size(); ++b) {
        auto changed = log_;
        std::swap(changed[a], changed[b]);
        take("reorder", changed);
      }
    }
  }

  void judge(const std::string& what, const Log& changed) {
    auto& count = counts_[what];
    ++count.all;
    if (!is_consistent(changed, log_.size(), root_)) ++count.by_witness;
    if (!follows(changed, state_)) ++count.by_log;
  }

  [[nodiscard]] const Log& log() const { return log_; }
  [[nodiscard]] const LiveState& state() const { return state_; }
  [[nodiscard]] const Hash& kept() const { return root_; }
  [[nodiscard]] const std::map<std::string, Count>& counts() const { return counts_; }

 private:
  Log log_;
  LiveState state_;
  Hash root_;
  std::map<std::string, Count> counts_;
};

TEST(Tampering, NothingIsFoundInAnHonestLog) {
  const Tampering tampering;
  EXPECT_TRUE(is_consistent(tampering.log(), tampering.log().size(), tampering.kept()));
  EXPECT_TRUE(follows(tampering.log(), tampering.state()));
  for (std::size_t size = 0; size < tampering.log().size(); ++size) {
    EXPECT_TRUE(is_consistent(tampering.log(), size, root(tampering.log(), size))) << size;
  }
}

TEST(Tampering, IsFoundByWhoeverKeptACheckpoint) {
  Tampering tampering;
  const auto judge = [&](const std::string& what, const Log& changed) { tampering.judge(what, changed); };
  tampering.each_edit(judge);
  tampering.each_deletion(judge);
  tampering.each_insertion(judge);
  tampering.each_swap(judge);
  for (const auto& [what, count] : tampering.counts()) {
    EXPECT_EQ(count.by_witness, count.all) << what;
    std::cout << what << ": " << count.all << " tried, a kept checkpoint finds " << count.by_witness
              << ", the log and the market's state alone " << count.by_log << "\n";
  }
  // What no state depends on (when a provider came, who acted, two entries of one moment) only the tree protects.
  for (const auto* what : {"edit provider", "edit consumer", "edit record", "delete", "truncate", "insert"}) {
    const auto& count = tampering.counts().at(what);
    EXPECT_GE(count.by_log * 3, count.all * 2) << what;
  }
}

// Adding entries at the end is what a log is for: only the state tells that the market did not do it.
TEST(Tampering, EntriesAddedAtTheEndAreNotTheMarkets) {
  const Tampering tampering;
  int tried = 0;
  for (const auto& entry : tampering.log()) {
    if (entry.grant.value == 0 && entry.request.value.empty()) continue;
    auto changed = tampering.log();
    changed.push_back(entry);
    EXPECT_TRUE(is_consistent(changed, tampering.log().size(), tampering.kept()));
    EXPECT_FALSE(follows(changed, tampering.state())) << name(entry.kind);
    ++tried;
  }
  EXPECT_GT(tried, 15);
}

}  // namespace
}  // namespace bourse::audit
