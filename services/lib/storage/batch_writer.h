// Purpose: one batch as one statement: each table's rows as arrays, one function call per table that has
//   rows (migrations/, "Writing a batch"), the calls nested in the order they must happen. One statement is
//   one transaction and one round trip.
// Lifetime: value, built for one commit. Threads: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "market/batch.h"
#include "storage/pqxx_dialect.h"
#include "storage/table_call.h"

namespace bourse::storage {

inline constexpr int kLeaseSeconds = 15;

struct BatchStatement {
  std::string name;              // of the prepared statement: the same tables give the same name
  std::vector<TableCall> calls;  // the first is done first
  Params params;                 // of all calls

  [[nodiscard]] std::string sql() const;
};

// kInvalidPayload: a row that could not be counted by slots (storage/slots.h).
[[nodiscard]] base::Result<BatchStatement> write_batch(std::int64_t pool_id, const market::Batch& batch);

}  // namespace bourse::storage
