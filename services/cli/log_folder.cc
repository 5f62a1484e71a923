#include "cli/log_folder.h"

#include <filesystem>

#include "audit/entry_bundle.h"
#include "cli/whole_file.h"
#include "xmpp/config_files.h"

namespace bourse::cli {
namespace {

constexpr std::size_t kMostBundleBytes = audit::kTileWidth * (audit::kMaxEntryBytes + 2);
constexpr std::size_t kHashBytes = sizeof(audit::Hash);

}  // namespace

std::string LogFolder::file_of(const audit::TileId& tile) const { return path_ + "/" + audit::tile_path(tile); }

bool LogFolder::has_full(const audit::TileId& tile) const {
  if (tile.width != audit::kTileWidth) return false;
  std::error_code error;
  const auto size = std::filesystem::file_size(file_of(tile), error);
  if (error) return false;
  return tile.entries ? size >= 2 * audit::kTileWidth : size == audit::kTileWidth * kHashBytes;
}

base::Result<std::string> LogFolder::read(const audit::TileId& tile) const {
  return xmpp::read_regular_file(file_of(tile), kMostBundleBytes);
}

base::Status LogFolder::write(const audit::TileId& tile, std::string_view bytes) const {
  return replace_file(file_of(tile), bytes, Durability::kQuick);
}

base::Result<std::string> LogFolder::read_checkpoint() const {
  return xmpp::read_regular_file(checkpoint_file(), audit::kMaxNoteBytes);
}

base::Status LogFolder::write_checkpoint(std::string_view note) const {
  return replace_file(checkpoint_file(), note, Durability::kSynced);
}

}  // namespace bourse::cli
