// Purpose: which static resources a log consists of (C2SP tlog-tiles): tiles of 256 hashes at every eighth level,
// bundles
//   of 256 entries, their paths, which of them a growing tree adds, and the hashes in them.
// Lifetime: values. Threads: free functions; a TileHashReader is used by one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/merkle.h"
#include "audit/proof.h"
#include "base/result.h"

namespace bourse::audit {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;
inline constexpr unsigned kTileLevels = 8;  // enough for kMaxTreeSize leaves

struct TileId {
  bool entries = false;         // a bundle of entries; level is 0 then
  unsigned level = 0;           // its hashes are subtrees of 256^level leaves
  std::uint64_t index = 0;      // within the level
  unsigned width = kTileWidth;  // less: a partial tile
  friend bool operator==(const TileId&, const TileId&) = default;
};

// "tile/0/x001/234", "tile/1/000.p/17", "tile/entries/x001/234.p/5".
[[nodiscard]] std::string tile_path(const TileId& tile);
// The reverse, and nothing else: kCorrupt for a path that tile_path would write in another way, so that no name out of
// a foreign export leads anywhere else. kUnsupported for levels 8 to 63, which no tree here reaches.
[[nodiscard]] base::Result<TileId> parse_tile_path(std::string_view path);

// How many hashes a level has in a tree of `size`, and how wide its partial tile is (0: there is none).
[[nodiscard]] std::uint64_t hashes_at(unsigned level, std::uint64_t size);
[[nodiscard]] unsigned partial_width(unsigned level, std::uint64_t size);

// What a tree of `to` leaves has that one of `from` had not: tiles level by level, without the bundles; and the
// bundles. A partial tile of `from` that has grown is in it as what it became. CHECKs from <= to <= kMaxTreeSize.
[[nodiscard]] std::vector<TileId> tiles_between(std::uint64_t from, std::uint64_t to);
[[nodiscard]] std::vector<TileId> bundles_between(std::uint64_t from, std::uint64_t to);

// The port to stored tiles. One call has all that is needed.
class TileReader {
 public:
  TileReader() = default;
  TileReader(const TileReader&) = delete;
  TileReader& operator=(const TileReader&) = delete;
  virtual ~TileReader() = default;
  // In the order of `tiles`; the bytes of one may be those of a wider tile of the same level and index, which partial
  // tiles become. An error when one is missing.
  [[nodiscard]] virtual base::Result<std::vector<std::string>> read(std::span<const TileId> tiles) const = 0;
};

// The hashes of the tree of `size` leaves out of its tiles. What it reads is as trustworthy as the tiles: who does not
// trust them checks the root (root_of), or the proof made of them.
class TileHashReader final : public HashReader {
 public:
  // `tiles` must outlive it.
  TileHashReader(std::uint64_t size, const TileReader& tiles) : size_(size), tiles_(tiles) {}
  [[nodiscard]] base::Result<std::vector<Hash>> read(std::span<const NodeId> nodes) const override;

 private:
  std::uint64_t size_;
  const TileReader& tiles_;
};

}  // namespace bourse::audit
