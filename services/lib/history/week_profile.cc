#include "history/week_profile.h"

#include <date/tz.h>

#include <algorithm>
#include <functional>

#include "domain/time_zone.h"

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::seconds;

constexpr Duration kWeek = hours(kHoursOfWeek);

// The clock of a zone, asked about rising times.
class Clock {
 public:
  explicit Clock(const date::time_zone* zone) : zone_(zone) {}

  // Ahead of UTC at that moment, and until when it stays so.
  std::pair<Duration, Timestamp> at(Timestamp moment) {
    if (zone_ == nullptr) return {Duration::zero(), Timestamp::max()};
    if (moment < from_ || moment >= until_) {
      const auto info = zone_->get_info(floor<seconds>(moment));
      // Zones say "for ever" with seconds that overflow microseconds.
      constexpr auto kFarthest = std::chrono::time_point_cast<seconds>(Timestamp::max());
      from_ = std::max(info.begin, date::sys_seconds(-kFarthest.time_since_epoch()));
      until_ = std::min(info.end, date::sys_seconds(kFarthest.time_since_epoch()));
      east_ = info.offset;
    }
    return {east_, until_};
  }

 private:
  const date::time_zone* zone_;
  Timestamp from_ = Timestamp::max();
  Timestamp until_ = Timestamp::min();
  Duration east_{};
};

base::Result<Clock> clock_of(std::string_view zone) {
  if (zone.empty() || zone == "UTC") return Clock(nullptr);
  const auto found = domain::find_zone(zone);
  if (!found) return found.error();
  return Clock(*found);
}

// Calls visit(hour of the week, time) for each part of the stretch.
template <class Visit>
void by_hour(Clock& clock, const Window& time, Visit visit) {
  for (Timestamp at = time.since; at < time.until;) {
    const auto [east, unchanged_until] = clock.at(at);
    const Timestamp local = at + east;
    Timestamp until = std::min(time.until, unchanged_until);
    const Timestamp hour_ends = floor<hours>(local) + hours(1) - east;
    until = std::min(until, hour_ends);
    visit(hour_of_week(at, east), until - at);
    at = until;
  }
}

// Whole weeks of one offset are an hour for each hour; only the rest is cut up.
void put(Clock& clock, Window time, std::array<Duration, kHoursOfWeek>& hour) {
  while (time.since < time.until) {
    const auto [east, unchanged_until] = clock.at(time.since);
    const Timestamp until = std::min(time.until, unchanged_until);
    const auto weeks = (until - time.since) / kWeek;
    for (Duration& one : hour) one += hours(1) * weeks;
    by_hour(clock, {time.since + weeks * kWeek, until}, [&](std::size_t h, Duration part) { hour[h] += part; });
    time.since = until;
  }
}

// An hour's worth over the hours of the clock it lies in, by whole seconds; the last part gets what division left over.
void spread(Clock& clock, Timestamp begins, Duration amount, std::array<Duration, kHoursOfWeek>& hour) {
  Duration left = amount;
  Duration time_left = hours(1);
  by_hour(clock, {begins, begins + hours(1)}, [&](std::size_t h, Duration part) {
    time_left -= part;
    const Duration share =
        time_left == Duration::zero() ? left : amount * floor<seconds>(part).count() / seconds(hours(1)).count();
    hour[h] += share;
    left -= share;
  });
}

}  // namespace

WeekProfile& WeekProfile::operator+=(const WeekProfile& more) {
  std::ranges::transform(up, more.up, up.begin(), std::plus<>());
  std::ranges::transform(down, more.down, down.begin(), std::plus<>());
  return *this;
}

std::optional<double> WeekProfile::share(std::size_t hour) const {
  const Duration observed = up.at(hour) + down.at(hour);
  if (observed <= Duration::zero()) return std::nullopt;
  return static_cast<double>(up.at(hour).count()) / static_cast<double>(observed.count());
}

std::size_t hour_of_week(Timestamp at, Duration east) {
  constexpr std::int64_t kThursday = 3 * 24;  // 1970-01-01 was one
  const std::int64_t hour = floor<hours>(at + east).time_since_epoch().count() + kThursday;
  constexpr auto kHours = static_cast<std::int64_t>(kHoursOfWeek);
  return static_cast<std::size_t>((hour % kHours + kHours) % kHours);
}

base::Result<WeekProfile> week_profile(const Intervals& intervals, const Gaps& gaps, const Window& window,
                                       std::string_view zone) {
  auto clock = clock_of(zone);
  if (!clock) return clock.error();
  const Intervals ordered = merge(intervals);
  WeekProfile profile;
  for (const auto& [index, time] : observed(ordered, merge(gaps), window)) {
    put(*clock, time, ordered[index].presence == domain::Presence::kUp ? profile.up : profile.down);
  }
  return profile;
}

base::Result<WeekProfile> week_profile(const DayCells& cells, std::string_view zone) {
  auto clock = clock_of(zone);
  if (!clock) return clock.error();
  WeekProfile profile;
  for (const DayCell& cell : cells) {
    for (std::size_t h = 0; h < DayCell::kHours; ++h) {
      if (cell.up[h] + cell.down[h] == Duration::zero()) continue;
      const Timestamp begins = day_begins(cell.day) + hours(h);
      spread(*clock, begins, cell.up[h], profile.up);
      spread(*clock, begins, cell.down[h], profile.down);
    }
  }
  return profile;
}

}  // namespace bourse::history
