// Purpose: history in days of UTC, hour by hour: what is kept of every interval when it closes, so that months of
//   thousands of providers are sums of few rows. Cells of parts add up to the cells of the whole, exactly.
// Lifetime: values. Threads: free functions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "history/interval.h"
#include "history/statistics.h"

namespace bourse::history {

struct DayCell {
  static constexpr std::size_t kHours = 24;
  using Hours = std::array<base::Duration, kHours>;  // of one provider each at most an hour

  std::int32_t day = 0;       // since 1970-01-01, UTC
  std::uint32_t outages = 0;  // as Statistics counts them
  Hours up{};                 // observed, by hour of the day
  Hours down{};

  friend bool operator==(const DayCell&, const DayCell&) = default;
  DayCell& operator+=(const DayCell& more);  // of the same day
  [[nodiscard]] base::Duration up_total() const;
  [[nodiscard]] base::Duration down_total() const;
};

// By day; a day without anything observed has no cell.
using DayCells = std::vector<DayCell>;

// What of the intervals was observed in the window. Any order; a running interval counts until the window's end. Cells
// are as many as the days the intervals touch: the caller bounds the window.
[[nodiscard]] DayCells day_cells(const Intervals& intervals, const Gaps& gaps, const Window& window);

void add(DayCells& to, const DayCells& more);

[[nodiscard]] std::int32_t day_of(base::Timestamp at);
[[nodiscard]] base::Timestamp day_begins(std::int32_t day);

// Of the whole days of UTC in the window, which are also the window of the result, times `providers` whose cells these
// are. The same as statistics() of the intervals, except for longest_outage: days do not tell.
[[nodiscard]] Statistics statistics(const DayCells& cells, const Window& window, std::uint64_t providers = 1);

}  // namespace bourse::history
