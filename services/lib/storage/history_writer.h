// Purpose: history's part of a batch: providers, what closed and its rollups, gaps, loads, counts. An interval that
//   crosses the beginning of a month becomes a row a month (ops/decisions/0017).
// Lifetime: free functions. Threads: none.
#pragma once

#include <vector>

#include "history/interval.h"
#include "market/batch.h"
#include "storage/table_call.h"

namespace bourse::storage {

// Appends a call for each of the batch's lists that has rows, in the order they must be written.
void add_history_calls(const market::Batch& batch, std::vector<TableCall>& calls);

// The first moment of the month (UTC) that `at` lies in, and of the one after it.
[[nodiscard]] base::Timestamp month_begins(base::Timestamp at);
[[nodiscard]] base::Timestamp month_ends(base::Timestamp at);
// Cut where months begin; nothing of an empty window.
[[nodiscard]] std::vector<history::Window> by_month(const history::Window& window);

}  // namespace bourse::storage
