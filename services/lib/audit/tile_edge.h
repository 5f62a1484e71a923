// Purpose: the growing right edge of a log: what has to be kept to append to it, and the tiles that change.
// Lifetime: one an open log. Threads: one owner.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/merkle.h"
#include "audit/tile.h"
#include "base/result.h"

namespace bourse::audit {

struct TileBytes {
  TileId tile;
  std::string bytes;  // its hashes one after the other
  friend bool operator==(const TileBytes&, const TileBytes&) = default;
};

class TileEdge {
 public:
  // Of the empty log.
  TileEdge() = default;
  // Of the log of `size` leaves, from its partial tiles: at most one a level. An error when one is missing, damaged or
  // of another width. Compare root() with the checkpoint of that size before anything is built on it.
  [[nodiscard]] static base::Result<TileEdge> load(std::uint64_t size, const TileReader& tiles);

  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] Hash root() const { return frontier_.root(); }

  void append(const Hash& leaf);
  // Every tile that the tree of this size has and that of the last call (or load) had not: those of
  // tiles_between(that size, this size), in another order.
  [[nodiscard]] std::vector<TileBytes> take_changes();

 private:
  Frontier frontier_;
  std::array<std::string, kTileLevels> partial_;
  std::vector<TileBytes> full_;            // completed since the last take_changes()
  std::array<bool, kTileLevels> grown_{};  // …, or only grown
};

}  // namespace bourse::audit
