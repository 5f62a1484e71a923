#include "history/predictor.h"

#include <algorithm>
#include <cmath>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::floor;
using std::chrono::hours;

constexpr int kRounds = 8;  // each factor is estimated given the others; they settle soon

double in_hours(Duration length) {
  return static_cast<double>(length.count()) / static_cast<double>(Duration(hours(1)).count());
}

// Events against what was expected, drawn to 1 as by `weight` events that came as expected.
double ratio(double ended, double expected, double weight) { return (ended + weight) / (expected + weight); }

}  // namespace

PoolModel PoolModel::fit(const PoolCounts& pool, std::span<const ProviderCounts> providers,
                         const Shrinkage& shrinkage) {
  PoolModel model;
  model.shrinkage_ = shrinkage;
  double all_time = 0;
  double all_ended = 0;
  std::array<double, kAgeClasses> ended{};
  for (std::size_t a = 0; a < kAgeClasses; ++a) {
    for (std::size_t h = 0; h < kHoursOfWeek; ++h) {
      all_time += pool.exposure[a][h];
      ended[a] += pool.ended[a][h];
    }
    all_ended += ended[a];
  }
  if (all_time <= 0) return model;
  const double mean = all_ended / all_time;
  // Hours of an age weigh by the frailty of who lived them.
  std::array<double, kAgeClasses> frailty_of_age;
  frailty_of_age.fill(1);
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t a = 0; a < kAgeClasses; ++a) {
      double time = 0;
      for (std::size_t h = 0; h < kHoursOfWeek; ++h) time += pool.exposure[a][h] * model.hour_[h];
      time *= frailty_of_age[a];
      // Towards the neighbour that is younger: hazards of ages change slowly.
      const double belief = a == 0 ? mean : model.hazard_[a - 1];
      const double weight = shrinkage.age;
      model.hazard_[a] = belief > 0 ? (ended[a] + weight) / (time + weight / belief) : 0;
    }
    for (std::size_t h = 0; h < kHoursOfWeek; ++h) {
      double expected = 0;
      double seen = 0;
      for (std::size_t a = 0; a < kAgeClasses; ++a) {
        expected += pool.exposure[a][h] * frailty_of_age[a] * model.hazard_[a];
        seen += pool.ended[a][h];
      }
      model.hour_[h] = ratio(seen, expected, shrinkage.hour);
    }
    if (providers.empty()) continue;
    std::array<double, kAgeClasses> time{};
    std::array<double, kAgeClasses> weighted{};
    for (const ProviderCounts& provider : providers) {
      const double frailty = model.of(provider).frailty;
      for (std::size_t a = 0; a < kAgeClasses; ++a) {
        time[a] += provider.exposure[a];
        weighted[a] += frailty * provider.exposure[a];
      }
    }
    for (std::size_t a = 0; a < kAgeClasses; ++a) frailty_of_age[a] = time[a] > 0 ? weighted[a] / time[a] : 1;
  }
  return model;
}

ProviderModel PoolModel::of(const ProviderCounts& provider) const {
  ProviderModel model;
  double expected = 0;
  double time = 0;
  for (std::size_t a = 0; a < kAgeClasses; ++a) {
    expected += provider.exposure[a] * hazard_[a];
    time += provider.exposure[a];
  }
  if (time <= 0) return model;
  const double frailty = ratio(provider.ended(), expected, shrinkage_.frailty);
  model.frailty = static_cast<float>(frailty);
  const double hazard = frailty * expected / time;
  for (std::size_t h = 0; h < kDayHours; ++h) {
    const std::size_t pool_hour = h < 24 ? h : 5 * 24 + h - 24;
    const double expected_then = provider.hour_exposure[h] * hazard * hour_[pool_hour];
    model.hour[h] = static_cast<float>(ratio(provider.hour_ended[h], expected_then, shrinkage_.own_hour));
  }
  return model;
}

double PoolModel::up_for(Duration further, const ProviderModel& provider, Duration age, Timestamp now,
                         Duration east) const {
  double sum = 0;
  Timestamp at = now;
  const Timestamp until = now + std::max(further, Duration::zero());
  const Timestamp born = now - age;
  std::size_t bin = age_class(age);
  std::size_t hour = hour_of_week(now, east);
  Timestamp hour_ends = floor<hours>(now + east) + hours(1) - east;
  constexpr double kNever = 50;  // e to the power of minus that is nothing
  while (at < until && sum * static_cast<double>(provider.frailty) < kNever) {
    Timestamp next = std::min(until, hour_ends);
    if (bin + 1 < kAgeClasses) next = std::min(next, born + age_class_begins(bin + 1));
    sum += in_hours(next - at) * hazard_[bin] * hour_[hour] * static_cast<double>(provider.hour[day_hour(hour)]);
    if (next == hour_ends) {
      hour = hour + 1 == kHoursOfWeek ? 0 : hour + 1;
      hour_ends += hours(1);
    }
    at = next;
    bin = age_class(at - born);
  }
  return std::exp(-sum * static_cast<double>(provider.frailty));
}

}  // namespace bourse::history
