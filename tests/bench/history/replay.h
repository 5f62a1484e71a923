// Purpose: whether it pays to prefer who will stay: a market of synthetic volunteers (volunteers.h) replayed through
//   the engine with the same requests under different preferences; the share of grants that broke because their
//   provider left before their end.
// Threads: none. The same seed gives the same figures.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

struct ReplayPlan {
  std::string hosts;  // lines of `hosts power`
  std::size_t volunteers = 2'000;
  double load = 0.25;  // of the cores that are on, what requests ask for on average
  std::uint64_t seed = 1;
};

// Prints figures; an exit code.
int measure_replay(const ReplayPlan& plan);

}  // namespace bourse::bench
