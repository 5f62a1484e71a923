// Pictures of history: data in, text or SVG out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "cli/figure_colour.h"
#include "cli/figure_compare.h"
#include "cli/figure_page.h"
#include "history/day_rollup.h"

namespace bourse::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const base::Timestamp kNoon = history::day_begins(20'700) + 12h;

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST(FigureColour, GoesFromVermilionToBlue) {
  EXPECT_EQ(hex(share_colour(0)), "#d55e00");
  EXPECT_EQ(hex(share_colour(1)), "#0072b2");
  EXPECT_EQ(share_colour(-1), share_colour(0));
  EXPECT_EQ(share_colour(2), share_colour(1));
  EXPECT_EQ(terminal_colour({0, 0, 0}), 16);
  EXPECT_EQ(terminal_colour({255, 255, 255}), 231);
}

TEST(FigureColour, SignsTellNeverAndAlwaysFromAlmost) {
  EXPECT_EQ(height_sign(std::nullopt), kUnobservedSign);
  EXPECT_EQ(height_sign(0), "▁");
  EXPECT_EQ(height_sign(0.001), "▂");
  EXPECT_EQ(height_sign(0.999), "▇");
  EXPECT_EQ(height_sign(1), "█");
  EXPECT_EQ(shade_sign(0), "░");
  EXPECT_EQ(shade_sign(1), "█");
  EXPECT_EQ(tinted("x", 0.5, false), "x");
  EXPECT_THAT(tinted("x", 0.5, true), HasSubstr("\033[38;5;"));
  EXPECT_EQ(tinted("x", std::nullopt, true), "x");
}

TEST(DayFigure, HasACellForEachDayOfTheWindow) {
  const std::vector<market::DayShare> days = {{20'698, 12h, 12h}, {20'700, 6h, 0h}};
  const auto figure = day_figure(days, {history::day_begins(20'697), kNoon}, 1);
  ASSERT_EQ(figure.cells.size(), 4U);
  EXPECT_EQ(figure.cells[0].share, std::nullopt);
  EXPECT_EQ(figure.cells[1].share, 0.5);
  EXPECT_EQ(figure.cells[2].share, std::nullopt);
  EXPECT_EQ(figure.cells[3].share, 1.0);
  EXPECT_EQ(figure.coverage, "observed 35.7 % of the time");  // 30 of 84 hours
  EXPECT_EQ(days_text(figure, 80, false),
            "Day by day (observed 35.7 % of the time)\n"
            "2026-09-01  ·▅·█\n"
            "            ▁ never  ▅ half of the day  █ always there  · not observed\n");
}

TEST(DayFigure, HasTheLastNinetyDaysOfALongWindow) {
  const auto figure = day_figure({}, {history::day_begins(20'000), history::day_begins(20'701)}, 5);
  ASSERT_EQ(figure.cells.size(), kMostDayCells);
  EXPECT_EQ(figure.cells.back().day, 20'700) << "a window that ends at midnight does not touch the next day";
  EXPECT_EQ(figure.coverage, "observed 0 % of the time");
  const auto text = days_text(figure, 57, false);
  EXPECT_EQ(count(text, "\n"), 4U) << "two rows of 45, and what stands above and below";
}

TEST(WeekFigure, IsSevenRowsOf24) {
  WeekFigure figure{{}, "Europe/Berlin", "observed 50 % of the time"};
  figure.week.up.at(0) = 1h;
  figure.week.down.at(24) = 1h;
  figure.week.up.at(167) = 30min;
  figure.week.down.at(167) = 30min;
  const auto text = week_text(figure, false);
  EXPECT_THAT(text, HasSubstr("Europe/Berlin (observed 50 % of the time)"));
  EXPECT_THAT(text, HasSubstr("Mon  ██··"));
  EXPECT_THAT(text, HasSubstr("Tue  ░░··"));
  EXPECT_THAT(text, HasSubstr("··▓▓\n"));
  EXPECT_THAT(week_text(figure, true), HasSubstr("\033[38;5;"));
  Svg svg(860);
  EXPECT_GT(draw_week(svg, 0, figure), 100);
  const auto document = svg.document(200, "t");
  EXPECT_EQ(count(document, "<title>"), 1U + 168U);
  EXPECT_EQ(count(document, hex(share_colour(1))), 1U);
}

std::vector<history::Survival::Step> curve() {
  return {{1h, 10, 2, 0.8, 0.016}, {8h, 6, 3, 0.4, 0.03}, {72h, 2, 1, 0.2, 0.02}};
}

TEST(SurvivalFigure, SaysWhenHalfAreDown) {
  const auto text = survival_text({curve(), "observed 90 % of the time"}, false);
  EXPECT_THAT(text, HasSubstr("half of them are down after 8h"));
  EXPECT_THAT(text, HasSubstr("1h"));
  EXPECT_THAT(text, HasSubstr("3d"));
  EXPECT_EQ(count(text, "│"), 10U);
  EXPECT_THAT(survival_text({{{1h, 10, 1, 0.9, 0.01}}, "c"}, false), HasSubstr("more than half never went down"));
  EXPECT_THAT(survival_text({{}, "c"}, false), HasSubstr("Nobody was seen to go down"));
}

TEST(SurvivalFigure, DrawsAnyCurve) {
  const std::vector<std::vector<history::Survival::Step>> curves = {
      {},
      curve(),
      {{0s, 1, 1, 0, 0}},
      {{base::Duration(1), 5, 1, 0.8, 0.5}},
      {{24h * 365 * 40, 5, 1, 0.8, 0}},
      {{1s, 9, 1, 0.9, 0}, {24h * 365 * 40, 5, 1, 0.8, 0}}};
  for (const auto& steps : curves) {
    Svg svg(860);
    const double end = draw_survival(svg, 10, {steps, "c"});
    EXPECT_TRUE(std::isfinite(end));
    const auto document = svg.document(end, "t");
    EXPECT_THAT(document, Not(HasSubstr("nan")));
    EXPECT_THAT(document, Not(HasSubstr("inf")));
    EXPECT_FALSE(survival_text({steps, "c"}, true).empty());
  }
}

TEST(CompareFigure, NamesEachWithItsCoverage) {
  std::vector<market::ProviderHistory> providers(2);
  providers[0].provider = domain::Jid::parse("a@x").value();
  providers[0].statistics.window = 10h;
  providers[0].statistics.up = 4h;
  providers[0].statistics.down = 1h;
  providers[1].provider = domain::Jid::parse("b@x").value();
  providers[1].statistics.window = 10h;
  const auto text = compare_text(providers, false);
  EXPECT_THAT(text, HasSubstr("80.0 %  observed 50.0 % of the time"));
  EXPECT_EQ(count(text, "█"), 32U);
  EXPECT_THAT(text, HasSubstr("-  observed 0 % of the time"));
  Svg svg(860);
  EXPECT_GT(draw_compare(svg, 0, providers), 48);
}

TEST(HistoryPage, IsOneDocument) {
  market::HistoryReport report;
  report.since = kNoon - 24h * 30;
  report.until = kNoon;
  report.total.window = 24h * 30;
  report.total.up = 24h * 20;
  report.total.down = 24h * 5;
  report.total.outages = 1;
  report.total.longest_outage = 24h;
  report.week.emplace();
  report.survival = curve();
  auto page = history_page(report, "Availability of <b>&\x01\xFF'");
  page.days = day_figure({}, {report.since, report.until}, 1);
  EXPECT_THAT(page.subtitle, HasSubstr("80.0 % up · observed 83.3 % of the time · 1 outage, the longest 1d"));
  const auto svg = page_svg(page);
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt;&amp;"));
  EXPECT_THAT(svg, Not(HasSubstr("\x01")));
  for (const char* part : {"Day by day", "Hours of the week, UTC", "How long they stay up", "not observed"}) {
    EXPECT_THAT(svg, HasSubstr(part));
  }
  EXPECT_EQ(count(page_text(page, 80, false), "observed 83.3 % of the time"), 2U);
  EXPECT_THAT(page_text(page, 80, false), Not(HasSubstr("\033")));
}

}  // namespace
}  // namespace bourse::cli
