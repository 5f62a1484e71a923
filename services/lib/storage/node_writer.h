// Purpose: the part of a batch that concerns nodes and who is barred: rows as arguments of the write functions.
// Threads: free functions, no state.
#pragma once

#include <string_view>
#include <vector>

#include "market/batch.h"
#include "storage/table_call.h"

namespace bourse::storage {

// Appends a call for each of the batch's lists that has rows, in the order they must be written.
void add_node_calls(const market::Batch& batch, std::vector<TableCall>& calls);

// As bourse.nodes.kind has it.
[[nodiscard]] std::string_view stored_kind(pubsub::NodeKind kind);

}  // namespace bourse::storage
