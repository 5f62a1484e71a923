// Purpose: the algebra of availability: a provider's intervals put in order, cut to a window, and summed up
//   to the share of the observed time in which it was there.
// Lifetime: free functions over values. Threads: no state.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/availability.h"

namespace bourse::history {

using Intervals = std::vector<domain::AvailabilityInterval>;

struct Window {  // [since, until)
  base::Timestamp since{};
  base::Timestamp until{};
};

// By time and without overlap. Neighbours and overlapping intervals of one presence become one; where two
// presences overlap, the later beginning ends the earlier, as a transition does. Empty intervals vanish.
[[nodiscard]] Intervals merge(Intervals intervals);

// What of `intervals` lies in the window; a running interval ends where the window does.
[[nodiscard]] Intervals clip(const Intervals& intervals, const Window& window);

struct Totals {
  base::Duration up{};
  base::Duration down{};
  friend bool operator==(const Totals&, const Totals&) = default;

  // up / (up + down), from 0 to 1; none when nothing was observed.
  [[nodiscard]] std::optional<double> up_share() const;
};

// How long the provider was up and down within the window; time that no interval covers counts as neither.
[[nodiscard]] Totals sum_up(const Intervals& intervals, const Window& window);

}  // namespace bourse::history
