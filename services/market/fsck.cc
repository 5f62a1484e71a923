#include "market/fsck.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>
#include <utility>

#include "audit/checkpoint.h"
#include "audit/replay.h"
#include "audit/tile_edge.h"

namespace bourse::boursed {
namespace {

using audit::Hash;
using base::Errc;

constexpr std::uint64_t kLeavesBetweenTiles = 65'536;

class LogCheck {
 public:
  LogCheck(market::Reader& reader, const FsckBasis& basis, const std::function<void(std::uint64_t)>& progress)
      : reader_(reader),
        basis_(basis),
        progress_(progress),
        replay_([this](const domain::Grant& grant) {
          if (!domain::is_live(grant.state)) over_.push_back(grant);
        }),
        keys_(basis.keys) {}

  base::Result<FsckReport> run() {
    if (auto opened = open_kept(); !opened) return opened.error();
    if (auto fetched = fetch_checkpoint(0); !fetched) return fetched.error();
    if (auto judged = judge_here(); !judged) return judged.error();
    if (auto read = read_entries(); !read) return read.error();
    if (auto covered = check_covered(); !covered) return covered.error();
    judge_rest();
    report_.last_grant = replay_.last_grant();
    report_.entries = replay_.entries();
    report_.set_back = replay_.set_back();
    return std::move(report_);
  }

 private:
  // The one the service keeps was signed before it was told to anybody, over entries that were committed.
  base::Status open_kept() {
    if (!basis_.kept) return base::Done{};
    auto opened = open(*basis_.kept, basis_.keys);
    if (opened) {
      kept_ = std::move(opened->checkpoint);
    } else {
      report_.add("the checkpoint kept beside the keys: " + opened.error().text);
    }
    return base::Done{};
  }

  static base::Result<audit::SignedCheckpoint> open(const std::string& note,
                                                    std::span<const audit::NoteVerifier> keys) {
    base::Error why{Errc::kForbidden, "there is no key to verify it with"};
    for (const auto& key : keys) {
      auto opened = audit::open_checkpoint(note, key);
      if (opened) return opened;
      why = opened.error();
    }
    return why;
  }

  base::Status fetch_checkpoint(std::uint64_t least) {
    next_.reset();
    auto row = reader_.checkpoint(basis_.pool, least);
    if (!row) return row.error().code == Errc::kNotFound ? base::Status(base::Done{}) : base::Status(row.error());
    if (row->size <= basis_.size) next_ = std::move(row).value();
    return base::Done{};
  }

  base::Status read_entries() {
    for (std::uint64_t from = 0; from < basis_.size;) {
      const auto until = std::min(basis_.size, from + market::kMostLogEntries);
      const auto rows = reader_.log_entries(basis_.pool, from, until);
      if (!rows) return rows.error();
      for (const auto& row : *rows) {
        if (auto taken = take(row); !taken) return taken;
      }
      if (auto compared = compare_beside(from, until); !compared) return compared;
      // What is missing is skipped, and said where the tree or the replay comes to it.
      from = until;
      progress_(from);
    }
    return base::Done{};
  }

  // A grant that is over stays as the entry that ended it says.
  base::Status compare_beside(std::uint64_t from, std::uint64_t until) {
    if (basis_.beside.wrong_columns) {
      auto lines = basis_.beside.wrong_columns(from, until);
      if (!lines) return lines.error();
      for (auto& line : *lines) report_.add(std::move(line));
    }
    const auto over = std::exchange(over_, {});
    if (over.empty() || !basis_.beside.grants) return base::Done{};
    std::vector<domain::GrantId> ids;
    for (const auto& grant : over) ids.push_back(grant.id);
    auto rows = basis_.beside.grants(ids);
    if (!rows) return rows.error();
    std::unordered_map<domain::GrantId, domain::Grant> found;
    for (auto& row : *rows) found.insert_or_assign(row.id, std::move(row));
    std::vector<std::string> lines;
    for (const auto& grant : over) {
      if (const auto row = found.find(grant.id); row != found.end()) {
        audit::add_difference(row->second, grant, lines);
      } else {
        lines.push_back(fmt::format("grant {}: the log has it, the database has not", domain::to_item_id(grant.id)));
      }
    }
    for (auto& line : lines) report_.add(std::move(line));
    return base::Done{};
  }

  base::Status take(const market::AuditRow& row) {
    replay_.take(row.index, row.entry);
    note_keys(row.entry);
    if (broken_) return base::Done{};
    if (row.index.value != edge_.size()) {
      broken_ = true;
      report_.add(fmt::format("entry {} is missing: the tree cannot be built beyond it", edge_.size()));
      return base::Done{};
    }
    edge_.append(audit::leaf_hash(row.entry));
    if (edge_.size() % kLeavesBetweenTiles == 0) {
      if (auto compared = compare_tiles(); !compared) return compared;
    }
    return judge_here();
  }

  void note_keys(const std::string& bytes) {
    const auto entry = audit::decode_entry(bytes);
    if (!entry || entry->kind != audit::EntryKind::kKeysChanged) return;
    for (std::size_t at = 0; at < entry->reason.size();) {
      const auto end = std::min(entry->reason.find('\n', at), entry->reason.size());
      auto key = audit::NoteVerifier::parse(entry->reason.substr(at, end - at));
      if (key && std::ranges::find(keys_, key->text(), &audit::NoteVerifier::text) == keys_.end()) {
        keys_.push_back(std::move(key).value());
      }
      at = end + 1;
    }
  }

  // Whatever was signed over the entries so far.
  base::Status judge_here() {
    if (kept_ && kept_->size == edge_.size()) {
      if (kept_->root != edge_.root()) {
        report_.add(fmt::format(
            "the checkpoint kept beside the keys, of {} entries, has another root than these entries", kept_->size));
      }
      kept_.reset();
    }
    while (next_ && next_->size == edge_.size()) {
      const auto row = *std::exchange(next_, std::nullopt);
      if (auto fetched = fetch_checkpoint(row.size + 1); !fetched) return fetched;
      if (auto judged = judge(row, !next_); !judged) return judged;
    }
    return base::Done{};
  }

  base::Status judge(const market::CheckpointRow& row, bool is_last) {
    ++report_.checkpoints;
    auto opened = open(row.note, is_last ? std::span<const audit::NoteVerifier>(basis_.keys) : keys_);
    if (opened) {
      judge_root(row.size, opened->checkpoint, edge_.root());
    } else if (is_last || unopened_.size() >= FsckReport::kMostProblems) {
      report_.add(fmt::format("checkpoint of {} entries: {}", row.size, opened.error().text));
    } else {
      unopened_.push_back({row, edge_.root()});  // its key may be named later
    }
    return is_last ? compare_last_tiles() : base::Status(base::Done{});
  }

  void judge_root(std::uint64_t size, const audit::Checkpoint& checkpoint, const Hash& root) {
    if (checkpoint.size != size) {
      report_.add(fmt::format("checkpoint of {} entries: it is stored as one of {}", checkpoint.size, size));
    } else if (checkpoint.root != root) {
      report_.add(fmt::format("checkpoint of {} entries: its root is {}, these entries have {}", size,
                              audit::hash_text(checkpoint.root), audit::hash_text(root)));
    }
  }

  base::Status compare_tiles() {
    std::vector<audit::TileBytes> full;
    for (auto& tile : edge_.take_changes()) {
      if (tile.tile.width == audit::kTileWidth) {
        full.push_back(std::move(tile));
      } else {
        partial_.insert_or_assign(tile.tile.level, std::move(tile));
      }
    }
    // Tiles are written with the checkpoint that covers them: what no checkpoint covers yet has none.
    return next_ || last_tiles_due_ ? compare_with_stored(full) : base::Status(base::Done{});
  }

  base::Status compare_last_tiles() {
    last_tiles_due_ = true;
    if (auto compared = compare_tiles(); !compared) return compared;
    last_tiles_due_ = false;
    std::vector<audit::TileBytes> partial;
    for (const auto& [level, tile] : partial_) {
      const bool is_current = audit::partial_width(level, edge_.size()) == tile.tile.width &&
                              tile.tile.index == audit::hashes_at(level, edge_.size()) / audit::kTileWidth;
      if (is_current) partial.push_back(tile);
    }
    return compare_with_stored(partial);
  }

  base::Status compare_with_stored(std::span<const audit::TileBytes> tiles) {
    for (std::size_t at = 0; at < tiles.size(); at += market::kMostLogTiles) {
      const auto some = tiles.subspan(at, std::min(market::kMostLogTiles, tiles.size() - at));
      std::vector<market::LogTileId> ids;
      for (const auto& tile : some) ids.push_back({tile.tile.level, tile.tile.index});
      const auto rows = reader_.log_tiles(basis_.pool, ids);
      if (!rows && rows.error().code != Errc::kNotFound) return rows.error();
      for (std::size_t i = 0; i < some.size(); ++i) {
        if (rows) {
          judge_tile(some[i], (*rows)[i].hashes);
        } else if (auto judged = judge_single(some[i]); !judged) {
          return judged;
        }
      }
    }
    return base::Done{};
  }

  base::Status judge_single(const audit::TileBytes& tile) {
    const auto rows = reader_.log_tiles(basis_.pool, {{tile.tile.level, tile.tile.index}});
    if (rows) {
      judge_tile(tile, rows->front().hashes);
    } else if (rows.error().code == Errc::kNotFound) {
      report_.add(audit::tile_path(tile.tile) + " is missing");
    } else {
      return rows.error();
    }
    return base::Done{};
  }

  // Tiles are stored with the checkpoint that covers them: one that is wider than the last checkpoint lets it be was
  // added to, or the checkpoint is gone. The checkpoint is read once more after the tile, which may have grown
  // meanwhile.
  base::Status check_covered() {
    const auto before = last_size();
    if (!before) return before.error();
    for (unsigned level = 0; level < audit::kTileLevels; ++level) {
      const auto index = audit::hashes_at(level, *before) / audit::kTileWidth;
      const auto rows = reader_.log_tiles(basis_.pool, {{level, index}});
      if (!rows && rows.error().code == Errc::kNotFound) continue;
      if (!rows) return rows.error();
      const auto after = last_size();
      if (!after) return after.error();
      const auto hashes = index * audit::kTileWidth + rows->front().hashes.size() / sizeof(Hash);
      if (hashes <= audit::hashes_at(level, *after)) continue;
      report_.add(
          fmt::format("{}: it has more hashes than the last stored checkpoint, of {} entries, covers: the tile was "
                      "added to, or a later checkpoint is gone",
                      audit::tile_path({false, level, index, audit::kTileWidth}), *after));
    }
    return base::Done{};
  }

  base::Result<std::uint64_t> last_size() {
    const auto row = reader_.checkpoint(basis_.pool, std::nullopt);
    if (row) return row->size;
    if (row.error().code == Errc::kNotFound) return std::uint64_t{0};
    return row.error();
  }

  // One that has grown since is compared as far as it went then.
  void judge_tile(const audit::TileBytes& tile, const std::string& stored) {
    ++report_.tiles;
    if (stored.starts_with(tile.bytes)) return;
    auto problem = audit::tile_path(tile.tile) + " has other hashes than these entries";
    if (tile.tile.level == 0) {
      const auto same = std::ranges::mismatch(stored, tile.bytes).in2 - tile.bytes.begin();
      problem += fmt::format(", from entry {} on",
                             tile.tile.index * audit::kTileWidth + static_cast<std::uint64_t>(same) / sizeof(Hash));
    }
    report_.add(std::move(problem));
  }

  void judge_rest() {
    for (const auto& [row, root] : unopened_) {
      const auto opened = open(row.note, keys_);
      if (opened) {
        judge_root(row.size, opened->checkpoint, root);
      } else {
        report_.add(fmt::format("checkpoint of {} entries: {}", row.size, opened.error().text));
      }
    }
    if (kept_ && !broken_) {
      report_.add(
          fmt::format("the checkpoint kept beside the keys is of {} entries, the database has {}: it was put "
                      "back to an older state",
                      kept_->size, edge_.size()));
    }
    if (next_ && !broken_)
      report_.add(fmt::format("checkpoint of {} entries: there are only {}", next_->size, edge_.size()));
    if (replay_.entries() != basis_.size) {
      report_.add(fmt::format("there are {} entries where {} should be", replay_.entries(), basis_.size));
    }
    replay_.finish();
    for (const auto& finding : replay_.findings()) {
      report_.add(fmt::format("entry {}: {}", finding.index.value, finding.text));
    }
    report_.problem_count += replay_.finding_count() - replay_.findings().size();
    for (auto& difference : audit::differences(replay_, basis_.state)) report_.add(std::move(difference));
  }

  struct Unopened {
    market::CheckpointRow row;
    Hash root;
  };

  market::Reader& reader_;
  const FsckBasis& basis_;
  const std::function<void(std::uint64_t)>& progress_;
  FsckReport report_;
  std::vector<domain::Grant> over_;  // not compared yet
  audit::Replay replay_;
  audit::TileEdge edge_;
  bool broken_ = false;  // an entry is missing
  std::vector<audit::NoteVerifier> keys_;
  std::optional<audit::Checkpoint> kept_;
  std::optional<market::CheckpointRow> next_;
  bool last_tiles_due_ = false;
  std::map<unsigned, audit::TileBytes> partial_;  // by level: as it was last
  std::vector<Unopened> unopened_;
};

}  // namespace

void FsckReport::add(std::string problem) {
  ++problem_count;
  if (problems.size() < kMostProblems) problems.push_back(std::move(problem));
}

base::Result<FsckReport> check_log(market::Reader& reader, const FsckBasis& basis,
                                   const std::function<void(std::uint64_t)>& progress) {
  return LogCheck(reader, basis, progress).run();
}

}  // namespace bourse::boursed
