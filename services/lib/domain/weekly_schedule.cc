#include "domain/weekly_schedule.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "domain/ascii.h"
#include "domain/time_zone.h"
#include "domain/weekly_schedule_parser.h"

namespace bourse::domain {
namespace {

using base::Errc;
using base::Timestamp;
using std::chrono::seconds;
using Seconds = std::int64_t;  // since 1970: of UTC, or of the wall clock where it says local

constexpr Seconds kDay = 86'400;
constexpr Seconds kWeek = 7 * kDay;
constexpr Seconds kMonday = -3 * kDay;  // 1970-01-01 was a Thursday
// No zone ever moved its clocks by more than a day (Apia did, in 2011).
constexpr Seconds kMostShift = 26 * 3600;
// Opening times so far away are nobody's; the arithmetic is safe before.
constexpr Seconds kFirst = -62'135'596'800;  // year 1
constexpr Seconds kLast = 253'402'300'799;   // year 9999

constexpr Seconds floor_to(Seconds value, Seconds unit) {
  const Seconds rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

// Wall-clock time to UTC around one instant.
class WallClock {
 public:
  WallClock(const date::time_zone* zone, Seconds at) : zone_(zone) {
    if (zone_ == nullptr) return;
    const auto info = zone_->get_info(date::sys_seconds{seconds{at}});
    offset_ = info.offset.count();
    safe_from_ = info.begin.time_since_epoch().count() + kMostShift;
    safe_until_ = info.end.time_since_epoch().count() - kMostShift;
  }

  [[nodiscard]] Seconds offset() const { return offset_; }
  [[nodiscard]] Seconds beginning(Seconds local) const { return convert(local, true); }
  [[nodiscard]] Seconds end(Seconds local) const { return convert(local, false); }

 private:
  // Far from any change of clocks the difference is what it is at the instant.
  [[nodiscard]] Seconds convert(Seconds local, bool first_of_two) const {
    if (zone_ == nullptr || (local - offset_ >= safe_from_ && local - offset_ < safe_until_)) return local - offset_;
    const auto info = zone_->get_info(date::local_seconds{seconds{local}});
    if (info.result == date::local_info::nonexistent) return info.first.end.time_since_epoch().count();
    const bool second = info.result == date::local_info::ambiguous && !first_of_two;
    return local - (second ? info.second : info.first).offset.count();
  }

  const date::time_zone* zone_;
  Seconds offset_ = 0;
  Seconds safe_from_ = 0;
  Seconds safe_until_ = 0;
};

}  // namespace

struct WeeklySchedule::Table {
  const date::time_zone* zone = nullptr;  // null: UTC
  std::vector<WeekPeriod> periods;        // never the whole week

  struct Run {
    Seconds begin = 0;
    Seconds end = 0;
  };
  // The stretches of UTC in which it is open, in order, from one that begins (or is open) before `at` on.
  class Runs;
};

class WeeklySchedule::Table::Runs {
 public:
  Runs(const Table& table, Seconds at) : table_(table), clock_(table.zone, at), left_(table.periods.size() * 8 + 8) {
    const Seconds local = at + clock_.offset() - kMostShift;
    week_ = floor_to(local - kMonday, kWeek) + kMonday;
    const auto minute = static_cast<int>((local - week_) / 60);
    const auto& week_periods = table.periods;
    const auto after = std::upper_bound(week_periods.begin(), week_periods.end(), minute,
                                        [](int wanted, const WeekPeriod& period) { return wanted < period.begin; });
    if (after == week_periods.begin()) week_ -= kWeek;
    index_ =
        static_cast<std::size_t>((after == week_periods.begin() ? week_periods.end() : after) - week_periods.begin()) -
        1;
    ahead_ = occurrence();
  }

  // False once there is none for weeks to come.
  bool next(Run& run) {
    while (left_ > 0 && ahead_.end <= ahead_.begin) ahead_ = occurrence();  // a change of clocks left it out
    if (left_ == 0) return false;
    run = ahead_;
    // What is apart on the clock's face may touch in truth: an hour that never was lies between, or comes twice.
    for (ahead_ = occurrence(); left_ > 0 && ahead_.begin <= run.end; ahead_ = occurrence()) {
      run.end = std::max(run.end, ahead_.end);
    }
    return true;
  }

 private:
  Run occurrence() {
    --left_;
    const auto& period = table_.periods[index_];
    const Run run{clock_.beginning(week_ + Seconds{period.begin} * 60), clock_.end(week_ + Seconds{period.end} * 60)};
    if (++index_ == table_.periods.size()) {
      index_ = 0;
      week_ += kWeek;
    }
    return run;
  }

  const Table& table_;
  WallClock clock_;
  std::size_t left_;       // occurrences to look at, at most
  Seconds week_ = 0;       // local: the Monday of the occurrence to come …
  std::size_t index_ = 0;  // … and which period it is
  Run ahead_;
};

base::Result<WeeklySchedule> WeeklySchedule::parse(std::string_view text, std::string_view zone) {
  if (text.size() > kMaxLength) {
    return {Errc::kInvalidPayload, fmt::format("the schedule is longer than {} bytes", kMaxLength)};
  }
  Table table;
  if (!zone.empty() && zone != "UTC") {
    const auto found = find_zone(zone);
    if (!found) return {found.error().code, "schedule: " + found.error().text};
    table.zone = *found;
  }
  if (std::all_of(text.begin(), text.end(), is_space)) return WeeklySchedule();
  auto periods = parse_week(text);
  if (!periods) return periods.error();
  table.periods = std::move(periods).value();
  WeeklySchedule schedule;
  if (table.periods != std::vector<WeekPeriod>{{0, kMinutesOfWeek}}) {
    schedule.table_ = std::make_shared<const Table>(std::move(table));
  }
  return schedule;
}

std::optional<Timestamp> WeeklySchedule::open_until(Timestamp at) const {
  if (table_ == nullptr) return Timestamp::max();
  const Seconds second = std::chrono::floor<seconds>(at).time_since_epoch().count();
  if (second < kFirst || second > kLast) return std::nullopt;
  Table::Runs runs(*table_, second);
  Table::Run run;
  while (runs.next(run)) {
    if (run.end <= second) continue;
    if (run.begin > second) return std::nullopt;
    return Timestamp(seconds{run.end});
  }
  return std::nullopt;
}

Timestamp WeeklySchedule::next_opening(Timestamp at) const {
  if (table_ == nullptr) return Timestamp::max();
  const Seconds second = std::chrono::floor<seconds>(at).time_since_epoch().count();
  if (second < kFirst) return next_opening(Timestamp(seconds{kFirst}));
  if (second > kLast) return Timestamp::max();
  Table::Runs runs(*table_, second);
  Table::Run run;
  while (runs.next(run)) {
    if (run.begin > second) return Timestamp(seconds{run.begin});
  }
  return Timestamp::max();
}

}  // namespace bourse::domain
