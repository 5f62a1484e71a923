#include "history/statistics.h"

#include <algorithm>

namespace bourse::history {

using base::Duration;

Statistics& Statistics::operator+=(const Statistics& more) {
  window += more.window;
  up += more.up;
  down += more.down;
  outages += more.outages;
  longest_outage = std::max(longest_outage, more.longest_outage);
  return *this;
}

std::optional<double> Statistics::availability() const {
  if (observed() <= Duration::zero()) return std::nullopt;
  return static_cast<double>(up.count()) / static_cast<double>(observed().count());
}

double Statistics::coverage() const {
  if (window <= Duration::zero()) return 0;
  return static_cast<double>(observed().count()) / static_cast<double>(window.count());
}

std::optional<Duration> Statistics::mtbf() const {
  if (outages == 0) return std::nullopt;
  return up / static_cast<Duration::rep>(outages);
}

std::optional<Duration> Statistics::mttr() const {
  if (outages == 0) return std::nullopt;
  return down / static_cast<Duration::rep>(outages);
}

Statistics statistics(const Intervals& intervals, const Gaps& gaps, const Window& window) {
  const Intervals ordered = merge(intervals);
  const Gaps unseen = merge(gaps);
  Statistics sums;
  sums.window = window.length();
  std::size_t last = ordered.size();
  Duration of_last{};
  for (const auto& [index, time] : observed(ordered, unseen, window)) {
    if (ordered[index].presence == domain::Presence::kUp) {
      sums.up += time.length();
      continue;
    }
    sums.down += time.length();
    if (index != last) of_last = Duration::zero();
    last = index;
    of_last += time.length();
    sums.longest_outage = std::max(sums.longest_outage, of_last);
    // The first stretch begins where the down does unless a gap or the window's edge hides that.
    if (time.since == ordered[index].since) ++sums.outages;
  }
  return sums;
}

}  // namespace bourse::history
