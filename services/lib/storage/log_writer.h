// Purpose: the audit log's tree as a part of a batch: tiles that are new or grew, and signed checkpoints.
// Lifetime: free functions. Threads: none.
#pragma once

#include <string>
#include <vector>

#include "audit/entry.h"
#include "market/batch.h"
#include "storage/table_call.h"

namespace bourse::storage {

// Appends a call for each of the batch's lists that has rows.
void add_log_calls(const market::Batch& batch, std::vector<TableCall>& calls);

// What the column `actor` of an entry holds, if anything: it is for those whom the provider's and the consumer's do not
// name already.
[[nodiscard]] std::string separate_actor(const audit::Entry& entry);

}  // namespace bourse::storage
