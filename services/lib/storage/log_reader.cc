#include "storage/log_reader.h"

#include <algorithm>
#include <utility>

#include "audit/decimal.h"
#include "audit/tile.h"
#include "storage/array_literal.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

// What a bigint holds; no log gets there.
std::string as_bigint(std::uint64_t value) { return std::to_string(std::min(value, audit::kMaxTreeSize)); }

market::CheckpointRow checkpoint_row(const pqxx::row& row) {
  return {.size = count(row[0]), .at = time(row[1]), .note = text(row[2])};
}

// In the order of `tiles`, NULL for one that is missing. Each is looked up by itself, by the primary key: a join might
// be planned to read the whole table.
pqxx::result find_tiles(pqxx::transaction_base& tx, const std::string& pool_id,
                        const std::vector<market::LogTileId>& tiles) {
  ArrayLiteral levels, indices;
  for (const auto& tile : tiles) {
    levels.add(static_cast<std::int64_t>(std::min(tile.level, audit::kTileLevels)));
    indices.add(as_bigint(tile.index));
  }
  return run(tx,
             "SELECT (SELECT t.hashes FROM bourse.audit_tiles t "
             "WHERE t.pool_id = $1 AND t.level = w.level AND t.index = w.index) "
             "FROM unnest($2::smallint[], $3::bigint[]) WITH ORDINALITY AS w(level, index, place) ORDER BY place",
             {{pool_id, std::move(levels).take(), std::move(indices).take()}, {}});
}

}  // namespace

base::Result<market::CheckpointRow> read_checkpoint(pqxx::transaction_base& tx, const std::string& pool_id,
                                                    std::optional<std::uint64_t> least) {
  if (least.value_or(0) > audit::kMaxTreeSize) {
    return {base::Errc::kNotFound, "no log has " + std::to_string(*least) + " entries"};
  }
  const std::string columns =
      "SELECT size, bourse.to_micros(at), note FROM bourse.audit_checkpoints WHERE pool_id = $1";
  const auto found =
      least ? run(tx, columns + " AND size >= $2 ORDER BY size LIMIT 1", {{pool_id, as_bigint(*least)}, {}})
            : run(tx, columns + " ORDER BY size DESC LIMIT 1", {{pool_id}, {}});
  if (!found.empty()) return checkpoint_row(found[0]);
  return {base::Errc::kNotFound, least
                                     ? "no checkpoint of at least " + std::to_string(*least) + " entries is signed yet"
                                     : "no checkpoint is signed yet"};
}

base::Result<std::vector<market::LogTileRow>> read_log_tiles(pqxx::transaction_base& tx, const std::string& pool_id,
                                                             const std::vector<market::LogTileId>& tiles) {
  const auto found = find_tiles(tx, pool_id, tiles);
  std::vector<market::LogTileRow> rows;
  rows.reserve(tiles.size());
  for (const auto& [level, index] : tiles) {
    const auto hashes = found[static_cast<pqxx::result::size_type>(rows.size())][0];
    if (hashes.is_null()) {
      return {base::Errc::kNotFound,
              "the log has no tile " + std::to_string(index) + " of level " + std::to_string(level)};
    }
    rows.push_back({.level = level, .index = index, .hashes = bytes(hashes)});
  }
  return rows;
}

std::vector<market::AuditRow> read_log_entries(pqxx::transaction_base& tx, const std::string& pool_id,
                                               std::uint64_t from, std::uint64_t until) {
  const auto found = run(tx,
                         std::string("SELECT ") + kAuditColumns +
                             " FROM bourse.audit_entries WHERE pool_id = $1 AND index >= $2 AND index < $3 "
                             "ORDER BY index LIMIT " +
                             std::to_string(market::kMostLogEntries),
                         {{pool_id, as_bigint(from), as_bigint(until)}, {}});
  std::vector<market::AuditRow> rows;
  rows.reserve(static_cast<std::size_t>(found.size()));
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) rows.push_back(audit_row(found[i]));
  return rows;
}

RowSet checkpoint_set(const std::string& pool_id, const market::ItemQuery& query) {
  RowSet set;
  set.columns = "size, bourse.to_micros(at), note";
  set.table = "bourse.audit_checkpoints";
  const std::string pool = set.bind(pool_id);
  set.where =
      "pool_id = " + pool + " AND size = (SELECT max(size) FROM bourse.audit_checkpoints WHERE pool_id = " + pool + ")";
  if (query.own) set.where += " AND false";  // it is nobody's
  set.key = {"size"};
  set.id = "size";
  set.id_type = "bigint";
  return set;
}

market::Item checkpoint_item(const pqxx::row& row) {
  market::CheckpointRow checkpoint = checkpoint_row(row);
  market::Item item;
  item.id = std::to_string(checkpoint.size);
  item.kind = market::ItemKind::kCheckpoint;
  item.record = std::move(checkpoint.note);
  item.published = checkpoint.at;
  return item;
}

std::string checkpoint_id(const std::string& item_id) { return audit::parse_decimal(item_id) ? item_id : "-1"; }

const char* const kAuditColumns = "index, entry";

market::AuditRow audit_row(const pqxx::row& row) { return {.index = {count(row[0])}, .entry = bytes(row[1])}; }

market::AuditRecord audit_record(const pqxx::row& row) {
  market::AuditRecord record;
  record.index.value = count(row[0]);
  auto entry = audit::decode_entry(bytes(row[1]));
  if (!entry.ok()) throw Corrupt("audit entry " + text(row[0]) + ": " + entry.error().text);
  record.entry = std::move(entry).value();
  return record;
}

// In the words of the index audit_statements (migrations/0008), so that it can be used.
const char* const kLoadStatements =
    "SELECT DISTINCT ON (kind) index, entry FROM bourse.audit_entries WHERE pool_id = $pool AND kind BETWEEN 29 AND 31 "
    "ORDER BY kind, index DESC";

std::vector<market::LogTileRow> read_partial_tiles(pqxx::transaction_base& tx, const std::string& pool_id,
                                                   std::uint64_t size) {
  std::vector<market::LogTileId> wanted;
  for (unsigned level = 0; level < audit::kTileLevels; ++level) {
    if (audit::partial_width(level, size) == 0) continue;
    wanted.push_back({level, audit::hashes_at(level, size) / audit::kTileWidth});
  }
  const auto found = find_tiles(tx, pool_id, wanted);
  std::vector<market::LogTileRow> rows;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto hashes = found[static_cast<pqxx::result::size_type>(i)][0];
    if (hashes.is_null()) continue;
    rows.push_back({.level = wanted[i].level, .index = wanted[i].index, .hashes = bytes(hashes)});
  }
  return rows;
}

}  // namespace bourse::storage
