#include "cli/figure_week.h"

#include <fmt/format.h>

#include <array>

#include "cli/figure_colour.h"
#include "xmpp/history_text.h"

namespace bourse::cli {
namespace {

constexpr std::array kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::size_t kHours = 24;

std::string title(const WeekFigure& figure) {
  return fmt::format("Hours of the week, {}", figure.zone.empty() ? "UTC" : figure.zone);
}

}  // namespace

std::string week_text(const WeekFigure& figure, bool colour) {
  std::string text = fmt::format("{} ({})\n     ", title(figure), figure.coverage);
  for (std::size_t hour = 0; hour < kHours; hour += 3) text += fmt::format("{:02}    ", hour);
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    text += fmt::format("{}  ", kDays.at(day));
    for (std::size_t hour = 0; hour < kHours; ++hour) {
      const auto share = figure.week.share(day * kHours + hour);
      const std::string_view sign = colour && share ? "█" : shade_sign(share);
      text += tinted(std::string(sign) + std::string(sign), share, colour);
    }
    text += '\n';
  }
  if (!colour) return text + "     ░ up to 25 %  ▒ to 50 %  ▓ to 75 %  █ more, of the time observed  · not observed\n";
  text += "     ";
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    text += fmt::format("{} {:.0f} %  ", tinted("█", share, true), share * 100);
  }
  text += fmt::format("of the time observed  {} not observed\n", kUnobservedSign);
  return text;
}

double draw_week(Svg& svg, double y, const WeekFigure& figure) {
  constexpr double kMargin = 40;
  constexpr double kLabels = 38;
  constexpr double kHeight = 20;
  svg.text(kMargin, y + 14, title(figure), {.size = 15, .bold = true});
  svg.text(svg.width() - kMargin, y + 14, figure.coverage, {.size = 12, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
  y += 26;
  const double left = kMargin + kLabels;
  const double wide = (svg.width() - kMargin - left) / static_cast<double>(kHours);
  for (std::size_t day = 0; day < kDays.size(); ++day) {
    const double top = y + static_cast<double>(day) * kHeight;
    svg.text(left - 8, top + 14, kDays.at(day), {.size = 12, .anchor = Svg::Anchor::kEnd});
    for (std::size_t hour = 0; hour < kHours; ++hour) {
      const auto share = figure.week.share(day * kHours + hour);
      svg.rect(left + static_cast<double>(hour) * wide, top, wide - 1, kHeight - 1,
               share ? hex(share_colour(*share)) : std::string(kUnobservedFill),
               fmt::format("{} {:02}:00: {}", kDays.at(day), hour, share ? xmpp::percent(share) : "not observed"));
    }
  }
  const double bottom = y + static_cast<double>(kDays.size()) * kHeight;
  for (std::size_t hour = 0; hour <= kHours; hour += 3) {
    const double x = left + static_cast<double>(hour) * wide;
    svg.line(x, bottom, x, bottom + 4, kFaint);
    svg.text(x, bottom + 16, fmt::format("{:02}:00", hour),
             {.size = 11, .anchor = Svg::Anchor::kMiddle, .fill = kFaint});
  }
  return bottom + 24;
}

}  // namespace bourse::cli
