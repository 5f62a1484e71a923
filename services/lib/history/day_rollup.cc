#include "history/day_rollup.h"

#include <algorithm>
#include <numeric>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

DayCell& cell_of(DayCells& cells, std::int32_t day) {
  if (cells.empty() || cells.back().day != day) {
    BOURSE_CHECK(cells.empty() || cells.back().day < day);
    cells.emplace_back().day = day;
  }
  return cells.back();
}

// Hour by hour.
void put(DayCells& cells, const Window& time, bool up) {
  for (Timestamp at = time.since; at < time.until;) {
    const Timestamp hour = floor<hours>(at);
    const Timestamp until = std::min<Timestamp>(hour + hours(1), time.until);
    DayCell& cell = cell_of(cells, day_of(at));
    const auto index = static_cast<std::size_t>((hour - floor<days>(at)) / hours(1));
    (up ? cell.up : cell.down)[index] += until - at;
    at = until;
  }
}

void add_hours(DayCell::Hours& to, const DayCell::Hours& more) {
  std::ranges::transform(to, more, to.begin(), std::plus<>());
}

}  // namespace

std::int32_t day_of(Timestamp at) { return static_cast<std::int32_t>(floor<days>(at).time_since_epoch().count()); }
Timestamp day_begins(std::int32_t day) { return Timestamp(days(day)); }

DayCell& DayCell::operator+=(const DayCell& more) {
  BOURSE_CHECK(day == more.day);
  outages += more.outages;
  add_hours(up, more.up);
  add_hours(down, more.down);
  return *this;
}

Duration DayCell::up_total() const { return std::accumulate(up.begin(), up.end(), Duration::zero()); }
Duration DayCell::down_total() const { return std::accumulate(down.begin(), down.end(), Duration::zero()); }

DayCells day_cells(const Intervals& intervals, const Gaps& gaps, const Window& window) {
  const Intervals ordered = merge(intervals);
  DayCells cells;
  for (const auto& [index, time] : observed(ordered, merge(gaps), window)) {
    const bool up = ordered[index].presence == domain::Presence::kUp;
    if (!up && time.since == ordered[index].since) ++cell_of(cells, day_of(time.since)).outages;
    put(cells, time, up);
  }
  return cells;
}

void add(DayCells& to, const DayCells& more) {
  DayCells sum;
  sum.reserve(std::max(to.size(), more.size()));
  auto a = to.begin();
  auto b = more.begin();
  while (a != to.end() || b != more.end()) {
    if (b == more.end() || (a != to.end() && a->day < b->day)) {
      sum.push_back(*a++);
    } else if (a == to.end() || b->day < a->day) {
      sum.push_back(*b++);
    } else {
      sum.push_back(*a++);
      sum.back() += *b++;
    }
  }
  to = std::move(sum);
}

Statistics statistics(const DayCells& cells, const Window& window, std::uint64_t providers) {
  const auto first = static_cast<std::int32_t>(std::chrono::ceil<days>(window.since).time_since_epoch().count());
  const std::int32_t end = std::max(first, day_of(window.until));
  Statistics sums;
  sums.window = days(end - first) * static_cast<std::int64_t>(providers);
  for (const DayCell& cell : cells) {
    if (cell.day < first || cell.day >= end) continue;
    sums.up += cell.up_total();
    sums.down += cell.down_total();
    sums.outages += cell.outages;
  }
  return sums;
}

}  // namespace bourse::history
