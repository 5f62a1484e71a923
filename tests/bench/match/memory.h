// Purpose: what an open offer costs in memory: state and index together, as a market has them loaded.
// Threads: the caller's only.
#pragma once

#include <cstdint>

namespace bourse::bench {

// Prints figures. To be called in a process that did nothing else.
void measure_memory(std::uint64_t offers);

}  // namespace bourse::bench
