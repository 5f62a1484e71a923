// Purpose: which of the offers that would do is best: the one with the least left over (best fit), so that
//   small work does not eat into machines that large work will ask for.
// Threads: free functions.
#pragma once

#include <string_view>

namespace bourse::matching {

// What one stored unit (a milli-unit or a byte) of a resource counts. A core counts 1; so do 4 GiB of
// memory, 100 GiB of storage, and one unit of anything unknown; a GPU counts 16, which keeps work without
// need of one away from machines that have it. Seats of services count nothing: one left free is no waste.
[[nodiscard]] double weight_of(std::string_view resource);

}  // namespace bourse::matching
