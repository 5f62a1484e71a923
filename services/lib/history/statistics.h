// Purpose: the figures people ask for first: how available, how much of it was seen, how often and how long away.
//   Sums only, so the figures of a pool or a group are those of its providers added up. Whatever is divided, is divided
//   by observed time or by outages that were observed: time in which nobody looked counts nowhere.
// Lifetime: values. Threads: free functions.
#pragma once

#include <cstdint>
#include <optional>

#include "history/interval.h"

namespace bourse::history {

struct Statistics {
  base::Duration window{};          // how long was asked about; Σ over providers
  base::Duration up{};              // observed, within the window
  base::Duration down{};            // observed, within the window
  std::uint64_t outages = 0;        // downs that begin in the window, at a moment when somebody looked
  base::Duration longest_outage{};  // the most observed time of one down within the window; 0: none, or not known

  friend bool operator==(const Statistics&, const Statistics&) = default;
  // Of providers, or of windows that follow one another; then longest_outage is the longest within one of them.
  Statistics& operator+=(const Statistics& more);

  [[nodiscard]] base::Duration observed() const { return up + down; }
  // up / observed, from 0 to 1; none when nothing was observed.
  [[nodiscard]] std::optional<double> availability() const;
  // observed / window, from 0 to 1; 0 of an empty window.
  [[nodiscard]] double coverage() const;
  // up / outages, and down / outages: availability is mtbf / (mtbf + mttr). None when no outage began.
  [[nodiscard]] std::optional<base::Duration> mtbf() const;
  [[nodiscard]] std::optional<base::Duration> mttr() const;
};

// Any intervals of one provider and any gaps, in any order; a running interval counts until the window's end, so no
// window may end after now.
[[nodiscard]] Statistics statistics(const Intervals& intervals, const Gaps& gaps, const Window& window);

}  // namespace bourse::history
