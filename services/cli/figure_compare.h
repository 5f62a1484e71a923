// Purpose: providers side by side: a bar for how much of the observed time each was there, and how much was observed.
// Lifetime: values. Threads: free functions.
#pragma once

#include <string>
#include <vector>

#include "cli/figure_svg.h"
#include "market/history_query.h"

namespace bourse::cli {

[[nodiscard]] std::string compare_text(const std::vector<market::ProviderHistory>& providers, bool colour);
// Draws it with its top at `y`; gives where it ends.
[[nodiscard]] double draw_compare(Svg& svg, double y, const std::vector<market::ProviderHistory>& providers);

}  // namespace bourse::cli
