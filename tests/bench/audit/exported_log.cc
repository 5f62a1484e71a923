#include "bench/audit/exported_log.h"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "audit/checkpoint.h"
#include "audit/entry_bundle.h"
#include "audit/tile_edge.h"
#include "bench/audit/log_entries.h"
#include "bench/audit/logged_market.h"
#include "cli/log_folder.h"

namespace bourse::bench {
namespace {

void must(const base::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().text);
}

class Writer {
 public:
  explicit Writer(const std::string& folder) : folder_(folder) {}

  void append(std::uint64_t index) {
    const auto entry = audit::encode(entry_of(index));
    must(audit::append_entry(entry, bundle_));
    edge_.append(audit::leaf_hash(entry));
    if (edge_.size() % audit::kTileWidth != 0) return;
    write_bundle(audit::kTileWidth);
    for (auto& tile : edge_.take_changes()) {
      if (tile.tile.width == audit::kTileWidth) must(folder_.write(tile.tile, tile.bytes));
      if (tile.tile.width != audit::kTileWidth) partial_.at(tile.tile.level) = std::move(tile);  // it may grow
    }
  }

  void finish(const audit::NoteSigner& key) {
    const auto size = edge_.size();
    if (size % audit::kTileWidth != 0) write_bundle(static_cast<unsigned>(size % audit::kTileWidth));
    for (auto& tile : edge_.take_changes()) partial_.at(tile.tile.level) = std::move(tile);
    for (unsigned level = 0; level < audit::kTileLevels; ++level) {
      if (audit::partial_width(level, size) == 0) continue;
      must(folder_.write(partial_.at(level).tile, partial_.at(level).bytes));
    }
    must(folder_.write_checkpoint(audit::sign_checkpoint({key.verifier().name(), size, edge_.root(), {}}, key)));
  }

 private:
  void write_bundle(unsigned width) {
    must(folder_.write({true, 0, (edge_.size() - 1) / audit::kTileWidth, width}, bundle_));
    bundle_.clear();
  }

  const cli::LogFolder folder_;
  audit::TileEdge edge_;
  std::string bundle_;
  std::array<audit::TileBytes, audit::kTileLevels> partial_;
};

}  // namespace

void write_exported_log(const std::string& folder, std::uint64_t entries) {
  const auto key = new_key();
  Writer writer(folder);
  for (std::uint64_t i = 0; i < entries; ++i) writer.append(i);
  writer.finish(key);
  std::printf("%s\n", key.verifier().text().c_str());
}

}  // namespace bourse::bench
