// Purpose: <history/> of namespace urn:bourse:market:1, both ways: what is asked about availability, and the answer
//   (market/history_query.h says what each part means).
// Errors: as in payload.h. Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "market/history_query.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

inline constexpr std::size_t kMostCompared = 100;  // providers side by side
inline constexpr std::size_t kMostSteps = 200;     // of a survival curve that is told
inline constexpr std::size_t kMostGaps = 500;      // that are told: the latest

// jid='' is one provider, with its intervals unless intervals='false'; <provider jid=''/> elements are several side by
// side; neither is the whole pool. Without `until` it ends now, and never later; without `since` it begins 30 days
// before its end. A zone that does not exist is an error.
[[nodiscard]] base::Result<market::HistoryQuery> parse_history_query(const gloox::Tag& tag, base::Timestamp now);
[[nodiscard]] std::string render_history_query(const market::HistoryQuery& query);

// One provider's statistics are the total's as well. `page`: what was asked for; intervals or names that would make the
// stanza too big stay out, and the <set/> says which are there.
[[nodiscard]] base::Result<std::string> render_history(const market::HistoryReport& report,
                                                       const market::Page& page = {});
// Derived figures are checked and left; a curve's variance is that of its band.
[[nodiscard]] base::Result<market::HistoryReport> parse_history(const gloox::Tag& tag);

// The RSM id of an interval.
[[nodiscard]] std::string interval_id(const domain::AvailabilityInterval& interval);

}  // namespace bourse::xmpp
