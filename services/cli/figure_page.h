// Purpose: the pictures of one history together: in a terminal, and as one SVG with title, figures and legend.
// Lifetime: values. Threads: free functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/figure_days.h"
#include "cli/figure_survival.h"
#include "cli/figure_week.h"
#include "market/history_query.h"

namespace bourse::cli {

struct HistoryPage {
  std::string title;     // "Availability of lab@example.org"
  std::string subtitle;  // the figures in a line
  std::optional<DayFigure> days;
  std::optional<WeekFigure> week;
  std::optional<SurvivalFigure> survival;
  std::vector<market::ProviderHistory> compared;  // empty: none
};

// The pictures that a report has, except for the days. One for a pool is titled by its name.
[[nodiscard]] HistoryPage history_page(const market::HistoryReport& report, const std::string& title);

// Without title. `width`: columns of the terminal.
[[nodiscard]] std::string page_text(const HistoryPage& page, std::size_t width, bool colour);
[[nodiscard]] std::string page_svg(const HistoryPage& page);

}  // namespace bourse::cli
