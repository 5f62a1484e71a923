// Purpose: SYNTHETIC volunteers: the power of real hosts, and on/off behaviour that is made up. Each has a kind, a zone
//   and habits of its own, drawn once:
//   - always on (25 %): runs of 12 h to 30 days on average (log-uniform, each its own), away for 2 h on average;
//   - evenings (45 %): on at 17:00 ± 2 h, off at 23:00 ± 1 h, weekends from 10:00 ± 2 h; stays off 5 to 50 % of days;
//   - office (30 %): Monday to Friday, 8:00 ± 1 h to 18:00 ± 1.5 h; stays off 2 to 20 % of days; one in four is left on
//     overnight as often as not.
//   Each day varies around the habit by 30 min (standard deviation). Whoever is on is interrupted besides: at a rate of
//   its own, log-normal around once in 50 h (σ 1.2), for 20 min on average. Zones are those of UTC-8, -5, 0, +1, +8.
//   Many short runs and few that make up most of the time, with a daily and a weekly rhythm, are what studies of real
//   volunteers report (Javadi et al., 2011; Kondo et al., 2004); these figures are not fitted to their traces.
// Threads: none. The same seed gives the same volunteers.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "history/interval.h"

namespace bourse::bench {

struct Volunteer {
  std::int64_t cores = 1;
  base::Duration east{};  // of its clock
  history::Intervals intervals;
};

// `hosts`: lines of `hosts power`, in GFLOP/s, after an optional line with their number.
[[nodiscard]] base::Result<std::vector<Volunteer>> make_volunteers(const std::string& hosts, std::size_t count,
                                                                   const history::Window& span, std::uint64_t seed);

}  // namespace bourse::bench
