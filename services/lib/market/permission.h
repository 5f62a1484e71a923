// Purpose: whether the policy of the pool lets somebody ask for something at all: the one table of which right each
//   command and each question needs. Operators need none, and the service itself is nobody.
// Threads: free functions, no state.
#pragma once

#include "base/result.h"
#include "market/query.h"
#include "market/state.h"

namespace bourse::market {

// kForbidden says what the policy opens to whom.
[[nodiscard]] base::Status permitted(const State& state, const Command& command);
[[nodiscard]] base::Status permitted(const AccessPolicy& policy, const Query& query);

}  // namespace bourse::market
