// Purpose: the port for what an answer about history is made of, all of it as of one moment: what closes between two
//   reads would otherwise be counted twice, or not at all.
// Lifetime: as long as the function that Reader::history() handed it to. Threads: that function's.
// Errors: a store that fails in the middle throws through the function; Reader::history() says what went wrong.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "domain/jid.h"
#include "history/interval.h"
#include "market/history_query.h"
#include "market/rows.h"

namespace bourse::market {

class HistorySnapshot {
 public:
  virtual ~HistorySnapshot() = default;

  // Of each of them, in their order: intervals that touch the window, clipped to it, oldest first. kNotFound: one that
  // was never seen.
  [[nodiscard]] virtual base::Result<std::vector<history::Intervals>> intervals(
      const std::vector<domain::Jid>& providers, const history::Window& window) = 0;
  // Clipped to the window, oldest first.
  [[nodiscard]] virtual history::Gaps gaps(const history::Window& window) = 0;
  // Of the providers named, in no order, unknown ones left out; none named: of all of the pool.
  [[nodiscard]] virtual std::vector<ProviderNow> providers_now(const std::vector<domain::Jid>& providers) = 0;
  // Σ of closed intervals of the whole pool, [since, until) in hours since 1970, only hours with something; in order.
  [[nodiscard]] virtual std::vector<HourRow> hour_sums(std::int64_t since, std::int64_t until) = 0;
  [[nodiscard]] virtual HistoryAccess access(const domain::Jid& provider, const domain::Jid& viewer) = 0;
};

}  // namespace bourse::market
