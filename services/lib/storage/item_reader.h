// Purpose: reading the items of the market's nodes: offers, requests, grants, availability, the last checkpoint.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <string>

#include "market/reader.h"
#include "storage/page_query.h"

namespace bourse::storage {

// What the viewer may see, in order; rows are read by item_of().
[[nodiscard]] RowSet item_set(const std::string& pool_id, const market::ItemQuery& query, const market::Viewer& viewer);
[[nodiscard]] market::Item item_of(market::ItemKind kind, const pqxx::row& row);
// The query's page with ids as the set has them: an id that cannot be one names nothing ("0", no grant's).
[[nodiscard]] market::Page page_of_values(const market::ItemQuery& query);
// The items that the query names, in its order.
[[nodiscard]] market::PageOf<market::Item> items_by_id(pqxx::transaction_base& tx, RowSet set,
                                                       const market::ItemQuery& query);

}  // namespace bourse::storage
