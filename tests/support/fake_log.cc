// FakeStore's audit log: its tiles and checkpoints as batches write them, loads begin with and readers ask.
#include <algorithm>
#include <map>

#include "audit/tile.h"
#include "support/fake_store.h"

namespace bourse::test {
namespace {

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }

constexpr std::size_t kHashBytes = 32;

std::string why_no_tile(const market::LogTileRow& row) {
  if (row.level >= audit::kTileLevels) return "a tile is of a level that no tree has";
  if (row.hashes.empty() || row.hashes.size() % kHashBytes != 0) return "a tile is not made of hashes";
  if (row.hashes.size() > audit::kTileWidth * kHashBytes) return "a tile is too wide";
  return {};
}

}  // namespace

std::string FakeStore::apply_log(State& state, const market::Batch& batch) {
  for (const auto& row : batch.log_tiles) {
    if (std::string why = why_no_tile(row); !why.empty()) return why;
    std::string& hashes = state.tiles[{row.level, row.index}];
    if (!row.hashes.starts_with(hashes)) return "a tile of the audit log can only grow";
    hashes = row.hashes;
  }
  for (const auto& row : batch.checkpoints) {
    if (!state.checkpoints.emplace(row.size, row).second) return "there is a checkpoint of that size";
  }
  return {};
}

base::Status FakeStore::load_log(market::StateLoader& loader) const {
  std::map<audit::EntryKind, std::size_t> statements;
  for (std::size_t i = 0; i < audit_.size(); ++i) {
    if (audit::is_statement(audit_[i].kind)) statements[audit_[i].kind] = i;
  }
  for (const auto& [kind, i] : statements) {
    if (auto taken = loader.on_statement({audit_rows_[i].index, audit_[i]}); !taken.ok()) return taken;
  }
  std::uint64_t integrated = 0;
  if (!state_.checkpoints.empty()) {
    integrated = state_.checkpoints.rbegin()->first;
    auto taken = loader.on_checkpoint(market::CheckpointRow(state_.checkpoints.rbegin()->second));
    if (!taken.ok()) return taken;
  }
  for (unsigned level = 0; level < audit::kTileLevels; ++level) {
    if (audit::partial_width(level, integrated) == 0) continue;
    const std::uint64_t index = audit::hashes_at(level, integrated) / audit::kTileWidth;
    const auto at = state_.tiles.find({level, index});
    if (at == state_.tiles.end()) continue;
    if (auto taken = loader.on_log_tile({level, index, at->second}); !taken.ok()) return taken;
  }
  for (const auto& row : audit_rows_) {
    if (row.index.value < integrated) continue;
    if (auto taken = loader.on_unintegrated(market::AuditRow(row)); !taken.ok()) return taken;
  }
  return base::Done{};
}

base::Result<market::CheckpointRow> FakeStore::checkpoint(const domain::PoolName& pool,
                                                          std::optional<std::uint64_t> least) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  const auto& all = state_.checkpoints;
  const auto at = least ? all.lower_bound(*least) : all.empty() ? all.end() : std::prev(all.end());
  if (at != all.end()) return at->second;
  return {base::Errc::kNotFound, "no such checkpoint is signed yet"};
}

base::Result<std::vector<market::LogTileRow>> FakeStore::log_tiles(const domain::PoolName& pool,
                                                                   const std::vector<market::LogTileId>& tiles) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  std::vector<market::LogTileRow> rows;
  for (const auto& [level, index] : tiles) {
    const auto at = state_.tiles.find({level, index});
    if (at == state_.tiles.end()) return {base::Errc::kNotFound, "the log has no such tile"};
    rows.push_back({level, index, at->second});
  }
  return rows;
}

base::Result<std::vector<market::AuditRow>> FakeStore::log_entries(const domain::PoolName& pool, std::uint64_t from,
                                                                   std::uint64_t until) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  std::vector<market::AuditRow> rows;
  for (const auto& row : audit_rows_) {
    if (rows.size() == market::kMostLogEntries) break;
    if (row.index.value >= from && row.index.value < until) rows.push_back(row);
  }
  return rows;
}

}  // namespace bourse::test
