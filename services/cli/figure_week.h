// Purpose: the week as a heat map, seven days of 24 hours: when one may count on somebody.
// Lifetime: values. Threads: free functions.
#pragma once

#include <string>

#include "cli/figure_svg.h"
#include "history/week_profile.h"

namespace bourse::cli {

struct WeekFigure {
  history::WeekProfile week;
  std::string zone;      // whose clocks; empty: UTC
  std::string coverage;  // in words
};

[[nodiscard]] std::string week_text(const WeekFigure& figure, bool colour);
// Draws it with its top at `y`; gives where it ends.
[[nodiscard]] double draw_week(Svg& svg, double y, const WeekFigure& figure);

}  // namespace bourse::cli
