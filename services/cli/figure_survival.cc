#include "cli/figure_survival.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "cli/figure_colour.h"
#include "xmpp/history_text.h"

namespace bourse::cli {
namespace {

using base::Duration;
using Steps = std::vector<history::Survival::Step>;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kTitle = "How long they stay up";
constexpr std::string_view kNone = "Nobody was seen to go down in that time.";
constexpr double kBand = 1.96;

struct Tick {
  Duration age;
  std::string_view label;
};
constexpr std::array<Tick, 15> kTicks{{{minutes(1), "1m"},
                                       {minutes(5), "5m"},
                                       {minutes(15), "15m"},
                                       {hours(1), "1h"},
                                       {hours(3), "3h"},
                                       {hours(8), "8h"},
                                       {hours(24), "1d"},
                                       {hours(24 * 3), "3d"},
                                       {hours(24 * 7), "7d"},
                                       {hours(24 * 30), "30d"},
                                       {hours(24 * 90), "90d"},
                                       {hours(24 * 365), "1y"},
                                       {hours(24 * 365 * 2), "2y"},
                                       {hours(24 * 365 * 5), "5y"},
                                       {hours(24 * 365 * 10), "10y"}}};

// Where an age is between the ends of the axis, 0 to 1; both ends are ticks where there are such.
class AgeAxis {
 public:
  explicit AgeAxis(const Steps& steps) {
    first_ = kTicks.front().age;
    last_ = std::max(steps.back().age, first_ * 2);
    for (const auto& tick : kTicks) {
      if (tick.age <= steps.front().age && tick.age < steps.back().age) first_ = tick.age;
    }
    for (std::size_t i = kTicks.size(); i-- > 0;) {
      if (kTicks.at(i).age >= last_) end_ = kTicks.at(i).age;
    }
    last_ = end_.value_or(last_);
  }
  [[nodiscard]] double place(Duration age) const {
    return std::clamp(std::log(ratio(age, first_)) / std::log(ratio(last_, first_)), 0.0, 1.0);
  }
  [[nodiscard]] Duration age(double place) const {
    return Duration(std::llround(static_cast<double>(first_.count()) * std::pow(ratio(last_, first_), place)));
  }
  [[nodiscard]] bool has(Duration age) const { return age >= first_ && age <= last_; }

 private:
  static double ratio(Duration age, Duration to) {
    return static_cast<double>(std::max<std::int64_t>(age.count(), 1)) / static_cast<double>(to.count());
  }
  Duration first_{};
  Duration last_{};
  std::optional<Duration> end_;
};

double up_at(const Steps& steps, Duration age) {
  const auto after = std::ranges::upper_bound(steps, age, {}, &history::Survival::Step::age);
  return after == steps.begin() ? 1.0 : std::prev(after)->up;
}

std::optional<Duration> median(const Steps& steps) {
  for (const auto& step : steps) {
    if (step.up <= 0.5) return step.age;
  }
  return std::nullopt;
}

std::string median_words(const Steps& steps) {
  const auto half = median(steps);
  return half ? "half of them are down after " + xmpp::in_short(*half) : "more than half never went down";
}

// Dots of two by four in one character.
class DotCanvas {
 public:
  DotCanvas(std::size_t columns, std::size_t rows) : columns_(columns), cells_(columns * rows, 0) {}
  void set(std::size_t x, std::size_t y) {
    constexpr std::array<std::array<unsigned, 4>, 2> kDots{{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
    cells_.at(y / 4 * columns_ + x / 2) |= kDots.at(x % 2).at(y % 4);
  }
  [[nodiscard]] std::string row(std::size_t row) const {
    std::string text;
    for (std::size_t i = 0; i < columns_; ++i) {
      const unsigned code = 0x2800 + cells_.at(row * columns_ + i);
      if (code == 0x2800) {
        text += ' ';
        continue;
      }
      text += static_cast<char>(0xE0 | (code >> 12U));
      text += static_cast<char>(0x80 | ((code >> 6U) & 0x3FU));
      text += static_cast<char>(0x80 | (code & 0x3FU));
    }
    return text;
  }

 private:
  std::size_t columns_;
  std::vector<unsigned> cells_;
};

constexpr std::size_t kColumns = 64;
constexpr std::size_t kRows = 10;

DotCanvas curve(const Steps& steps, const AgeAxis& axis) {
  DotCanvas canvas(kColumns, kRows);
  constexpr std::size_t kWide = kColumns * 2;
  constexpr std::size_t kHigh = kRows * 4 - 1;
  std::size_t before = 0;
  for (std::size_t x = 0; x < kWide; ++x) {
    const double up = up_at(steps, axis.age(static_cast<double>(x) / (kWide - 1)));
    const auto y = static_cast<std::size_t>(std::lround((1 - up) * static_cast<double>(kHigh)));
    for (std::size_t dot = std::min(before, y); dot <= std::max(before, y); ++dot) canvas.set(x, dot);
    before = y;
  }
  return canvas;
}

std::string tick_line(const AgeAxis& axis) {
  std::string line;
  for (const auto& tick : kTicks) {
    if (!axis.has(tick.age)) continue;
    const auto at = static_cast<std::size_t>(std::lround(axis.place(tick.age) * (kColumns - 1)));
    const std::size_t begin = at + 1 > tick.label.size() / 2 ? at - std::min(at, tick.label.size() / 2) : 0;
    if (!line.empty() && begin < line.size() + 1) continue;
    line.resize(begin, ' ');
    line += tick.label;
  }
  return line;
}

struct Plot {
  double left;
  double top;
  double width;
  double height;
  [[nodiscard]] double y(double share) const { return top + (1 - share) * height; }
};

void draw_axes(Svg& svg, const Plot& plot, const AgeAxis& axis) {
  for (const int share : {0, 25, 50, 75, 100}) {
    const double y = plot.y(share / 100.0);
    svg.line(plot.left, y, plot.left + plot.width, y, share == 0 ? kFaint : kGrid);
    svg.text(plot.left - 8, y + 4, fmt::format("{} %", share),
             {.size = 11, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
  }
  double free_from = 0;
  for (const auto& tick : kTicks) {
    const double x = plot.left + axis.place(tick.age) * plot.width;
    if (!axis.has(tick.age) || x < free_from) continue;
    svg.line(x, plot.top + plot.height, x, plot.top + plot.height + 5, kFaint);
    svg.text(x, plot.top + plot.height + 17, tick.label, {.size = 11, .anchor = Svg::Anchor::kMiddle, .fill = kFaint});
    free_from = x + 30;
  }
  svg.text(plot.left + plot.width, plot.top + plot.height + 33, "time since they came up",
           {.size = 11, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
}

void draw_curve(Svg& svg, const Plot& plot, const AgeAxis& axis, const Steps& steps) {
  std::string line;
  std::string upper;
  std::vector<std::pair<double, double>> lower;
  double up = 1;
  double high = 1;
  double low = 1;
  const auto corner = [&](double x) {
    append_point(line, x, plot.y(up));
    append_point(upper, x, plot.y(high));
    lower.emplace_back(x, plot.y(low));
  };
  corner(plot.left);
  for (const auto& step : steps) {
    const double x = plot.left + axis.place(step.age) * plot.width;
    corner(x);
    const double half = kBand * std::sqrt(std::max(step.variance, 0.0));
    up = step.up;
    high = std::min(up + half, 1.0);
    low = std::max(up - half, 0.0);
    corner(x);
  }
  for (auto at = lower.rbegin(); at != lower.rend(); ++at) append_point(upper, at->first, at->second);
  const std::string blue = hex(share_colour(1));
  svg.polygon(upper, blue, 0.18);
  svg.polyline(line, blue, 2);
  if (const auto half = median(steps)) {
    const double x = plot.left + axis.place(*half) * plot.width;
    svg.line(plot.left, plot.y(0.5), x, plot.y(0.5), hex(share_colour(0)), 1, true);
    svg.line(x, plot.y(0.5), x, plot.y(0), hex(share_colour(0)), 1, true);
  }
}

}  // namespace

std::string survival_text(const SurvivalFigure& figure, bool colour) {
  std::string text = fmt::format("{} ({})\n", kTitle, figure.coverage);
  if (figure.steps.empty()) return text.append(kNone).append("\n");
  const AgeAxis axis(figure.steps);
  const DotCanvas canvas = curve(figure.steps, axis);
  for (std::size_t row = 0; row < kRows; ++row) {
    const char* label = row == 0 ? "100 %" : row == kRows / 2 ? " 50 %" : row + 1 == kRows ? "  0 %" : "     ";
    text += fmt::format("{} │{}\n", label, tinted(canvas.row(row), 1.0, colour));
  }
  text += "      └";
  for (std::size_t i = 0; i < kColumns; ++i) text += "─";
  return text + "\n       " + tick_line(axis) + "\n       still up, by the time since they came up; " +
         median_words(figure.steps) + "\n";
}

double draw_survival(Svg& svg, double y, const SurvivalFigure& figure) {
  constexpr double kMargin = 40;
  svg.text(kMargin, y + 14, kTitle, {.size = 15, .bold = true});
  svg.text(svg.width() - kMargin, y + 14, figure.coverage, {.size = 12, .anchor = Svg::Anchor::kEnd, .fill = kFaint});
  if (figure.steps.empty()) {
    svg.text(kMargin, y + 38, kNone, {.size = 12});
    return y + 48;
  }
  const AgeAxis axis(figure.steps);
  const Plot plot{kMargin + 46, y + 32, svg.width() - 2 * kMargin - 46, 220};
  draw_axes(svg, plot, axis);
  draw_curve(svg, plot, axis, figure.steps);
  svg.text(plot.left, plot.top + plot.height + 33,
           "share still up, with the band that holds it 19 times in 20; " + median_words(figure.steps),
           {.size = 11, .fill = kFaint});
  return plot.top + plot.height + 42;
}

}  // namespace bourse::cli
