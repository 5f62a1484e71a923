// Purpose: when in the week a provider is there: 168 hours of the wall clock of its zone, Monday 00:00 first. A change
//   of clocks leaves an hour out or brings one twice, in the profile as on the wall.
// Lifetime: values. Threads: free functions.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "history/day_rollup.h"
#include "history/interval.h"

namespace bourse::history {

inline constexpr std::size_t kHoursOfWeek = 168;

struct WeekProfile {
  std::array<base::Duration, kHoursOfWeek> up{};  // observed
  std::array<base::Duration, kHoursOfWeek> down{};

  friend bool operator==(const WeekProfile&, const WeekProfile&) = default;
  WeekProfile& operator+=(const WeekProfile& more);
  // up / (up + down) of one hour of the week; none when it was never observed.
  [[nodiscard]] std::optional<double> share(std::size_t hour) const;
};

// 0: Monday 00:00 to 01:00. `east`: how far the clock shown is ahead of UTC.
[[nodiscard]] std::size_t hour_of_week(base::Timestamp at, base::Duration east = {});

// Exact. `zone`: an IANA name, empty for UTC; the error names one that does not exist.
[[nodiscard]] base::Result<WeekProfile> week_profile(const Intervals& intervals, const Gaps& gaps, const Window& window,
                                                     std::string_view zone);

// From day cells: exact in zones whose clocks differ from UTC by whole hours; elsewhere an hour of UTC is split among
// the two hours of the clock as if its up time were spread evenly over it.
[[nodiscard]] base::Result<WeekProfile> week_profile(const DayCells& cells, std::string_view zone);

}  // namespace bourse::history
