#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "audit/entry_bundle.h"
#include "cli/log_folder.h"
#include "cli/log_growth.h"
#include "cli/output.h"

namespace bourse::cli {
namespace {

using base::Errc;
using base::Result;
using base::Status;

constexpr std::size_t kHashBytes = sizeof(audit::Hash);

class Export {
 public:
  Export(xmpp::LogClient& log, std::uint64_t size, const LogFolder& folder, const Told& told)
      : log_(log), size_(size), folder_(folder), told_(told) {}

  Status tiles(const std::vector<audit::TileId>& ids) {
    std::vector<audit::TileId> missing;
    for (const auto& id : ids) {
      if (kept(id)) continue;
      missing.push_back(id);
      if (missing.size() == market::kMostLogTiles) {
        if (auto done = fetch(missing); !done) return done;
        missing.clear();
      }
    }
    return missing.empty() ? Status(base::Done{}) : fetch(missing);
  }

  Status bundles(const std::vector<audit::TileId>& ids) {
    for (const auto& id : ids) {
      if (kept(id)) continue;
      std::string bytes;
      for (std::uint64_t i = 0; i < id.width; ++i) {
        const auto entry = this->entry(id.index * audit::kTileWidth + i);
        if (!entry) return entry.error();
        if (auto added = audit::append_entry(*entry, bytes); !added) return added;
      }
      if (auto written = wrote(id, bytes); !written) return written;
    }
    return base::Done{};
  }

  [[nodiscard]] const Exported& exported() const { return exported_; }

 private:
  bool kept(const audit::TileId& id) {
    if (!folder_.has_full(id)) return false;
    ++exported_.kept;
    told_(exported_.kept + exported_.written);
    return true;
  }

  Status wrote(const audit::TileId& id, std::string_view bytes) {
    if (auto written = folder_.write(id, bytes); !written) return written;
    ++exported_.written;
    told_(exported_.kept + exported_.written);
    return base::Done{};
  }

  Status fetch(const std::vector<audit::TileId>& ids) {
    std::vector<market::LogTileId> wanted;
    for (const auto& id : ids) wanted.push_back({id.level, id.index});
    const auto rows = log_.tiles(wanted);
    if (!rows) return xmpp::missing_below(size_, rows.error());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      // The log may have grown since its checkpoint, and its partial tiles with it.
      const std::size_t bytes = ids[i].width * kHashBytes;
      const std::string& hashes = (*rows)[i].hashes;
      if (hashes.size() < bytes) {
        return {Errc::kCorrupt, fmt::format("the market's {} has {} hashes, not {}", audit::tile_path(ids[i]),
                                            hashes.size() / kHashBytes, ids[i].width)};
      }
      if (auto written = wrote(ids[i], std::string_view(hashes).substr(0, bytes)); !written) return written;
    }
    return base::Done{};
  }

  // They are asked for in order: what comes too early is kept.
  Result<std::string> entry(std::uint64_t index) {
    while (!ahead_.empty() && ahead_.front().index.value < index) ahead_.pop_front();
    if (ahead_.empty() || ahead_.front().index.value != index) {
      auto rows = log_.entries(index);
      if (!rows) return xmpp::missing_below(size_, rows.error());
      ahead_.assign(std::make_move_iterator(rows->begin()), std::make_move_iterator(rows->end()));
    }
    std::string bytes = std::move(ahead_.front().entry);
    ahead_.pop_front();
    return bytes;
  }

  xmpp::LogClient& log_;
  const std::uint64_t size_;
  const LogFolder& folder_;
  const Told& told_;
  std::deque<market::AuditRow> ahead_;
  Exported exported_;
};

}  // namespace

std::uint64_t export_total(std::uint64_t size) {
  std::uint64_t files = (size + audit::kTileWidth - 1) / audit::kTileWidth;
  for (unsigned level = 0; level < audit::kTileLevels; ++level) {
    files += (audit::hashes_at(level, size) + audit::kTileWidth - 1) / audit::kTileWidth;
  }
  return files;
}

Result<market::CheckpointRow> head_to_export(xmpp::LogClient& log, const LogFolder& folder) {
  auto row = log.checkpoint();
  if (!row) return row;
  const auto there = folder.read_checkpoint();
  if (!there && there.error().code == Errc::kNotFound) return row;
  if (!there) return there.error();
  const auto older = audit::read_unverified(*there);
  if (!older) {
    return {Errc::kConflict,
            fmt::format("{}: {}; export into another folder", folder.checkpoint_file(), older.error().text)};
  }
  const auto newer = audit::read_unverified(row->note);
  if (!newer) return newer.error();
  if (older->checkpoint.origin != newer->checkpoint.origin) {
    return {Errc::kConflict,
            fmt::format("{} is of the log \"{}\", and the market's is \"{}\" now: export into another folder",
                        folder.checkpoint_file(), printable(older->checkpoint.origin),
                        printable(newer->checkpoint.origin))};
  }
  const auto growth = follow(log, older->checkpoint, *newer, row->note, audit::read_unverified);
  if (!growth) return growth.error();
  if (is_alarm(growth->growth)) {
    return {Errc::kCorrupt, fmt::format("{}; keep {}, which shows it, and export into another folder", growth->problem,
                                        folder.checkpoint_file())};
  }
  row->size = growth->newest.checkpoint.size;
  row->note = growth->note;
  return row;
}

Result<Exported> export_log(xmpp::LogClient& log, std::uint64_t size, const LogFolder& folder, const Told& told) {
  if (size > kMostExported) {
    return {Errc::kUnsupported,
            fmt::format("a log of {} entries is too large to export: at most {}", size, kMostExported)};
  }
  Export run(log, size, folder, told);
  if (const auto done = run.bundles(audit::bundles_between(0, size)); !done) return done.error();
  if (const auto done = run.tiles(audit::tiles_between(0, size)); !done) return done.error();
  return run.exported();
}

}  // namespace bourse::cli
