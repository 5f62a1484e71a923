// Purpose: why a request waits, so that it is understood at a glance.
// Threads: free functions, no state.
#pragma once

#include <string>

#include "base/clock.h"
#include "cli/output.h"
#include "market/request_explanation.h"

namespace bourse::cli {

// A sentence; a table of what stands in its way; the nearest misses; what would help. Ends with a line's end.
[[nodiscard]] std::string explanation_page(const market::RequestExplanation& explanation, base::Timestamp now,
                                           bool colour);
void print_explanation(Format format, const market::RequestExplanation& explanation, base::Timestamp now);

}  // namespace bourse::cli
