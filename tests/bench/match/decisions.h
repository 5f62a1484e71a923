// Purpose: how long the engine takes for one decision, without commands, events or a database.
// Threads: the caller's only.
#pragma once

#include <cstdint>

namespace bourse::bench {

// Prints figures: decisions at 10,000 and at `offers` offers, with constraints seen before and new ones; decisions that
// find nothing, of several kinds; devices; what a new offer wakes. In wall time, or in this thread's processor time
// where others use the machine as well.
void measure_decisions(int rounds, std::uint64_t offers, bool processor_time);

}  // namespace bourse::bench
