// Purpose: what survival is learned from: how long a provider stayed up, as far as somebody looked.
// Lifetime: value. Threads: free functions.
#pragma once

#include <vector>

#include "history/interval.h"

namespace bourse::history {

// A stretch of an up interval that was watched without a break. Its age counts from `born`; before `from` (delayed
// entry) and after `until` (right censoring, unless it ended) nothing is said. A gap or a window's edge leaves several
// stretches of one interval, each with its true age.
struct Run {
  base::Timestamp born;
  base::Timestamp from;
  base::Timestamp until;
  bool ended = false;  // at `until` it went down, and somebody looked
  friend bool operator==(const Run&, const Run&) = default;

  [[nodiscard]] base::Duration entry() const { return from - born; }
  [[nodiscard]] base::Duration exit() const { return until - born; }
};

// By time. A run ends when a down begins where it does; where nothing is known of what came after, it was only lost
// from sight.
[[nodiscard]] std::vector<Run> up_runs(const Intervals& intervals, const Gaps& gaps, const Window& window);

}  // namespace bourse::history
