// Purpose: filters that nothing can ever satisfy, such as (&(cpu>=8)(cpu<=4)): whoever wrote one made a mistake, and a
//   request with it would wait for ever. What is called contradictory is never true; what is not may be, because an
//   attribute may have several values and a filter too many alternatives to look at each.
// Threads: free functions, no state.
#pragma once

#include <optional>
#include <string>

#include "domain/filter.h"

namespace bourse::domain {

// In words, naming the comparisons that exclude each other; nothing when there is no contradiction to be seen.
// Of <needs/>, over an offer that validate() accepts.
[[nodiscard]] std::optional<std::string> contradiction_in_needs(const Filter& filter);
// Of <serves/>, over a consumer.
[[nodiscard]] std::optional<std::string> contradiction_in_serves(const Filter& filter);

}  // namespace bourse::domain
