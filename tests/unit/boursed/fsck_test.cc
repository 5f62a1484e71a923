#include "market/fsck.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tile_edge.h"
#include "unit/audit/written_log.h"

namespace bourse::boursed {
namespace {

using base::Errc;

audit::NoteSigner signer(char key, const std::string& name = "bourse.test/commons") {
  return audit::NoteSigner::make(name, audit::SignatureType::kEd25519,
                                 base::SigningKey::from_raw(std::string(32, key)).value())
      .value();
}

// A log as a database has it. Everything that is no log is not asked for.
class StoredLog final : public market::Reader {
 public:
  std::vector<market::AuditRow> entries;
  std::map<std::uint64_t, market::CheckpointRow> checkpoints;
  std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles;

  // What the sequencer would have written up to `size`.
  void integrate(std::uint64_t size, const audit::NoteSigner& key) {
    while (edge_.size() < size) edge_.append(audit::leaf_hash(entries[edge_.size()].entry));
    for (const auto& tile : edge_.take_changes()) tiles[{tile.tile.level, tile.tile.index}] = tile.bytes;
    const audit::Checkpoint head{key.verifier().name(), size, edge_.root()};
    checkpoints[size] = {size, {}, audit::sign_checkpoint(head, key)};
  }

  base::Result<market::CheckpointRow> checkpoint(const domain::PoolName& /*pool*/,
                                                 std::optional<std::uint64_t> least) override {
    const auto at =
        least || checkpoints.empty() ? checkpoints.lower_bound(least.value_or(0)) : std::prev(checkpoints.end());
    if (at == checkpoints.end()) return {Errc::kNotFound, "no checkpoint"};
    return at->second;
  }
  base::Result<std::vector<market::LogTileRow>> log_tiles(const domain::PoolName& /*pool*/,
                                                          const std::vector<market::LogTileId>& ids) override {
    EXPECT_LE(ids.size(), market::kMostLogTiles);
    std::vector<market::LogTileRow> rows;
    for (const auto& id : ids) {
      const auto at = tiles.find({id.level, id.index});
      if (at == tiles.end()) return {Errc::kNotFound, "no such tile"};
      rows.push_back({id.level, id.index, at->second});
    }
    return rows;
  }
  base::Result<std::vector<market::AuditRow>> log_entries(const domain::PoolName& /*pool*/, std::uint64_t from,
                                                          std::uint64_t until) override {
    std::vector<market::AuditRow> rows;
    for (const auto& row : entries) {
      if (row.index.value >= from && row.index.value < until) rows.push_back(row);
    }
    return rows;
  }

  base::Result<market::NodeAccess> node_access(const domain::PoolName& /*pool*/, const domain::NodeName& /*node*/,
                                               const domain::Jid& /*bare*/) override {
    return kNotAsked;
  }
  base::Result<market::PageOf<pubsub::ItemRow>> node_items(const market::NodeItemsQuery& /*query*/) override {
    return kNotAsked;
  }
  base::Result<market::PageOf<market::NodeSummary>> nodes(const market::NodesQuery& /*query*/,
                                                          const market::Viewer& /*viewer*/) override {
    return kNotAsked;
  }
  base::Result<market::PageOf<market::Event>> archive(const market::ArchiveQuery& /*query*/,
                                                      const market::Viewer& /*viewer*/) override {
    return kNotAsked;
  }
  base::Result<market::ArchiveEdges> archive_edges(const market::ArchiveEdgesQuery& /*query*/,
                                                   const market::Viewer& /*viewer*/) override {
    return kNotAsked;
  }
  base::Result<market::PageOf<market::Item>> items(const market::ItemQuery& /*query*/,
                                                   const market::Viewer& /*viewer*/) override {
    return kNotAsked;
  }
  base::Status history(const domain::PoolName& /*pool*/, const AskHistory& /*ask*/) override { return kNotAsked; }
  base::Result<market::PageOf<market::AuditRecord>> audit(const market::AuditQuery& /*query*/,
                                                          const market::Viewer& /*viewer*/) override {
    return kNotAsked;
  }
  base::Result<market::PoolStatus> status(const domain::PoolName& /*pool*/) override { return kNotAsked; }

 private:
  inline static const base::Error kNotAsked{Errc::kInternal, "not a question about the log"};
  audit::TileEdge edge_;
};

// 600 entries, signed at 10 and 300 by a key that the log names, which is no longer the service's, and at 595 by its
// own.
struct Checked {
  StoredLog log;
  FsckBasis basis;

  Checked() {
    auto written = audit::eventful_log();
    written.write({.kind = audit::EntryKind::kKeysChanged,
                   .reason = "no vkey\n" + signer('o').verifier().text() + "\n" + signer('k').verifier().text()});
    while (written.entries.size() < 600) {
      written.write({.kind = audit::EntryKind::kProviderUp, .provider = audit::jid("p@a.test")});
    }
    for (const auto& entry : written.entries) log.entries.push_back({{log.entries.size()}, audit::encode(entry)});
    log.integrate(10, signer('o'));
    log.integrate(300, signer('o'));
    log.integrate(595, signer('k'));
    basis.pool = {"commons"};
    basis.size = log.entries.size();
    basis.state = audit::state_of(audit::replayed(written.entries));
    basis.keys = {signer('k').verifier()};
    basis.kept = log.checkpoints.at(595).note;
  }

  FsckReport check() {
    return check_log(log, basis, [](std::uint64_t) {}).value();
  }
};

TEST(Fsck, AnHonestLogIsInOrder) {
  Checked checked;
  const auto report = checked.check();
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  EXPECT_EQ(report.entries, 600);
  EXPECT_EQ(report.checkpoints, 3);
  EXPECT_EQ(report.tiles, 4);  // two full and a partial one of leaves, one above
}

TEST(Fsck, SoIsOneThatGoesOnMeanwhile) {
  Checked checked;
  for (int i = 0; i < 200; ++i) checked.log.entries.push_back({{checked.log.entries.size()}, "later"});
  checked.log.integrate(800, signer('k'));
  EXPECT_EQ(checked.check().problems, std::vector<std::string>{});
}

TEST(Fsck, AndOneThatIsEmptyOrNotSignedYet) {
  Checked checked;
  checked.log.checkpoints.clear();
  checked.log.tiles.clear();
  checked.basis.kept.reset();
  EXPECT_EQ(checked.check().problems, std::vector<std::string>{});
  checked.log.entries.clear();
  checked.basis.size = 0;
  checked.basis.state = {};
  EXPECT_EQ(checked.check().problems, std::vector<std::string>{});
}

struct Damage {
  const char* name;
  std::function<void(Checked&)> spoil;
  const char* problem;  // a part of one
};

class FsckFinds : public ::testing::TestWithParam<Damage> {};

TEST_P(FsckFinds, AndSaysWhat) {
  Checked checked;
  GetParam().spoil(checked);
  const auto report = checked.check();
  EXPECT_GT(report.problem_count, 0);
  EXPECT_TRUE(std::ranges::any_of(report.problems, [](const auto& problem) {
    return problem.find(GetParam().problem) != std::string::npos;
  })) << ::testing::PrintToString(report.problems);
}

// An entry that no state depends on.
void rewrite(Checked& checked) {
  checked.log.entries[400].entry =
      audit::encode({.kind = audit::EntryKind::kProviderUp, .provider = audit::jid("eve@e.test")});
}

const std::vector<Damage> kDamages = {
    {"AnEntryRewritten", rewrite, "checkpoint of 595 entries: its root is"},
    {"AnEntryRewrittenAndItsTileFound", rewrite, "tile/0/001 has other hashes than these entries, from entry 400 on"},
    {"AnEntryRewrittenAndKeptOtherwise", rewrite, "kept beside the keys, of 595 entries, has another root"},
    {"AnEntryRemoved", [](auto& checked) { checked.log.entries.erase(checked.log.entries.begin() + 400); },
     "entry 400 is missing"},
    {"TheLastEntriesRemoved", [](auto& checked) { checked.log.entries.resize(597); },
     "597 entries where 600 should be"},
    {"ATileChanged",
     [](auto& checked) {
       checked.log.tiles[{0, 0}][7] ^= 1;
     },
     "tile/0/000 has other hashes"},
    {"ATileMissing",
     [](auto& checked) {
       checked.log.tiles.erase({0, 1});
     },
     "tile/0/001 is missing"},
    {"APartialTileChanged",
     [](auto& checked) {
       checked.log.tiles[{1, 0}][40] ^= 1;
     },
     "tile/1/000.p/2 has other hashes"},
    {"APartialTileShort",
     [](auto& checked) {
       checked.log.tiles[{0, 2}].resize(32);
     },
     "tile/0/002.p/83 has other hashes"},
    {"APartialTileLong",
     [](auto& checked) {
       checked.log.tiles[{0, 2}] += std::string(32, 'x');
     },
     "has more hashes than the last stored checkpoint"},
    {"TheLastCheckpointGone", [](auto& checked) { checked.log.checkpoints.erase(595); }, "a later checkpoint is gone"},
    {"ACheckpointChanged", [](auto& checked) { std::ranges::replace(checked.log.checkpoints.at(300).note, '3', '4'); },
     "checkpoint of 300 entries"},
    {"ACheckpointByAStranger", [](auto& checked) { checked.log.integrate(596, signer('e')); },
     "checkpoint of 596 entries"},
    {"AnOlderOneByAStranger",
     [](auto& checked) {
       const auto& note = checked.log.checkpoints.at(10).note;
       auto head = audit::open_checkpoint(note, signer('o').verifier()).value().checkpoint;
       checked.log.checkpoints.at(10).note = audit::sign_checkpoint(head, signer('e'));
     },
     "checkpoint of 10 entries"},
    {"TheLastOneByAKeyThatIsNoLongerTheServices", [](auto& checked) { checked.log.integrate(596, signer('o')); },
     "checkpoint of 596 entries"},
    {"ACheckpointOfAnotherSize",
     [](auto& checked) { checked.log.checkpoints.at(10).note = checked.log.checkpoints.at(300).note; },
     "checkpoint of 300 entries: it is stored as one of 10"},
    {"AnOldBackup",
     [](auto& checked) {
       checked.log.entries.resize(400);
       checked.log.checkpoints.erase(595);
       checked.log.tiles.erase({0, 1});
       checked.log.tiles.erase({0, 2});
       checked.basis.size = 400;
     },
     "is of 595 entries, the database has 400"},
    {"AGrantChanged", [](auto& checked) { checked.basis.state.grants.front().state = domain::GrantState::kReclaiming; },
     "it is reclaiming in the database"},
    {"APastGrantGone",
     [](auto& checked) {
       checked.basis.beside.grants = [](const auto& /*ids*/) -> base::Result<std::vector<domain::Grant>> {
         return std::vector<domain::Grant>{};
       };
     },
     "the log has it, the database has not"},
    {"OtherColumns",
     [](auto& checked) {
       checked.basis.beside.wrong_columns = [](auto from, auto /*until*/) -> base::Result<std::vector<std::string>> {
         return std::vector<std::string>{"entry " + std::to_string(from) + ": its columns"};
       };
     },
     "entry 0: its columns"},
    {"AnEntryThatIsNone", [](auto& checked) { checked.log.entries[598].entry = "\xFF"; }, "entry 598: "},
};
INSTANTIATE_TEST_SUITE_P(All, FsckFinds, ::testing::ValuesIn(kDamages),
                         [](const auto& damage) { return damage.param.name; });

}  // namespace
}  // namespace bourse::boursed
