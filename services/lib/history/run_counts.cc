#include "history/run_counts.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Duration kWeek = hours(kHoursOfWeek);

double in_hours(Duration length) {
  return static_cast<double>(length.count()) / static_cast<double>(Duration(hours(1)).count());
}

// Calls visit(age class, hour of the week, hours) for each part of the run; whole weeks go all_week(class, weeks).
template <class Visit, class AllWeek>
void each_part(const Run& run, Duration east, Visit visit, AllWeek all_week) {
  for (Timestamp at = run.from; at < run.until;) {
    const std::size_t age = age_class(at - run.born);
    Timestamp until = run.until;
    if (age + 1 < kAgeClasses) until = std::min(until, run.born + age_class_begins(age + 1));
    if (const auto weeks = (until - at) / kWeek; weeks > 0) {
      all_week(age, static_cast<double>(weeks));
      at += weeks * kWeek;
    }
    while (at < until) {
      const Timestamp next = std::min(until, floor<hours>(at + east) + hours(1) - east);
      visit(age, hour_of_week(at, east), in_hours(next - at));
      at = next;
    }
  }
}

// The moment of an end belongs to the part before it.
struct End {
  std::size_t age;
  std::size_t hour;
};
End end_of(const Run& run, Duration east) {
  const Timestamp last = run.until - Duration(1);
  return {age_class(last - run.born), hour_of_week(last, east)};
}

template <class To, class More>
void add_each(To& to, const More& more) {
  std::ranges::transform(to, more, to.begin(), std::plus<>());
}

}  // namespace

std::size_t age_class(Duration age) {
  const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(age / minutes(1), 0));
  return std::min(static_cast<std::size_t>(std::bit_width(whole)), kAgeClasses - 1);
}

Duration age_class_begins(std::size_t index) {
  if (index == 0) return Duration::zero();
  if (index >= kAgeClasses) return Duration::max();
  return minutes(std::int64_t{1} << (index - 1));
}

void PoolCounts::add(const Run& run, Duration east) {
  if (run.until <= run.from) return;
  each_part(
      run, east, [&](std::size_t age, std::size_t hour, double time) { exposure[age][hour] += time; },
      [&](std::size_t age, double weeks) {
        for (double& hour : exposure[age]) hour += weeks;
      });
  if (!run.ended) return;
  const End end = end_of(run, east);
  ended[end.age][end.hour] += 1;
}

PoolCounts& PoolCounts::operator+=(const PoolCounts& more) {
  for (std::size_t age = 0; age < kAgeClasses; ++age) {
    add_each(exposure[age], more.exposure[age]);
    add_each(ended[age], more.ended[age]);
  }
  return *this;
}

void PoolCounts::fade(double factor) {
  for (auto* const table : {&exposure, &ended}) {
    for (Week& week : *table) {
      for (double& hour : week) hour *= factor;
    }
  }
}

void ProviderCounts::add(const Run& run, Duration east) {
  if (run.until <= run.from) return;
  each_part(
      run, east,
      [&](std::size_t age, std::size_t hour, double time) {
        exposure[age] += static_cast<float>(time);
        hour_exposure[day_hour(hour)] += static_cast<float>(time);
      },
      [&](std::size_t age, double weeks) {
        exposure[age] += static_cast<float>(weeks * kHoursOfWeek);
        for (std::size_t h = 0; h < kDayHours; ++h) hour_exposure[h] += static_cast<float>(weeks * (h < 24 ? 5 : 2));
      });
  if (run.ended) hour_ended[day_hour(end_of(run, east).hour)] += 1;
}

ProviderCounts& ProviderCounts::operator+=(const ProviderCounts& more) {
  add_each(exposure, more.exposure);
  add_each(hour_exposure, more.hour_exposure);
  add_each(hour_ended, more.hour_ended);
  return *this;
}

void ProviderCounts::fade(double factor) {
  const auto by = static_cast<float>(factor);
  for (float& value : exposure) value *= by;
  for (float& value : hour_exposure) value *= by;
  for (float& value : hour_ended) value *= by;
}

double ProviderCounts::ended() const { return std::accumulate(hour_ended.begin(), hour_ended.end(), 0.0); }

}  // namespace bourse::history
