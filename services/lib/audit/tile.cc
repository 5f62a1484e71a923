#include "audit/tile.h"

#include <algorithm>
#include <optional>

#include "audit/decimal.h"

namespace bourse::audit {
namespace {

using base::Errc;

constexpr std::string_view kRoot = "tile/";
constexpr std::size_t kMostPathBytes = 64;

std::string index_path(std::uint64_t index) {
  std::string path;
  for (bool last = true; last || index != 0; last = false, index /= 1000) {
    const auto digits = std::to_string(1000 + index % 1000).substr(1);
    path = last ? digits : 'x' + digits + '/' + path;
  }
  return path;
}

base::Error bad_path(std::string_view path) {
  return {Errc::kCorrupt, "not the path of a tile (C2SP tlog-tiles): \"" +
                              std::string(path.substr(0, std::min(path.size(), kMostPathBytes))) + '"'};
}

// The index out of "x001/x234/067". Whether it is in its only form, the caller sees by writing it again.
std::optional<std::uint64_t> parse_index(std::string_view path) {
  std::string digits;
  for (const char c : path) {
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c != 'x' && c != '/') {
      return std::nullopt;
    }
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return parse_decimal(digits);
}

// The complete tile at `level` that a subtree lies in, as wide as it is in a tree of `size`.
TileId tile_with(const NodeId& node, std::uint64_t size) {
  const unsigned level = node.level / kTileHeight;
  const std::uint64_t index = node.index >> (kTileHeight - node.level % kTileHeight);
  const bool full = index < hashes_at(level, size) / kTileWidth;
  return {false, level, index, full ? kTileWidth : partial_width(level, size)};
}

bool in_tree(const NodeId& node, std::uint64_t size) {
  return node.level < 63 && node.index < size >> node.level && size <= kMaxTreeSize;
}

Hash subtree_in(std::string_view tile, const NodeId& node) {
  const unsigned height = node.level % kTileHeight;
  const auto first = static_cast<std::size_t>((node.index << height) % kTileWidth);
  std::vector<Hash> hashes;
  for (std::size_t i = first; i < first + (std::size_t{1} << height); ++i) {
    hashes.push_back(hash_of_bytes(tile.substr(i * sizeof(Hash), sizeof(Hash))));
  }
  for (; hashes.size() > 1; hashes.resize(hashes.size() / 2)) {
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
  }
  return hashes.front();
}

void add_level(bool entries, unsigned level, std::uint64_t from, std::uint64_t to, std::vector<TileId>& tiles) {
  const auto before = hashes_at(level, from);
  const auto after = hashes_at(level, to);
  if (before == after) return;
  for (auto index = before / kTileWidth; index < after / kTileWidth; ++index) {
    tiles.push_back({entries, level, index, kTileWidth});
  }
  if (const auto width = partial_width(level, to); width != 0) {
    tiles.push_back({entries, level, after / kTileWidth, width});
  }
}

}  // namespace

std::string tile_path(const TileId& tile) {
  std::string path(kRoot);
  path += (tile.entries ? "entries" : std::to_string(tile.level)) + '/' + index_path(tile.index);
  if (tile.width < kTileWidth) path += ".p/" + std::to_string(tile.width);
  return path;
}

base::Result<TileId> parse_tile_path(std::string_view path) {
  const auto bad = [whole = path] { return bad_path(whole); };
  const auto whole = path;
  if (path.size() > kMostPathBytes || !path.starts_with(kRoot)) return bad();
  path.remove_prefix(kRoot.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return bad();
  const auto level_text = path.substr(0, slash);
  path.remove_prefix(slash + 1);

  TileId tile;
  tile.entries = level_text == "entries";
  if (!tile.entries) {
    const auto level = parse_decimal(level_text);
    if (!level || *level > 63) return bad();
    if (*level >= kTileLevels) return {Errc::kUnsupported, "a tile of level " + std::string(level_text)};
    tile.level = static_cast<unsigned>(*level);
  }
  if (const auto dot = path.find(".p/"); dot != std::string_view::npos) {
    const auto width = parse_decimal(path.substr(dot + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return bad();
    tile.width = static_cast<unsigned>(*width);
    path = path.substr(0, dot);
  }
  const auto index = path.empty() ? std::nullopt : parse_index(path);
  if (!index) return bad();
  tile.index = *index;
  if (tile_path(tile) != whole) return bad();
  return tile;
}

std::uint64_t hashes_at(unsigned level, std::uint64_t size) {
  return level < kTileLevels ? size >> (level * kTileHeight) : 0;
}

unsigned partial_width(unsigned level, std::uint64_t size) {
  return static_cast<unsigned>(hashes_at(level, size) % kTileWidth);
}

std::vector<TileId> tiles_between(std::uint64_t from, std::uint64_t to) {
  BOURSE_CHECK(from <= to && to <= kMaxTreeSize);
  std::vector<TileId> tiles;
  for (unsigned level = 0; level < kTileLevels; ++level) add_level(false, level, from, to, tiles);
  return tiles;
}

std::vector<TileId> bundles_between(std::uint64_t from, std::uint64_t to) {
  BOURSE_CHECK(from <= to && to <= kMaxTreeSize);
  std::vector<TileId> bundles;
  add_level(true, 0, from, to, bundles);
  return bundles;
}

base::Result<std::vector<Hash>> TileHashReader::read(std::span<const NodeId> nodes) const {
  std::vector<TileId> tiles;
  std::vector<std::size_t> place;  // of each node's tile
  for (const auto& node : nodes) {
    if (!in_tree(node, size_)) {
      return {Errc::kNotFound, "no complete subtree " + std::to_string(node.index) + " of level " +
                                   std::to_string(node.level) + " in a tree of " + std::to_string(size_)};
    }
    const auto tile = tile_with(node, size_);
    const auto known = std::find(tiles.begin(), tiles.end(), tile);
    place.push_back(static_cast<std::size_t>(known - tiles.begin()));
    if (known == tiles.end()) tiles.push_back(tile);
  }
  const auto bytes = tiles_.read(tiles);
  if (!bytes) return bytes.error();
  BOURSE_CHECK(bytes->size() == tiles.size());
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const auto size = (*bytes)[i].size();
    if (size % sizeof(Hash) == 0 && size >= tiles[i].width * sizeof(Hash) && size <= kTileWidth * sizeof(Hash))
      continue;
    return {Errc::kCorrupt, tile_path(tiles[i]) + " has " + std::to_string(size) + " bytes where it should have " +
                                std::to_string(tiles[i].width * sizeof(Hash))};
  }
  std::vector<Hash> hashes;
  for (std::size_t i = 0; i < nodes.size(); ++i) hashes.push_back(subtree_in((*bytes)[place[i]], nodes[i]));
  return hashes;
}

}  // namespace bourse::audit
