// Purpose: a failure trace in memory, node by node, as benches ask about it.
// Threads: none.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "history/interval.h"

namespace bourse::bench {

struct Trace {
  std::vector<history::Intervals> nodes;  // merged
  std::size_t lines = 0;                  // intervals read
  bool same_again = false;                // what was written of them and read again is the same
  history::Window span;
};

// Plain text in Failure Trace Archive form (`-`: stdin). Any wrong line is an error.
[[nodiscard]] base::Result<Trace> read_trace(const std::string& path);

}  // namespace bourse::bench
