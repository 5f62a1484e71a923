// Purpose: the algebra of availability: a provider's intervals put in order, cut to a window, freed of the time in
//   which nobody looked, and summed up to the share of the observed time in which it was there.
// Lifetime: free functions over values. Threads: no state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/availability.h"

namespace bourse::history {

using Intervals = std::vector<domain::AvailabilityInterval>;

struct Window {  // [since, until)
  base::Timestamp since{};
  base::Timestamp until{};
  friend bool operator==(const Window&, const Window&) = default;
  [[nodiscard]] base::Duration length() const { return std::max(until - since, base::Duration::zero()); }
};

// When nobody looked: the service's own component or its link to the server was away. That is nobody's downtime.
using Gaps = std::vector<Window>;

// By time and without overlap. Neighbours and overlapping intervals of one presence become one; where two
// presences overlap, the later beginning ends the earlier, as a transition does. Empty intervals vanish.
[[nodiscard]] Intervals merge(Intervals intervals);
// By time, none touching another, none empty.
[[nodiscard]] Gaps merge(Gaps gaps);

// What of `intervals` lies in the window; a running interval ends where the window does.
[[nodiscard]] Intervals clip(const Intervals& intervals, const Window& window);

// A stretch of one interval in which somebody looked.
struct Observed {
  std::size_t interval = 0;  // its index
  Window time;
};
// What of `intervals` lies in the window and outside of `gaps`, in order; both must be merged. An interval that reaches
// across a gap gives a stretch on each side.
[[nodiscard]] std::vector<Observed> observed(const Intervals& intervals, const Gaps& gaps, const Window& window);
// Whether somebody looked at that moment. `gaps` must be merged.
[[nodiscard]] bool is_observed(base::Timestamp at, const Gaps& gaps);

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
