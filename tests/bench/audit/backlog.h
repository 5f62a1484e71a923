// Purpose: how many entries a second get into the tree: a market is started on a log whose entries nobody has
//   integrated, and everything is done when the checkpoint over all of them is durable.
// Threads: the caller's. The database is a market's without audit entries.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

struct BacklogPlan {
  std::string uri;
  std::string checkpoint;  // file for the last one
  std::uint64_t entries = 1'000'000;
};

// Prints figures.
void measure_backlog(const BacklogPlan& plan);

}  // namespace bourse::bench
