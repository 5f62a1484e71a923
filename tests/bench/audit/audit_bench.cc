// CPU time of the log's own arithmetic: hashing, integrating leaves into tree and tiles, signing, proving, verifying.
#include <benchmark/benchmark.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/entry_bundle.h"
#include "audit/proof.h"
#include "audit/tile_edge.h"
#include "audit/tlog_proof.h"

namespace bourse::audit {
namespace {

constexpr std::size_t kEntryBytes = 250;  // of a grant
constexpr std::uint64_t kLargeLog = 1'000'000;

NoteSigner log_key() {
  return NoteSigner::make("bourse.example/commons", SignatureType::kEd25519, base::SigningKey::generate()).value();
}

Hash numbered(std::uint64_t number) { return leaf_hash({reinterpret_cast<const char*>(&number), sizeof(number)}); }

void node(benchmark::State& state) {
  Hash hash = empty_root();
  for (auto _ : state) hash = node_hash(hash, hash);
  benchmark::DoNotOptimize(hash);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(node);

void leaf(benchmark::State& state) {
  const std::string entry(kEntryBytes, 'e');
  for (auto _ : state) benchmark::DoNotOptimize(leaf_hash(entry));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(leaf);

// Everything the sequencer computes: leaf hashes, tree, tiles, bundles, and a signed checkpoint every `range` leaves.
void integrate(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  const std::string entry(kEntryBytes, 'e');
  const auto key = log_key();
  TileEdge edge;
  std::string bundle;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i) {
      edge.append(leaf_hash(entry));
      benchmark::DoNotOptimize(append_entry(entry, bundle));
      if (edge.size() % kTileWidth == 0) bundle.clear();
    }
    benchmark::DoNotOptimize(edge.take_changes());
    benchmark::DoNotOptimize(sign_checkpoint({"bourse.example/commons", edge.size(), edge.root(), {}}, key));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(integrate)->Arg(100)->Arg(10'000);

struct IdHash {
  std::size_t operator()(std::uint64_t key) const { return key * 0x9E3779B97F4A7C15U; }
};

class Memory final : public TileReader {
 public:
  Memory() {
    for (std::uint64_t i = 0; i < kLargeLog; ++i) edge_.append(numbered(i));
    for (auto& [tile, bytes] : edge_.take_changes()) tiles_[key(tile)] = std::move(bytes);
  }
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const TileId> tiles) const override {
    std::vector<std::string> found;
    for (const auto& tile : tiles) found.push_back(tiles_.at(key(tile)));
    return found;
  }
  [[nodiscard]] Hash root() const { return edge_.root(); }

 private:
  static std::uint64_t key(const TileId& tile) { return tile.index * kTileLevels + tile.level; }
  TileEdge edge_;
  std::unordered_map<std::uint64_t, std::string, IdHash> tiles_;
};

const Memory& large_log() {
  static const Memory log;
  return log;
}

void prove(benchmark::State& state) {
  const TileHashReader hashes(kLargeLog, large_log());
  std::uint64_t index = 0;
  for (auto _ : state) {
    index = (index + 7919) % kLargeLog;
    benchmark::DoNotOptimize(prove_inclusion(index, kLargeLog, hashes));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(prove);

void check(benchmark::State& state) {
  const TileHashReader hashes(kLargeLog, large_log());
  const auto proof = prove_inclusion(kLargeLog / 3, kLargeLog, hashes).value();
  const auto hash = numbered(kLargeLog / 3);
  for (auto _ : state) {
    BOURSE_CHECK(check_inclusion(hash, kLargeLog / 3, kLargeLog, large_log().root(), proof).ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(check);

void open_signed(benchmark::State& state) {
  const auto key = log_key();
  const auto bytes = sign_checkpoint({"bourse.example/commons", kLargeLog, empty_root(), {}}, key);
  for (auto _ : state) BOURSE_CHECK(open_checkpoint(bytes, key.verifier()).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(open_signed);

}  // namespace
}  // namespace bourse::audit

BENCHMARK_MAIN();
