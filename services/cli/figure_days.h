// Purpose: one cell a day: how much of what was observed of it somebody was there.
// Lifetime: values. Threads: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/figure_svg.h"
#include "history/interval.h"
#include "market/history_query.h"

namespace bourse::cli {

inline constexpr std::size_t kMostDayCells = 90;

struct DayFigure {
  struct Cell {
    std::int32_t day = 0;
    std::optional<double> share;  // none: nothing observed
  };
  std::vector<Cell> cells;  // day by day
  std::string coverage;     // in words
};

// The last kMostDayCells days of the window. `providers`: whose days these are.
[[nodiscard]] DayFigure day_figure(const std::vector<market::DayShare>& days, const history::Window& window,
                                   std::uint64_t providers);

// Rows of at most `width` columns, each with the date of its first day, and what the signs mean.
[[nodiscard]] std::string days_text(const DayFigure& figure, std::size_t width, bool colour);
// Draws it with its top at `y`; gives where it ends.
[[nodiscard]] double draw_days(Svg& svg, double y, const DayFigure& figure);

// "2026-11-22"
[[nodiscard]] std::string date_text(std::int32_t day);

}  // namespace bourse::cli
