// Purpose: reading nodes and the items of ordinary leaves: the sets that questions page through, and their rows.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <string>

#include "base/result.h"
#include "market/reader.h"
#include "storage/page_query.h"

namespace bourse::storage {

[[nodiscard]] pubsub::NodeKind node_kind(const pqxx::field& field);
[[nodiscard]] pubsub::Affiliation affiliation(const pqxx::field& field);

// The columns item_row() reads, in its order, of bourse.items; `payload`: the expression that gives it.
[[nodiscard]] std::string item_columns(const std::string& payload);
[[nodiscard]] pubsub::ItemRow item_row(const pqxx::row& row);

// kNotFound: no such node.
[[nodiscard]] base::Result<market::NodeAccess> read_access(pqxx::transaction_base& tx, const std::string& pool_id,
                                                           const domain::NodeName& node, const domain::Jid& bare);

// By name; rows are read by node_summary().
[[nodiscard]] RowSet node_set(const std::string& pool_id, const market::NodesQuery& query,
                              const market::Viewer& viewer);
[[nodiscard]] market::NodeSummary node_summary(const pqxx::row& row);

// What has not expired, in the order asked for; rows are read by item_row().
[[nodiscard]] RowSet node_item_set(const std::string& pool_id, const market::NodeItemsQuery& query);
[[nodiscard]] market::PageOf<pubsub::ItemRow> node_items_by_id(pqxx::transaction_base& tx, RowSet set,
                                                               const std::vector<std::string>& ids);

}  // namespace bourse::storage
