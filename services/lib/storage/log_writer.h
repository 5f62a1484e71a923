// Purpose: the audit log's tree as a part of a batch: tiles that are new or grew, and signed checkpoints.
// Lifetime: free functions. Threads: none.
#pragma once

#include <vector>

#include "market/batch.h"
#include "storage/table_call.h"

namespace bourse::storage {

// Appends a call for each of the batch's lists that has rows.
void add_log_calls(const market::Batch& batch, std::vector<TableCall>& calls);

}  // namespace bourse::storage
