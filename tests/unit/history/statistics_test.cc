#include "history/statistics.h"

#include <date/tz.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "history/day_rollup.h"
#include "history/week_profile.h"
#include "unit/history/bitmap.h"

namespace bourse::history {
namespace {

using base::Duration;
using std::chrono::days;
using std::chrono::hours;

Statistics by_bitmap(const Bitmap& map) {
  Statistics sums;
  sums.window = minutes(map.until - map.from);
  Duration of_this_down{};
  for (int m = 0; m < map.until; ++m) {
    if (map.was(m) != Bitmap::kDown) of_this_down = Duration::zero();
    if (m < map.from) continue;
    if (map.seen(m, Bitmap::kUp)) sums.up += minutes(1);
    if (!map.seen(m, Bitmap::kDown)) continue;
    sums.down += minutes(1);
    if (map.was(m - 1) != Bitmap::kDown) ++sums.outages;
    of_this_down += minutes(1);
    sums.longest_outage = std::max(sums.longest_outage, of_this_down);
  }
  return sums;
}

// The zone's own clock, read for every minute.
WeekProfile week_by_bitmap(const Bitmap& map) {
  WeekProfile profile;
  const auto* const zone = date::locate_zone(map.scene.zone.empty() ? "UTC" : map.scene.zone);
  for (int m = map.from; m < map.until; ++m) {
    const auto local = zone->to_local(std::chrono::floor<std::chrono::seconds>(map.at(m)));
    const auto day = date::floor<date::days>(local);
    const auto weekday = (date::weekday(day) - date::Monday).count();
    const auto hour = static_cast<std::size_t>(weekday * 24 + std::chrono::floor<hours>(local - day).count());
    if (map.seen(m, Bitmap::kUp)) profile.up[hour] += minutes(1);
    if (map.seen(m, Bitmap::kDown)) profile.down[hour] += minutes(1);
  }
  return profile;
}

DayCells cells_of(const Bitmap& map) { return day_cells(map.intervals, map.gaps, map.window()); }

RC_GTEST_PROP(Oracle, StatisticsAsMinuteByMinute, ()) {
  const Bitmap map = any_bitmap();
  RC_ASSERT(statistics(map.intervals, map.gaps, map.window()) == by_bitmap(map));
}

RC_GTEST_PROP(Oracle, WeekProfileAsMinuteByMinute, ()) {
  const Bitmap map = any_bitmap();
  const auto profile = week_profile(map.intervals, map.gaps, map.window(), map.scene.zone);
  RC_ASSERT(profile.ok());
  RC_ASSERT(*profile == week_by_bitmap(map));
}

RC_GTEST_PROP(Oracle, DayCellsAsMinuteByMinute, ()) {
  const Bitmap map = any_bitmap();
  std::map<int, DayCell> expected;
  for (int m = map.from; m < map.until; ++m) {
    if (!map.seen(m, Bitmap::kUp) && !map.seen(m, Bitmap::kDown)) continue;
    const int day = static_cast<int>(map.scene.begins.time_since_epoch().count()) + m / 1440;
    DayCell& cell = expected[day];
    cell.day = day;
    const auto hour = static_cast<std::size_t>(m / 60 % 24);
    (map.seen(m, Bitmap::kUp) ? cell.up : cell.down)[hour] += minutes(1);
    if (map.seen(m, Bitmap::kDown) && map.was(m - 1) != Bitmap::kDown) ++cell.outages;
  }
  const DayCells cells = cells_of(map);
  RC_ASSERT(cells.size() == expected.size());
  for (const DayCell& cell : cells) RC_ASSERT(cell == expected[cell.day]);
}

RC_GTEST_PROP(DayCells, OfPartsAddUpToTheWhole, ()) {
  const Bitmap map = any_bitmap();
  const auto middle = map.at(*rc::gen::inRange(map.from, map.until + 1)) + Duration(*rc::gen::inRange(0, 2) * 123'457);
  const auto split = std::min(middle, map.window().until);
  DayCells sum = day_cells(map.intervals, map.gaps, {split, map.window().until});
  add(sum, day_cells(map.intervals, map.gaps, {map.window().since, split}));
  RC_ASSERT(sum == cells_of(map));

  // Interval by interval, as they close.
  DayCells one_by_one;
  for (const auto& interval : merge(map.intervals)) add(one_by_one, day_cells({interval}, map.gaps, map.window()));
  RC_ASSERT(one_by_one == cells_of(map));
}

RC_GTEST_PROP(Pool, IsTheSumOfItsProviders, ()) {
  const Scene scene = *rc::gen::elementOf(scenes());
  const std::uint64_t providers = *rc::gen::inRange<std::uint64_t>(1, 5);
  const Window window{base::Timestamp(scene.begins + days(1)), base::Timestamp(scene.begins + days(8))};
  Statistics pool;
  Statistics by_minutes;
  WeekProfile week;
  WeekProfile week_by_minutes;
  DayCells cells;
  for (std::uint64_t i = 0; i < providers; ++i) {
    Bitmap map = any_bitmap(scene);
    map.from = 1440;
    map.until = 8 * 1440;
    pool += statistics(map.intervals, map.gaps, window);
    by_minutes += by_bitmap(map);
    week += *week_profile(map.intervals, map.gaps, window, scene.zone);
    week_by_minutes += week_by_bitmap(map);
    add(cells, cells_of(map));
  }
  RC_ASSERT(pool == by_minutes);
  RC_ASSERT(week == week_by_minutes);
  pool.longest_outage = {};
  RC_ASSERT(statistics(cells, window, providers) == pool);
  Duration time{};
  const auto from_cells = week_profile(cells, scene.zone);
  RC_ASSERT(from_cells.ok());
  for (std::size_t h = 0; h < kHoursOfWeek; ++h) time += from_cells->up[h] + from_cells->down[h];
  RC_ASSERT(time == pool.observed());
  if (scene.zone.empty() || scene.zone == "Europe/Berlin") RC_ASSERT(*from_cells == week);
}

base::Timestamp noon(int day) { return base::Timestamp(std::chrono::sys_days(days(20'000 + day)) + hours(12)); }

TEST(Statistics, FiguresOfOneExample) {
  // 2 days up, 12 hours away of which 6 nobody looked, 12 hours up; then nothing is known.
  const Intervals intervals = {{domain::Presence::kUp, noon(0), noon(2)},
                               {domain::Presence::kDown, noon(2), noon(2) + hours(12)},
                               {domain::Presence::kUp, noon(2) + hours(12), noon(3)}};
  const Gaps gaps = {{noon(2) + hours(2), noon(2) + hours(8)}};
  const auto figures = statistics(intervals, gaps, {noon(0), noon(4)});
  EXPECT_EQ(figures.up, hours(60));
  EXPECT_EQ(figures.down, hours(6));
  EXPECT_EQ(figures.outages, 1U);
  EXPECT_EQ(figures.longest_outage, hours(6));
  EXPECT_DOUBLE_EQ(*figures.availability(), 60.0 / 66);
  EXPECT_DOUBLE_EQ(figures.coverage(), 66.0 / 96);
  EXPECT_EQ(*figures.mtbf(), hours(60));
  EXPECT_EQ(*figures.mttr(), hours(6));
}

struct OutageCase {
  std::string name;
  Gaps gaps;
  std::uint64_t outages;
};

TEST(Statistics, AnOutageCountsOnlyWhereItsBeginningWasSeen) {
  const Intervals intervals = {{domain::Presence::kUp, noon(0), noon(1)},
                               {domain::Presence::kDown, noon(1), noon(2)},
                               {domain::Presence::kUp, noon(2), std::nullopt}};
  const std::vector<OutageCase> cases = {
      {"no gap", {}, 1},
      {"the gap ends where it begins", {{noon(0), noon(1)}}, 1},
      {"the gap begins with it", {{noon(1), noon(1) + hours(1)}}, 0},
      {"the gap hides it", {{noon(0), noon(2)}}, 0},
      {"the gap is within", {{noon(1) + hours(1), noon(1) + hours(2)}}, 1},
      {"reversed and empty gaps are none", {{noon(2), noon(0)}, {noon(1), noon(1)}}, 1},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(statistics(intervals, test.gaps, {noon(0), noon(3)}).outages, test.outages) << test.name;
  }
  EXPECT_EQ(statistics(intervals, {}, {noon(1) + hours(1), noon(3)}).outages, 0U) << "begun before the window";
  EXPECT_EQ(statistics(intervals, {}, {noon(3), noon(0)}), Statistics{}) << "a reversed window";
}

TEST(Statistics, NothingSeenHasNoShare) {
  const auto figures = statistics({}, {}, {noon(0), noon(1)});
  EXPECT_EQ(figures.availability(), std::nullopt);
  EXPECT_EQ(figures.coverage(), 0);
  EXPECT_EQ(figures.mtbf(), std::nullopt);
  EXPECT_EQ(figures.mttr(), std::nullopt);
}

TEST(Gaps, Merge) {
  EXPECT_EQ(merge(Gaps{{noon(3), noon(4)}, {noon(0), noon(1)}, {noon(1), noon(2)}, {noon(0), noon(1)}}),
            (Gaps{{noon(0), noon(2)}, {noon(3), noon(4)}}));
  EXPECT_TRUE(is_observed(noon(2), {{noon(0), noon(2)}}));
  EXPECT_FALSE(is_observed(noon(0), {{noon(0), noon(2)}}));
}

TEST(WeekProfile, UnknownZonesAreNamed) {
  const auto unknown = week_profile(Intervals{}, {}, {noon(0), noon(1)}, "Europe/Nowhere");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, base::Errc::kInvalidPayload);
  EXPECT_NE(unknown.error().text.find("Europe/Nowhere"), std::string::npos) << unknown.error().text;
  EXPECT_FALSE(week_profile(DayCells{}, "../etc/passwd").ok());
}

TEST(WeekProfile, LongHistoriesAndTheirEnds) {
  const base::Timestamp monday{std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)};
  const auto profile =
      week_profile({{domain::Presence::kUp, monday, std::nullopt}}, {}, {monday, monday + hours(168 * 5 + 3)}, "UTC");
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(profile->up[2], hours(6));
  EXPECT_EQ(profile->up[3], hours(5));
  EXPECT_EQ(profile->share(0), 1.0);
  EXPECT_EQ(hour_of_week(monday), 0U);
  EXPECT_EQ(hour_of_week(monday - Duration(1)), 167U);
}

}  // namespace
}  // namespace bourse::history
