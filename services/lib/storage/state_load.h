// Purpose: a pool's state out of the database, row by row through cursors: what the decider starts from.
// Errors: libpqxx exceptions and Corrupt (fields.h); the loader's own refusal is the result.
// Threads: the connection's.
#pragma once

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "market/store.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

// Reads in one snapshot, in the order StateLoader names. `between` is called between portions.
[[nodiscard]] base::Status load_state(pqxx::connection& connection, std::int64_t pool_id, domain::EventSeq delivered,
                                      market::StateLoader& loader, const std::function<void()>& between);

// The columns event_row() reads, in its order, of bourse.events.
extern const char* const kEventColumns;
[[nodiscard]] market::Event event_row(const pqxx::row& row);

// The columns grant_row() reads, in its order, of bourse.grants.
extern const char* const kGrantColumns;
[[nodiscard]] market::GrantRow grant_row(const pqxx::row& row);

}  // namespace bourse::storage
