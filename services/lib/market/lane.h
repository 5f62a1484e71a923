// Purpose: whose turn a command is in queues where each domain has a lane of its own (base/fair_queue.h): who sends
// much
//   waits for itself.
// Threads: free functions, no state.
#pragma once

#include <string>

#include "market/command.h"

namespace bourse::market {

// Its sender's domain, or the one it is about; an operator's own JID, so that no flood of his domain stands before what
// ends it. Empty: it concerns everybody, and must not change sides with anything.
[[nodiscard]] std::string lane_of(const Command& command, bool by_operator);

}  // namespace bourse::market
