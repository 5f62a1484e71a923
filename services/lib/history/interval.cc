#include "history/interval.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bourse::history {
namespace {

using base::Timestamp;
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
        if (ends_before(last.until, interval.until)) {
          last.until = interval.until;
          last.reason = interval.reason;
        }
        continue;
      }
      last.until = interval.since;
      if (is_empty(last)) merged.pop_back();
      // Without the one between, its neighbours may touch.
      if (!merged.empty() && merged.back().presence == interval.presence && reaches(merged.back(), interval.since)) {
        merged.back().until = interval.until;
        merged.back().reason = interval.reason;
        continue;
      }
    }
    merged.push_back(std::move(interval));
  }
  return merged;
}

Gaps merge(Gaps gaps) {
  std::ranges::sort(gaps, {}, &Window::since);
  Gaps merged;
  for (const Window& gap : gaps) {
    if (gap.until <= gap.since) continue;
    if (!merged.empty() && gap.since <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, gap.until);
    } else {
      merged.push_back(gap);
    }
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

std::vector<Observed> observed(const Intervals& intervals, const Gaps& gaps, const Window& window) {
  std::vector<Observed> stretches;
  std::size_t first_gap = 0;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    Timestamp at = std::max(intervals[i].since, window.since);
    const Timestamp end = std::min(intervals[i].until.value_or(window.until), window.until);
    while (first_gap < gaps.size() && gaps[first_gap].until <= at) ++first_gap;
    for (std::size_t gap = first_gap; at < end; ++gap) {
      const Timestamp seen_until = gap < gaps.size() ? std::min(gaps[gap].since, end) : end;
      if (at < seen_until) stretches.push_back({i, {at, seen_until}});
      if (gap == gaps.size()) break;
      at = std::max(at, gaps[gap].until);
    }
  }
  return stretches;
}

bool is_observed(Timestamp at, const Gaps& gaps) {
  const auto after = std::ranges::upper_bound(gaps, at, {}, &Window::since);
  return after == gaps.begin() || std::prev(after)->until <= at;
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
