// Purpose: the only place where anything is decided. decide() takes the market's state, one command and
//   the time, and gives the Plan; it does no I/O, and the same inputs always give the same plan.
// The state moves along with the plan: it is what the next command of the batch is decided against, and it
//   is thrown away and loaded again should the batch fail.
// Threads: the decider's only.
#pragma once

#include <cstddef>

#include "base/clock.h"
#include "market/command.h"
#include "market/plan.h"
#include "market/state.h"

namespace bourse::market {

// Of an offer's or request's record, and of a statement: what an entry of the log (audit::kMaxEntryBytes) has room for
// besides JIDs and ids.
inline constexpr std::size_t kMostLoggedBytes = 48 * 1024;

[[nodiscard]] Plan decide(State& state, const Command& command, base::Timestamp now);

}  // namespace bourse::market
