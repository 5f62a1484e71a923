// Purpose: the whole life of one grant out of the audit log: its own entries, and those of its request and offer that
//   belong to it.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <vector>

#include "domain/ids.h"
#include "market/reader.h"

namespace bourse::cli {

// In order, each once. `around` may have entries of other grants, and of earlier or later lives of offer and request:
// what counts is from the last publication before the grant on, until it ended.
[[nodiscard]] std::vector<market::AuditRecord> grant_trail(domain::GrantId grant,
                                                           std::vector<market::AuditRecord> around);

}  // namespace bourse::cli
