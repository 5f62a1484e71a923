#include "audit/tile_edge.h"

#include <utility>

namespace bourse::audit {

base::Result<TileEdge> TileEdge::load(std::uint64_t size, const TileReader& tiles) {
  if (size > kMaxTreeSize) return {base::Errc::kCorrupt, "no log has " + std::to_string(size) + " entries"};
  std::vector<TileId> wanted;
  for (unsigned level = kTileLevels; level-- > 0;) {
    const auto width = partial_width(level, size);
    if (width != 0) wanted.push_back({false, level, hashes_at(level, size) / kTileWidth, width});
  }
  auto read = tiles.read(wanted);
  if (!read) return read.error();
  BOURSE_CHECK(read->size() == wanted.size());
  TileEdge edge;
  // The largest subtrees first: from the highest level down, and the highest bit of each width.
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [entries, level, index, width] = wanted[i];
    auto& bytes = (*read)[i];
    if (bytes.size() != width * sizeof(Hash)) {
      return {base::Errc::kCorrupt, tile_path(wanted[i]) + " has " + std::to_string(bytes.size()) + " bytes"};
    }
    for (unsigned bit = kTileHeight; bit-- > 0;) {
      if ((width >> bit & 1U) == 0) continue;
      const unsigned node_level = level * kTileHeight + bit;
      nodes.push_back({node_level, (size >> node_level) - 1});
    }
    edge.partial_[level] = std::move(bytes);
  }
  struct Loaded final : TileReader {
    const TileEdge& edge;
    explicit Loaded(const TileEdge& of) : edge(of) {}
    [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const TileId> ids) const override {
      std::vector<std::string> found;
      for (const auto& id : ids) found.push_back(edge.partial_[id.level]);
      return found;
    }
  };
  const Loaded loaded(edge);
  const auto hashes = TileHashReader(size, loaded).read(nodes);
  if (!hashes) return hashes.error();
  for (std::size_t i = 0; i < nodes.size(); ++i) edge.frontier_.append_subtree(nodes[i].level, (*hashes)[i]);
  return edge;
}

void TileEdge::append(const Hash& leaf) {
  frontier_.append(leaf, [this](const NodeId& node, const Hash& hash) {
    if (node.level % kTileHeight != 0) return;
    const unsigned level = node.level / kTileHeight;
    auto& tile = partial_[level];
    tile += bytes_of(hash);
    grown_[level] = tile.size() < kTileWidth * sizeof(Hash);
    if (grown_[level]) return;
    full_.push_back({{false, level, node.index / kTileWidth, kTileWidth}, std::move(tile)});
    tile.clear();
  });
}

std::vector<TileBytes> TileEdge::take_changes() {
  auto changes = std::exchange(full_, {});
  for (unsigned level = 0; level < kTileLevels; ++level) {
    if (!std::exchange(grown_[level], false)) continue;
    const auto width = static_cast<unsigned>(partial_[level].size() / sizeof(Hash));
    changes.push_back({{false, level, hashes_at(level, size()) / kTileWidth, width}, partial_[level]});
  }
  return changes;
}

}  // namespace bourse::audit
