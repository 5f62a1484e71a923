#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "audit/entry_bundle.h"
#include "audit/tile_edge.h"
#include "cli/log_folder.h"

namespace bourse::cli {
namespace {

class Check {
 public:
  Check(const LogFolder& folder, const audit::Checkpoint& head, std::span<const audit::Checkpoint> older)
      : folder_(folder), head_(head), older_(older.begin(), older.end()) {
    std::ranges::sort(older_, {}, &audit::Checkpoint::size);
  }

  FolderCheck run(const Told& told) {
    compare_older();
    while (edge_.size() < head_.size && check_.problems.size() < kMostProblems) {
      if (!read_bundle()) break;
      told(edge_.size());
    }
    check_.entries = edge_.size();
    check_.computed = edge_.root();
    if (edge_.size() == head_.size) finish();
    for (const auto& each : older_) {
      if (each.size > head_.size) {
        problem(fmt::format("rolled back: an older checkpoint has {} entries, this one {}", each.size, head_.size));
      }
    }
    return std::move(check_);
  }

 private:
  // Tiles of which a hash of the next level is full: so few are kept in memory.
  static constexpr std::uint64_t kStride = std::uint64_t{audit::kTileWidth} * audit::kTileWidth;

  void problem(std::string text) {
    if (check_.problems.size() < kMostProblems) check_.problems.push_back(std::move(text));
  }

  // False: there is nothing to go on with.
  bool read_bundle() {
    const std::uint64_t from = edge_.size();
    const auto width = static_cast<unsigned>(std::min<std::uint64_t>(audit::kTileWidth, head_.size - from));
    const audit::TileId id{true, 0, from / audit::kTileWidth, width};
    const auto bytes = folder_.read(id);
    if (!bytes) {
      problem(bytes.error().text);
      return false;
    }
    const auto entries = audit::parse_bundle(*bytes, width);
    if (!entries) {
      problem(folder_.file_of(id) + ": " + entries.error().text);
      return false;
    }
    for (const auto& entry : *entries) {
      edge_.append(audit::leaf_hash(entry));
      compare_older();
    }
    if (edge_.size() % kStride == 0) compare_tiles();
    return true;
  }

  void compare_older() {
    for (; next_older_ < older_.size() && older_[next_older_].size <= edge_.size(); ++next_older_) {
      const auto& older = older_[next_older_];
      if (older.size == edge_.size() && older.root != edge_.root()) {
        problem(fmt::format("the first {} entries are not those of an older checkpoint: root {}, but {} was signed",
                            older.size, audit::hash_text(edge_.root()), audit::hash_text(older.root)));
      }
    }
  }

  void compare_tiles() {
    for (auto& tile : edge_.take_changes()) {
      if (tile.tile.width == audit::kTileWidth) {
        compare(tile);
      } else {
        partial_.at(tile.tile.level) = std::move(tile);  // it may grow until the end
      }
    }
  }

  void compare(const audit::TileBytes& computed) {
    const auto stored = folder_.read(computed.tile);
    if (!stored) return problem(stored.error().text);
    ++check_.tiles;
    if (*stored != computed.bytes) {
      problem(folder_.file_of(computed.tile) + ": its hashes are not those of the entries");
    }
  }

  void finish() {
    compare_tiles();
    for (unsigned level = 0; level < audit::kTileLevels; ++level) {
      const unsigned width = audit::partial_width(level, head_.size);
      if (width != 0 && partial_.at(level)) compare(*partial_.at(level));
    }
    if (check_.computed != head_.root) {
      problem(fmt::format("the entries' root is {}, but {} was signed", audit::hash_text(check_.computed),
                          audit::hash_text(head_.root)));
    }
  }

  const LogFolder& folder_;
  const audit::Checkpoint& head_;
  std::vector<audit::Checkpoint> older_;
  std::size_t next_older_ = 0;
  audit::TileEdge edge_;
  std::array<std::optional<audit::TileBytes>, audit::kTileLevels> partial_;
  FolderCheck check_;
};

}  // namespace

FolderCheck check_folder(const LogFolder& folder, const audit::Checkpoint& head,
                         std::span<const audit::Checkpoint> older, const Told& told) {
  return Check(folder, head, older).run(told);
}

}  // namespace bourse::cli
