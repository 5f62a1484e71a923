#include "market/log_answer.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "audit/proof.h"
#include "audit/tile.h"

namespace bourse::market {
namespace {

using base::Errc;

// The tiles of a pool's log. What was read once is not read again: proofs of one answer share most of theirs.
class StoredTiles final : public audit::TileReader {
 public:
  StoredTiles(Reader& reader, const domain::PoolName& pool) : reader_(reader), pool_(pool) {}

  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const audit::TileId> tiles) const override {
    std::vector<LogTileId> missing;
    for (const auto& tile : tiles) {
      if (!known_.contains({tile.level, tile.index})) missing.push_back({tile.level, tile.index});
    }
    if (!missing.empty()) {
      auto rows = reader_.log_tiles(pool_, missing);
      if (!rows) return rows.error();
      for (auto& row : *rows) known_.insert_or_assign({row.level, row.index}, std::move(row.hashes));
    }
    std::vector<std::string> found;
    for (const auto& tile : tiles) {
      const auto known = known_.find({tile.level, tile.index});
      if (known == known_.end()) return {Errc::kCorrupt, "the log has no " + audit::tile_path(tile)};
      found.push_back(known->second);
    }
    return found;
  }

 private:
  Reader& reader_;
  const domain::PoolName& pool_;
  mutable std::map<std::pair<unsigned, std::uint64_t>, std::string> known_;
};

std::vector<std::string> in_bytes(const audit::Proof& proof) {
  std::vector<std::string> hashes;
  for (const auto& hash : proof) hashes.emplace_back(audit::bytes_of(hash));
  return hashes;
}

base::Error too_many(const char* what, std::size_t most) {
  return {Errc::kBadRequest, "ask for 1 to " + std::to_string(most) + " " + what + " at once"};
}

class Asked {
 public:
  Asked(Reader& reader, const domain::PoolName& pool, const Viewer& viewer)
      : reader_(reader), pool_(pool), viewer_(viewer) {}

  base::Result<LogAnswer> operator()(const LogQuery::LastCheckpoint&) const { return with_checkpoint(std::nullopt); }
  base::Result<LogAnswer> operator()(const LogQuery::CheckpointOf& of) const { return with_checkpoint(of.size); }

  base::Result<LogAnswer> operator()(const LogQuery::Consistency& asked) const {
    auto answer = with_checkpoint(std::nullopt);
    if (!answer) return answer;
    const StoredTiles tiles(reader_, pool_);
    const auto size = answer->checkpoint->size;
    const auto proof = audit::prove_consistency(asked.from, size, audit::TileHashReader(size, tiles));
    if (!proof) return proof.error();
    answer->consistency = in_bytes(*proof);
    return answer;
  }

  base::Result<LogAnswer> operator()(const LogQuery::Receipts& asked) const {
    if (asked.indices.size() > kMostReceipts || (asked.indices.empty() && !asked.grant)) {
      return too_many("receipts", kMostReceipts);
    }
    auto answer = with_checkpoint(std::nullopt);
    if (!answer) return answer;
    auto indices = asked.indices;
    if (asked.grant) {
      if (auto found = add_indices_of(*asked.grant, indices); !found) return found.error();
    }
    const auto size = answer->checkpoint->size;
    std::ranges::sort(indices);
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    std::erase_if(indices, [&](auto index) { return index.value >= size; });
    const StoredTiles tiles(reader_, pool_);
    const audit::TileHashReader hashes(size, tiles);
    auto rows = entries_at(indices);
    if (!rows) return rows.error();
    for (auto& [index, entry] : *rows) {
      if (auto may = may_have(index, entry); !may) return may.error();
      const auto proof = audit::prove_inclusion(index.value, size, hashes);
      if (!proof) return proof.error();
      answer->receipts.push_back({index, std::move(entry), in_bytes(*proof)});
    }
    return answer;
  }

  // The checkpoint is read first: tiles only grow, so that they serve it.
  base::Result<LogAnswer> operator()(const LogQuery::Tiles& asked) const {
    if (asked.tiles.empty() || asked.tiles.size() > kMostLogTiles) return too_many("tiles", kMostLogTiles);
    if (std::ranges::any_of(asked.tiles, [](const auto& tile) { return tile.level >= audit::kTileLevels; })) {
      return {Errc::kBadRequest, "tiles have levels 0 to " + std::to_string(audit::kTileLevels - 1)};
    }
    auto answer = with_checkpoint(std::nullopt);
    if (!answer) return answer;
    auto tiles = reader_.log_tiles(pool_, asked.tiles);
    if (!tiles) return tiles.error();
    answer->tiles = std::move(*tiles);
    return answer;
  }

  base::Result<LogAnswer> operator()(const LogQuery::Entries& asked) const {
    if (!viewer_.privileged) {
      return {Errc::kForbidden, "the log's entries are for auditors: ask for receipts of what you take part in"};
    }
    LogAnswer answer;
    auto checkpoint = reader_.checkpoint(pool_, std::nullopt);
    if (!checkpoint && checkpoint.error().code != Errc::kNotFound) return checkpoint.error();
    if (checkpoint) answer.checkpoint = std::move(*checkpoint);
    const auto most = audit::kMaxTreeSize - kMostLogEntries;
    if (asked.from > most) return answer;
    auto entries = reader_.log_entries(pool_, asked.from, asked.from + kMostLogEntries);
    if (!entries) return entries.error();
    answer.entries = std::move(*entries);
    return answer;
  }

 private:
  [[nodiscard]] base::Result<LogAnswer> with_checkpoint(std::optional<std::uint64_t> least) const {
    auto checkpoint = reader_.checkpoint(pool_, least);
    if (!checkpoint) return checkpoint.error();
    LogAnswer answer;
    answer.checkpoint = std::move(*checkpoint);
    return answer;
  }

  [[nodiscard]] base::Status add_indices_of(domain::GrantId grant, std::vector<domain::AuditIndex>& indices) const {
    AuditQuery query;
    query.pool = pool_;
    query.grant = grant;
    query.page.max = kMostReceipts;
    auto found = reader_.audit(query, viewer_);
    if (!found) return found.error();
    for (const auto& record : found->rows) indices.push_back(record.index);
    return base::Done{};
  }

  // One read for indices that follow each other. Those that are not there are left out.
  [[nodiscard]] base::Result<std::vector<AuditRow>> entries_at(const std::vector<domain::AuditIndex>& indices) const {
    std::vector<AuditRow> rows;
    for (std::size_t i = 0; i < indices.size();) {
      const auto from = indices[i].value;
      auto until = from;
      for (; i < indices.size() && indices[i].value == until; ++i) ++until;
      auto read = reader_.log_entries(pool_, from, until);
      if (!read) return read.error();
      std::move(read->begin(), read->end(), std::back_inserter(rows));
    }
    return rows;
  }

  [[nodiscard]] base::Status may_have(domain::AuditIndex index, const std::string& bytes) const {
    if (viewer_.privileged) return base::Done{};
    const auto entry = audit::decode_entry(bytes);
    if (!entry) return entry.error();
    const auto& self = viewer_.jid;
    if (entry->actor.bare() == self || entry->provider == self || entry->consumer == self) return base::Done{};
    return {Errc::kForbidden, "entry " + std::to_string(index.value) +
                                  " of the log is not about you: its parties and auditors may have its receipt"};
  }

  Reader& reader_;
  const domain::PoolName& pool_;
  const Viewer& viewer_;
};

}  // namespace

base::Result<LogAnswer> answer_log(Reader& reader, const LogQuery& query, const Viewer& viewer) {
  return std::visit(Asked(reader, query.pool, viewer), query.what);
}

}  // namespace bourse::market
