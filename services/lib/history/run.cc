#include "history/run.h"

namespace bourse::history {

std::vector<Run> up_runs(const Intervals& intervals, const Gaps& gaps, const Window& window) {
  const Intervals ordered = merge(intervals);
  const Gaps unseen = merge(gaps);
  std::vector<Run> runs;
  for (const auto& [index, time] : observed(ordered, unseen, window)) {
    const auto& interval = ordered[index];
    if (interval.presence != domain::Presence::kUp) continue;
    const bool goes_down = index + 1 < ordered.size() && interval.until == ordered[index + 1].since;
    const bool ended = goes_down && time.until == *interval.until && is_observed(time.until, unseen);
    runs.push_back({interval.since, time.since, time.until, ended});
  }
  return runs;
}

}  // namespace bourse::history
