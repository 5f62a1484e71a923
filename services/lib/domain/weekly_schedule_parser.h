// Purpose: the text of a weekly schedule to the minutes of a week.
// Lifetime: free function, values. Threads: none.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace bourse::domain {

inline constexpr int kMinutesOfDay = 24 * 60;
inline constexpr int kMinutesOfWeek = 7 * kMinutesOfDay;

// Open [begin, end), in minutes of wall-clock time since Monday 00:00; an end beyond the week is in the next one.
struct WeekPeriod {
  int begin = 0;
  int end = 0;
  friend bool operator==(const WeekPeriod&, const WeekPeriod&) = default;
};

// Ascending, disjoint, and with a minute at least between them, across the end of the week too; open all week long:
// {0, kMinutesOfWeek}. The grammar is WeeklySchedule::parse's; the text must not be blank.
[[nodiscard]] base::Result<std::vector<WeekPeriod>> parse_week(std::string_view text);

}  // namespace bourse::domain
