#include "cli/figure_page.h"

#include <fmt/format.h>

#include "cli/figure_colour.h"
#include "cli/figure_compare.h"
#include "cli/output.h"
#include "xmpp/history_text.h"

namespace bourse::cli {
namespace {

// "97.2 % up · observed 88.1 % of the time · 4 outages, the longest 1d 12h · 2026-10-21 to 2026-11-20"
std::string figures_line(const market::HistoryReport& report) {
  const auto& total = report.total;
  std::string line = total.availability() ? xmpp::percent(total.availability()) + " up" : "never observed";
  line += " · " + xmpp::coverage_words(total);
  line += fmt::format(" · {} outage{}", total.outages, total.outages == 1 ? "" : "s");
  if (total.longest_outage > base::Duration::zero()) line += ", the longest " + xmpp::in_short(total.longest_outage);
  if (report.provider_count > 1) line += fmt::format(" · {} providers", report.provider_count);
  return line +
         fmt::format(" · {} to {}", short_time(report.since).substr(0, 10), short_time(report.until).substr(0, 10));
}

double draw_legend(Svg& svg, double y) {
  constexpr double kMargin = 40;
  constexpr int kSwatches = 11;
  constexpr double kSize = 16;
  double x = kMargin;
  svg.text(x, y + 12, "never", {.size = 11, .fill = kFaint});
  x += 38;
  for (int i = 0; i < kSwatches; ++i) {
    const double share = static_cast<double>(i) / (kSwatches - 1);
    svg.rect(x, y, kSize, kSize - 2, hex(share_colour(share)), xmpp::percent(share));
    x += kSize;
  }
  svg.text(x + 6, y + 12, "always there, of the time observed", {.size = 11, .fill = kFaint});
  x += 240;
  svg.rect(x, y, kSize, kSize - 2, kUnobservedFill);
  svg.text(x + kSize + 6, y + 12, "not observed", {.size = 11, .fill = kFaint});
  return y + 26;
}

}  // namespace

HistoryPage history_page(const market::HistoryReport& report, const std::string& title) {
  HistoryPage page;
  page.title = title;
  page.subtitle = figures_line(report);
  const std::string coverage = xmpp::coverage_words(report.total);
  if (report.week) page.week = WeekFigure{*report.week, report.zone, coverage};
  if (report.survival) page.survival = SurvivalFigure{*report.survival, coverage};
  if (report.providers.size() > 1) page.compared = report.providers;
  return page;
}

std::string page_text(const HistoryPage& page, std::size_t width, bool colour) {
  std::string text;
  const auto add = [&text](const std::string& figure) { text.append(text.empty() ? "" : "\n").append(figure); };
  if (!page.compared.empty()) add(compare_text(page.compared, colour));
  if (page.days) add(days_text(*page.days, width, colour));
  if (page.week) add(week_text(*page.week, colour));
  if (page.survival) add(survival_text(*page.survival, colour));
  return text;
}

std::string page_svg(const HistoryPage& page) {
  constexpr double kWidth = 860;
  constexpr double kSpace = 22;
  Svg svg(kWidth);
  svg.text(40, 44, printable(page.title), {.size = 20, .bold = true});
  svg.text(40, 66, page.subtitle, {.size = 12, .fill = kFaint});
  double y = 86;
  if (page.days || page.week) y = draw_legend(svg, y) + 8;
  if (!page.compared.empty()) y = draw_compare(svg, y, page.compared) + kSpace;
  if (page.days) y = draw_days(svg, y, *page.days) + kSpace;
  if (page.week) y = draw_week(svg, y, *page.week) + kSpace;
  if (page.survival) y = draw_survival(svg, y, *page.survival) + kSpace;
  return svg.document(y, page.title);
}

}  // namespace bourse::cli
