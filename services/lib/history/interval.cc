#include "history/interval.h"

#include <algorithm>
#include <utility>

namespace bourse::history {
namespace {

using domain::AvailabilityInterval;

bool is_empty(const AvailabilityInterval& interval) { return interval.until && *interval.until <= interval.since; }

// A running interval ends after every other.
bool ends_before(const std::optional<base::Timestamp>& a, const std::optional<base::Timestamp>& b) {
  return a && (!b || *a < *b);
}

bool reaches(const AvailabilityInterval& interval, base::Timestamp at) {
  return !interval.until || *interval.until >= at;
}

}  // namespace

Intervals merge(Intervals intervals) {
  std::stable_sort(intervals.begin(), intervals.end(), [](const auto& a, const auto& b) { return a.since < b.since; });
  Intervals merged;
  for (auto& interval : intervals) {
    if (is_empty(interval)) continue;
    if (!merged.empty() && reaches(merged.back(), interval.since)) {
      AvailabilityInterval& last = merged.back();
      if (last.presence == interval.presence) {
        if (ends_before(last.until, interval.until)) last.until = interval.until;
        continue;
      }
      last.until = interval.since;
      if (is_empty(last)) merged.pop_back();
      // Without the one between, its neighbours may touch.
      if (!merged.empty() && merged.back().presence == interval.presence && reaches(merged.back(), interval.since)) {
        merged.back().until = interval.until;
        continue;
      }
    }
    merged.push_back(std::move(interval));
  }
  return merged;
}

Intervals clip(const Intervals& intervals, const Window& window) {
  Intervals clipped;
  for (const auto& interval : intervals) {
    AvailabilityInterval part = interval;
    part.since = std::max(interval.since, window.since);
    part.until = std::min(interval.until.value_or(window.until), window.until);
    if (!is_empty(part)) clipped.push_back(part);
  }
  return clipped;
}

std::optional<double> Totals::up_share() const {
  const base::Duration observed = up + down;
  if (observed <= base::Duration::zero()) return std::nullopt;
  return static_cast<double>(up.count()) / static_cast<double>(observed.count());
}

Totals sum_up(const Intervals& intervals, const Window& window) {
  Totals totals;
  for (const auto& interval : clip(merge(intervals), window)) {
    const base::Duration length = *interval.until - interval.since;
    (interval.presence == domain::Presence::kUp ? totals.up : totals.down) += length;
  }
  return totals;
}

}  // namespace bourse::history
