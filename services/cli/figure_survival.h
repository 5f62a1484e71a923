// Purpose: how long runs last, as a curve: the share of those that came up which is still up at an age, and the band
//   around it. Ages on a logarithmic axis, because they go from minutes to months.
// Lifetime: values. Threads: free functions.
#pragma once

#include <string>
#include <vector>

#include "cli/figure_svg.h"
#include "history/survival.h"

namespace bourse::cli {

struct SurvivalFigure {
  std::vector<history::Survival::Step> steps;  // by age
  std::string coverage;                        // in words
};

// Of braille dots.
[[nodiscard]] std::string survival_text(const SurvivalFigure& figure, bool colour);
// Draws it with its top at `y`; gives where it ends.
[[nodiscard]] double draw_survival(Svg& svg, double y, const SurvivalFigure& figure);

}  // namespace bourse::cli
