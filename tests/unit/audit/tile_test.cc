#include "audit/tile.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "audit/entry_bundle.h"
#include "audit/tile_edge.h"
#include "unit/audit/merkle_oracle.h"
#include "unit/audit/stored_tiles.h"

namespace bourse::audit {
namespace {

std::vector<std::string> paths(const std::vector<TileId>& tiles) {
  std::vector<std::string> all;
  for (const auto& tile : tiles) all.push_back(tile_path(tile));
  return all;
}

// The first two are the standard's own.
TEST(TilePath, AsTheStandardHasIt) {
  const std::vector<std::pair<TileId, std::string>> cases = {
      {{false, 0, 1234067, 256}, "tile/0/x001/x234/067"},
      {{false, 0, 1234, 5}, "tile/0/x001/234.p/5"},
      {{false, 0, 0, 256}, "tile/0/000"},
      {{false, 7, 999, 255}, "tile/7/999.p/255"},
      {{true, 0, 1000, 1}, "tile/entries/x001/000.p/1"},
      {{true, 0, 273, 256}, "tile/entries/273"},
      {{false, 0, kMaxTreeSize, 256}, "tile/0/x009/x223/x372/x036/x854/x775/807"},
  };
  for (const auto& [tile, path] : cases) {
    EXPECT_EQ(tile_path(tile), path);
    const auto parsed = parse_tile_path(path);
    ASSERT_TRUE(parsed.ok()) << path;
    EXPECT_EQ(*parsed, tile) << path;
  }
}

TEST(TilePath, RefusesEverythingElse) {
  for (const char* bad : {"",
                          "tile",
                          "tile/",
                          "tile/0",
                          "tile/0/",
                          "tile/0/0",
                          "tile/0/00",
                          "tile/0/0000",
                          "tile/0/x000",
                          "tile/0/x000/001",
                          "tile/0/001/234",
                          "tile/0/x001x234",
                          "tile/0/x001//234",
                          "tile/0/001/",
                          "/tile/0/001",
                          "tile//001",
                          "tile/00/001",
                          "tile/64/001",
                          "tile/-1/001",
                          "tile/+1/001",
                          "tile/0/-01",
                          "tile/0/001.p",
                          "tile/0/001.p/",
                          "tile/0/001.p/0",
                          "tile/0/001.p/256",
                          "tile/0/001.p/01",
                          "tile/0/001.p/1/2",
                          "tile/0/001.p/1.p/1",
                          "tile/entries/",
                          "tile/entry/001",
                          "tile/0/../001",
                          "tile/0/..",
                          "../tile/0/001",
                          "tile/0/001\n",
                          "tile/0/x009/x223/x372/x036/x854/x775/808",
                          "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
                          "tile/entries/x001/..%2f",
                          "TILE/0/001",
                          "tile/0/X001/234"}) {
    const auto parsed = parse_tile_path(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code, base::Errc::kCorrupt) << bad;
  }
  EXPECT_FALSE(parse_tile_path(std::string_view("tile/0/0\0"
                                                "1",
                                                10))
                   .ok());
  EXPECT_EQ(parse_tile_path("tile/8/000").error().code, base::Errc::kUnsupported);
  EXPECT_LT(parse_tile_path("tile/0/" + std::string(100'000, 'x')).error().text.size(), 200U);
}

RC_GTEST_PROP(TilePathProperty, OneFormOnly, (const std::string& tail)) {
  if (const auto tile = parse_tile_path("tile/" + tail)) RC_ASSERT(tile_path(*tile) == "tile/" + tail);
}

TEST(TilesBetween, TheStandardsExamples) {
  const auto tiles = tiles_between(0, 70'000);
  EXPECT_EQ(tiles.size(), 273U + 1 + 1 + 1 + 1);
  const std::vector<TileId> ends(tiles.begin() + 272, tiles.end());
  EXPECT_EQ(paths(ends), (std::vector<std::string>{"tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17",
                                                   "tile/2/000.p/1"}));
  EXPECT_EQ(paths(tiles_between(0, 256)), (std::vector<std::string>{"tile/0/000", "tile/1/000.p/1"}));
}

TEST(TilesBetween, OnlyWhatGrew) {
  using Paths = std::vector<std::string>;
  EXPECT_EQ(paths(tiles_between(5, 5)), Paths());
  EXPECT_EQ(paths(tiles_between(0, 0)), Paths());
  EXPECT_EQ(paths(tiles_between(5, 7)), Paths{"tile/0/000.p/7"});
  EXPECT_EQ(paths(tiles_between(255, 256)), (Paths{"tile/0/000", "tile/1/000.p/1"}));
  EXPECT_EQ(paths(tiles_between(256, 257)), Paths{"tile/0/001.p/1"});
  EXPECT_EQ(paths(tiles_between(65'535, 65'536)), (Paths{"tile/0/255", "tile/1/000", "tile/2/000.p/1"}));
  EXPECT_EQ(paths(bundles_between(250, 520)), (Paths{"tile/entries/000", "tile/entries/001", "tile/entries/002.p/8"}));
}

// Appends leaves in steps and has each step's changes written.
struct Grown {
  std::vector<Hash> leaves;
  StoredTiles tiles;
  TileEdge edge;

  void append(std::size_t count) {
    const auto from = edge.size();
    for (std::size_t i = 0; i < count; ++i) {
      leaves.push_back(leaf_hash(std::to_string(leaves.size())));
      edge.append(leaves.back());
    }
    const auto changes = edge.take_changes();
    std::set<std::string> expected;
    for (const auto& path : paths(tiles_between(from, edge.size()))) expected.insert(path);
    std::set<std::string> got;
    for (const auto& [tile, bytes] : changes) {
      EXPECT_TRUE(got.insert(tile_path(tile)).second);
      EXPECT_EQ(bytes.size(), tile.width * sizeof(Hash));
    }
    EXPECT_EQ(got, expected);
    tiles.write(changes);
  }
};

// Each hash of each tile by the standard's formula: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]).
TEST(TileEdge, TilesHoldTheSubtrees) {
  Grown log;
  for (const std::size_t step : {1U, 254U, 1U, 1U, 600U, 300U, 0U, 65'000U, 379U, 3U}) log.append(step);
  const oracle::Leaves all(log.leaves);
  for (const auto& [path, bytes] : log.tiles.by_path) {
    const auto tile = parse_tile_path(path).value();
    const std::size_t leaves = std::size_t{1} << (8 * tile.level);
    for (std::size_t i = 0; i < tile.width; ++i) {
      const auto begin = (tile.index * 256 + i) * leaves;
      ASSERT_EQ(hash_of_bytes(std::string_view(bytes).substr(i * 32, 32)), oracle::root(all.subspan(begin, leaves)))
          << path;
    }
  }
  EXPECT_EQ(log.edge.root(), oracle::root(all));
  EXPECT_TRUE(log.edge.take_changes().empty());
}

TEST(TileEdge, GoesOnFromStoredTiles) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 100U, 255U, 256U, 257U, 511U, 65'535U, 65'536U, 65'537U, 66'113U}) {
    Grown log;
    log.append(size);
    auto loaded = TileEdge::load(size, log.tiles);
    ASSERT_TRUE(loaded.ok()) << size;
    EXPECT_EQ(loaded->size(), size);
    EXPECT_EQ(loaded->root(), log.edge.root()) << size;
    EXPECT_TRUE(loaded->take_changes().empty());
    for (int i = 0; i < 300; ++i) {
      loaded->append(leaf_hash("more"));
      log.edge.append(leaf_hash("more"));
    }
    EXPECT_EQ(loaded->root(), log.edge.root()) << size;
    EXPECT_EQ(loaded->take_changes(), log.edge.take_changes()) << size;
  }
}

TEST(TileEdge, RefusesDamagedTiles) {
  Grown log;
  log.append(300);
  const auto path = std::string("tile/0/001.p/44");
  const auto whole = log.tiles.by_path.at(path);
  for (const auto& bad : {std::string(), whole.substr(1), whole + 'x', whole.substr(32), whole + whole}) {
    log.tiles.by_path[path] = bad;
    EXPECT_EQ(TileEdge::load(300, log.tiles).error().code, base::Errc::kCorrupt);
  }
  log.tiles.by_path.erase(path);
  EXPECT_EQ(TileEdge::load(300, log.tiles).error().code, base::Errc::kNotFound);
  log.tiles.by_path[path] = whole;
  log.tiles.by_path[path][7] ^= 1;
  EXPECT_NE(TileEdge::load(300, log.tiles).value().root(), log.edge.root());
}

TEST(TileHashReader, ProofsFromTilesAreThoseFromLeaves) {
  Grown log;
  log.append(70'000);
  const oracle::Leaves all(log.leaves);
  const TileHashReader reader(70'000, log.tiles);
  const auto root = root_of(70'000, reader).value();
  EXPECT_EQ(root, log.edge.root());
  for (const std::size_t index : {0U, 1U, 255U, 256U, 12'345U, 65'535U, 65'536U, 69'887U, 69'888U, 69'999U}) {
    log.tiles.calls = 0;
    const auto proof = prove_inclusion(index, 70'000, reader);
    ASSERT_TRUE(proof.ok()) << proof.error().text;
    EXPECT_EQ(log.tiles.calls, 1);
    EXPECT_EQ(*proof, oracle::path(index, all));
    EXPECT_TRUE(check_inclusion(log.leaves[index], index, 70'000, root, *proof).ok());
  }
  for (const std::size_t from : {1U, 255U, 256U, 257U, 65'535U, 65'536U, 65'537U, 69'999U, 70'000U}) {
    const auto proof = prove_consistency(from, 70'000, reader);
    ASSERT_TRUE(proof.ok()) << proof.error().text;
    EXPECT_EQ(*proof, oracle::subproof(from, all, true));
  }
}

// An older tree is proved from the tiles of a newer one, whose tiles are wider.
TEST(TileHashReader, TakesWiderTiles) {
  Grown log;
  log.append(300);
  const auto old_root = log.edge.root();
  log.append(200);
  struct Newest final : TileReader {
    const StoredTiles& tiles;
    explicit Newest(const StoredTiles& of) : tiles(of) {}
    [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const TileId> ids) const override {
      std::vector<TileId> wider;
      for (auto id : ids) {
        if (id.width < kTileWidth) id.width = partial_width(id.level, 500);
        wider.push_back(id);
      }
      return tiles.read(wider);
    }
  };
  const Newest newest(log.tiles);
  EXPECT_EQ(root_of(300, TileHashReader(300, newest)).value(), old_root);
}

TEST(TileHashReader, RefusesWhatIsNotThereOrDamaged) {
  Grown log;
  log.append(300);
  const TileHashReader reader(300, log.tiles);
  for (const NodeId node : {NodeId{0, 300}, NodeId{8, 1}, NodeId{9, 0}, NodeId{63, 0}, NodeId{64, 0}, NodeId{200, 0},
                            NodeId{0, ~std::uint64_t{0}}}) {
    EXPECT_EQ(reader.read({&node, 1}).error().code, base::Errc::kNotFound) << node.level << ' ' << node.index;
  }
  const NodeId leaf{0, 299};
  auto& tile = log.tiles.by_path.at("tile/0/001.p/44");
  const auto whole = tile;
  for (const auto& bad : {std::string(), whole.substr(1), whole.substr(32), whole + 'x', std::string(257 * 32, 'x')}) {
    tile = bad;
    EXPECT_EQ(reader.read({&leaf, 1}).error().code, base::Errc::kCorrupt) << bad.size();
  }
  log.tiles.by_path.clear();
  EXPECT_EQ(reader.read({&leaf, 1}).error().code, base::Errc::kNotFound);
}

TEST(EntryBundle, LengthsInTwoBytes) {
  std::string bundle;
  const std::vector<std::string> entries = {"", "a", std::string(300, 'b'), std::string(kMaxEntryBytes, 'c')};
  for (const auto& entry : entries) ASSERT_TRUE(append_entry(entry, bundle).ok());
  EXPECT_EQ(bundle.substr(0, 7), std::string("\0\0\0\1a\1\x2C", 7));
  const auto parsed = parse_bundle(bundle, 4);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::vector<std::string>(parsed->begin(), parsed->end()), entries);
  const auto before = bundle;
  EXPECT_EQ(append_entry(std::string(kMaxEntryBytes + 1, 'd'), bundle).error().code, base::Errc::kPayloadTooBig);
  EXPECT_EQ(bundle, before);
  for (const unsigned width : {0U, 3U, 5U, 256U}) EXPECT_FALSE(parse_bundle(bundle, width).ok()) << width;
  for (const std::size_t cut : {1U, 2U, 3U, 5U, 6U, 1000U}) {
    EXPECT_FALSE(parse_bundle(std::string_view(bundle).substr(0, bundle.size() - cut), 4).ok()) << cut;
  }
  EXPECT_TRUE(parse_bundle("", 0).ok());
  EXPECT_FALSE(parse_bundle("", 1).ok());
}

RC_GTEST_PROP(EntryBundleProperty, AnyBytes, (const std::string& bytes)) {
  const auto width = *rc::gen::inRange(0U, 5U);
  const auto parsed = parse_bundle(bytes, width);
  if (!parsed) return;
  std::string again;
  for (const auto& entry : *parsed) RC_ASSERT(append_entry(entry, again).ok());
  RC_ASSERT(again == bytes);
}

}  // namespace
}  // namespace bourse::audit
