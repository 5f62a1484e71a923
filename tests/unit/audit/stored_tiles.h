// Purpose: tiles in memory, as a storage or a folder would have them.
// Lifetime: one a test. Threads: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/tile_edge.h"

namespace bourse::audit {

class StoredTiles final : public TileReader {
 public:
  void write(const std::vector<TileBytes>& tiles) {
    for (const auto& [tile, bytes] : tiles) by_path[tile_path(tile)] = bytes;
  }
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const TileId> tiles) const override {
    ++calls;
    std::vector<std::string> found;
    for (const auto& tile : tiles) {
      const auto at = by_path.find(tile_path(tile));
      if (at == by_path.end()) return {base::Errc::kNotFound, tile_path(tile) + " is not there"};
      found.push_back(at->second);
    }
    return found;
  }

  std::map<std::string, std::string> by_path;
  mutable int calls = 0;
};

}  // namespace bourse::audit
