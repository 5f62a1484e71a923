// Purpose: what prediction remembers of runs: time watched and runs ended, by age and by hour of the week. Counts of
//   parts add up to the counts of the whole, so they are kept as runs close and never made again from the beginning.
// Lifetime: plain values, stored as they are. Threads: none.
#pragma once

#include <array>
#include <cstdint>

#include "history/run.h"
#include "history/week_profile.h"

namespace bourse::history {

// Ages in classes that double: under a minute, one to two, two to four … over two years.
inline constexpr std::size_t kAgeClasses = 22;
[[nodiscard]] std::size_t age_class(base::Duration age);
// Where the class begins; that of kAgeClasses never does.
[[nodiscard]] base::Duration age_class_begins(std::size_t index);

// Hours of one provider's week: those of a working day and those of a weekend, 24 each.
inline constexpr std::size_t kDayHours = 48;
[[nodiscard]] constexpr std::size_t day_hour(std::size_t hour_of_week) {
  return hour_of_week % 24 + (hour_of_week < 5 * 24 ? 0 : 24);
}

// Of a pool: 59 KB. Exposure in hours.
struct PoolCounts {
  using Week = std::array<double, kHoursOfWeek>;
  std::array<Week, kAgeClasses> exposure{};
  std::array<Week, kAgeClasses> ended{};

  // `east`: how far the provider's clock is ahead of UTC, by which its week is counted.
  void add(const Run& run, base::Duration east = {});
  PoolCounts& operator+=(const PoolCounts& more);
  // Forgets: what was counted weighs that much less from now on.
  void fade(double factor);
};

// Of one provider: 472 bytes. Exposure in hours.
struct ProviderCounts {
  std::array<float, kAgeClasses> exposure{};
  std::array<float, kDayHours> hour_exposure{};
  std::array<float, kDayHours> hour_ended{};

  void add(const Run& run, base::Duration east = {});
  ProviderCounts& operator+=(const ProviderCounts& more);
  void fade(double factor);
  [[nodiscard]] double ended() const;
};

}  // namespace bourse::history
