// Purpose: reading the audit log itself: checkpoints, tiles, the entries' bytes; and what of it a load begins with.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "market/reader.h"
#include "storage/page_query.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

// As market::Reader says.
[[nodiscard]] base::Result<market::CheckpointRow> read_checkpoint(pqxx::transaction_base& tx,
                                                                  const std::string& pool_id,
                                                                  std::optional<std::uint64_t> least);
[[nodiscard]] base::Result<std::vector<market::LogTileRow>> read_log_tiles(pqxx::transaction_base& tx,
                                                                           const std::string& pool_id,
                                                                           const std::vector<market::LogTileId>& tiles);
[[nodiscard]] std::vector<market::AuditRow> read_log_entries(pqxx::transaction_base& tx, const std::string& pool_id,
                                                             std::uint64_t from, std::uint64_t until);

// The item of the node `audit`: the last checkpoint.
[[nodiscard]] RowSet checkpoint_set(const std::string& pool_id, const market::ItemQuery& query);
[[nodiscard]] market::Item checkpoint_item(const pqxx::row& row);
// What the set's id column holds for an item id; "-1" for one that no checkpoint has.
[[nodiscard]] std::string checkpoint_id(const std::string& item_id);

// An entry's columns, and the entry: Corrupt when its bytes are none.
extern const char* const kAuditColumns;
[[nodiscard]] market::AuditRecord audit_record(const pqxx::row& row);

// For a load: the last statement of each kind. $pool stands for the pool's id.
extern const char* const kLoadStatements;
// The partial tiles of a tree of this size; fewer when some are missing, which the sequencer notices.
[[nodiscard]] std::vector<market::LogTileRow> read_partial_tiles(pqxx::transaction_base& tx, const std::string& pool_id,
                                                                 std::uint64_t size);
// The columns audit_row() reads, in its order, of bourse.audit_entries.
[[nodiscard]] market::AuditRow audit_row(const pqxx::row& row);

}  // namespace bourse::storage
