// Purpose: answers a HistoryQuery: reads what is kept of the providers, or of the whole pool, and does the arithmetic.
//   Figures of providers come from their intervals and are exact; those of a pool come from sums by hour, and its
//   window is rounded to whole days (up to now).
// Lifetime: free function. Threads: any; the reader's rules apply.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "market/history_query.h"
#include "market/reader.h"

namespace bourse::market {

// kNotFound: a provider nobody saw. kForbidden: one whose history is not for the viewer. kInvalidPayload: no time, too
// much of it, too many providers, a zone that does not exist.
[[nodiscard]] base::Result<HistoryReport> answer_history(Reader& reader, const HistoryQuery& query,
                                                         const Viewer& viewer, const HistoryPolicy& policy);

}  // namespace bourse::market
