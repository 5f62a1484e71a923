#include "cli/figure_days.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/figure_colour.h"
#include "history/day_rollup.h"
#include "xmpp/history_text.h"
#include "xmpp/timestamps.h"

namespace bourse::cli {
namespace {

constexpr std::string_view kTitle = "Day by day";
constexpr double kMargin = 40;
constexpr double kHeight = 34;

}  // namespace

std::string date_text(std::int32_t day) { return xmpp::format_timestamp(history::day_begins(day)).substr(0, 10); }

DayFigure day_figure(const std::vector<market::DayShare>& days, const history::Window& window,
                     std::uint64_t providers) {
  DayFigure figure;
  if (window.since >= window.until) return figure;
  const std::int32_t last = history::day_of(window.until - base::Duration(1));
  const std::int32_t first =
      std::max(history::day_of(window.since), last - static_cast<std::int32_t>(kMostDayCells) + 1);
  for (std::int32_t day = first; day <= last; ++day) figure.cells.push_back({day, {}});
  history::Statistics total;
  for (const auto& day : days) {
    if (day.day < first || day.day > last || day.up + day.down == base::Duration::zero()) continue;
    const double observed = static_cast<double>((day.up + day.down).count());
    figure.cells[static_cast<std::size_t>(day.day - first)].share = static_cast<double>(day.up.count()) / observed;
    total.up += day.up;
    total.down += day.down;
  }
  const auto since = std::max(window.since, history::day_begins(first));
  total.window = (window.until - since) * static_cast<std::int64_t>(std::max<std::uint64_t>(providers, 1));
  figure.coverage = xmpp::coverage_words(total);
  return figure;
}

std::string days_text(const DayFigure& figure, std::size_t width, bool colour) {
  constexpr std::size_t kLabel = 12;
  const std::size_t per_row = std::clamp<std::size_t>(width > kLabel ? width - kLabel : 0, 20, kMostDayCells);
  std::string text = fmt::format("{} ({})\n", kTitle, figure.coverage);
  for (std::size_t at = 0; at < figure.cells.size(); at += per_row) {
    text += date_text(figure.cells[at].day) + "  ";
    for (std::size_t i = at; i < std::min(at + per_row, figure.cells.size()); ++i) {
      const auto& share = figure.cells[i].share;
      text += tinted(height_sign(share), share, colour);
    }
    text += '\n';
  }
  const auto sample = [colour](double share) { return tinted(height_sign(share), share, colour); };
  text += fmt::format("            {} never  {} half of the day  {} always there  {} not observed\n", sample(0),
                      sample(0.5), sample(1), kUnobservedSign);
  return text;
}

double draw_days(Svg& svg, double y, const DayFigure& figure) {
  svg.text(kMargin, y + 14, kTitle, {.size = 15, .bold = true});
  svg.text(svg.width() - kMargin, y + 14, figure.coverage, {.size = 12, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
  y += 26;
  const double step = (svg.width() - 2 * kMargin) / static_cast<double>(std::max<std::size_t>(figure.cells.size(), 1));
  const double wide = std::min(step, 24.0);
  const double gap = wide > 5 ? 1.2 : 0;
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  double free_from = 0;  // where a label may stand without touching the one before
  for (std::size_t i = 0; i < figure.cells.size(); ++i) {
    const auto& cell = figure.cells[i];
    const double x = kMargin + static_cast<double>(i) * wide;
    const std::string date = date_text(cell.day);
    svg.rect(x, y, wide - gap, kHeight, cell.share ? hex(share_colour(*cell.share)) : std::string(kUnobservedFill),
             date + ": " + (cell.share ? xmpp::percent(cell.share) : "not observed"));
    const bool begins = date.ends_with("-01");
    if ((!begins && i > 0) || x < free_from) continue;
    const auto month = static_cast<std::size_t>(std::stoi(date.substr(5, 2)) - 1);
    // The first of a month, or where the bar begins: there the day is told as well.
    const std::string label =
        begins ? fmt::format("{} {}", kMonths.at(month), date.substr(0, 4))
               : fmt::format("{} {} {}", std::stoi(date.substr(8)), kMonths.at(month), date.substr(0, 4));
    svg.line(x, y + kHeight, x, y + kHeight + 5, kFaint);
    svg.text(x, y + kHeight + 17, label, {.size = 11, .fill = kFaint});
    free_from = x + 7.5 * static_cast<double>(label.size());
  }
  return y + kHeight + 24;
}

}  // namespace bourse::cli
