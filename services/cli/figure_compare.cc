#include "cli/figure_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/figure_colour.h"
#include "cli/output.h"
#include "xmpp/history_text.h"
#include "xmpp/xml_text.h"

namespace bourse::cli {
namespace {

constexpr std::string_view kTitle = "There, of the time observed";
constexpr std::size_t kLongestName = 36;

std::string shown_name(const market::ProviderHistory& provider) {
  const std::string& name = provider.provider.text();
  return printable(name.size() > kLongestName ? xmpp::clipped(name, kLongestName - 3) + "…" : name);
}

}  // namespace

std::string compare_text(const std::vector<market::ProviderHistory>& providers, bool colour) {
  constexpr double kCells = 40;
  std::size_t widest = 0;
  for (const auto& provider : providers) widest = std::max(widest, shown_name(provider).size());
  std::string text = fmt::format("{}\n", kTitle);
  for (const auto& provider : providers) {
    const auto share = provider.statistics.availability();
    std::string bar;
    const auto full = static_cast<int>(std::lround(share.value_or(0) * kCells));
    for (int i = 0; i < full; ++i) bar += "█";
    std::string rest;
    for (int i = full; i < static_cast<int>(kCells); ++i) rest += kUnobservedSign;
    text += fmt::format("{:<{}}  {}{}  {:>9}  {}\n", shown_name(provider), widest, tinted(bar, share, colour), rest,
                        xmpp::percent(share), xmpp::coverage_words(provider.statistics));
  }
  return text;
}

double draw_compare(Svg& svg, double y, const std::vector<market::ProviderHistory>& providers) {
  constexpr double kMargin = 40;
  constexpr double kLabels = 250;
  constexpr double kFigures = 190;
  constexpr double kRow = 24;
  svg.text(kMargin, y + 14, kTitle, {.size = 15, .bold = true});
  y += 28;
  const double left = kMargin + kLabels;
  const double width = svg.width() - kMargin - kFigures - left;
  for (const auto& provider : providers) {
    const auto share = provider.statistics.availability();
    svg.text(left - 10, y + 14, shown_name(provider), {.size = 12, .anchor = Svg::Anchor::kEnd});
    svg.rect(left, y + 3, width, kRow - 8, kUnobservedFill);
    if (share) svg.rect(left, y + 3, width * *share, kRow - 8, hex(share_colour(*share)), xmpp::percent(share));
    svg.text(left + width + 8, y + 14, xmpp::percent(share), {.size = 12});
    svg.text(svg.width() - kMargin, y + 14, "observed " + xmpp::percent(provider.statistics.coverage()),
             {.size = 11, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
    y += kRow;
  }
  for (const int share : {0, 25, 50, 75, 100}) {
    const double x = left + width * share / 100.0;
    svg.line(x, y, x, y + 4, kFaint);
    svg.text(x, y + 16, fmt::format("{} %", share), {.size = 11, .anchor = Svg::Anchor::kMiddle, .fill = kFaint});
  }
  return y + 24;
}

}  // namespace bourse::cli
