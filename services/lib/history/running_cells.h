// Purpose: what thousands of intervals that are running now add to a pool's days, without a cell for each: they all end
//   now, so that an hour is theirs wholly from the one after their beginning on.
// Lifetime: one report. Threads: none.
#pragma once

#include <cstdint>
#include <vector>

#include "domain/availability.h"
#include "history/day_rollup.h"

namespace bourse::history {

class RunningCells {
 public:
  // `window` ends now, or later. `gaps` must be merged.
  RunningCells(Gaps gaps, const Window& window);

  void add(domain::Presence presence, base::Timestamp since);
  // By day; the outages are those that began in the window while somebody looked.
  [[nodiscard]] DayCells cells() const;

 private:
  struct Hour {
    base::Duration observed{};  // of one interval that covers all of it
    std::int64_t up = 0;        // how many more cover this hour wholly than did the one before
    std::int64_t down = 0;
    base::Duration up_part{};  // of those that began in it
    base::Duration down_part{};
    std::uint32_t outages = 0;
  };

  [[nodiscard]] base::Duration observed(base::Timestamp since, base::Timestamp until) const;

  const Gaps gaps_;
  const Window window_;
  std::vector<Hour> hours_;
  base::Timestamp first_;  // when hours_ begin
};

}  // namespace bourse::history
