// Purpose: times (XEP-0082) and durations (ISO 8601) as text, exactly: what parses is what was written,
//   to the microsecond, and nothing else parses.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace bourse::xmpp {

// CCYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm), years 1970 to 9999, at most six digits of fraction.
// kInvalidPayload says what was expected.
[[nodiscard]] base::Result<base::Timestamp> parse_timestamp(std::string_view text);
// In UTC with Z; a fraction only where there is one.
[[nodiscard]] std::string format_timestamp(base::Timestamp at);

// P[nD][T[nH][nM][n[.fraction]S]], at least one part, parts in this order. Years, months and weeks are
// refused: they have no fixed length or mix with nothing. kInvalidPayload says what was expected.
[[nodiscard]] base::Result<base::Duration> parse_duration(std::string_view text);
// The shortest form in days, hours, minutes and seconds; PT0S for nothing. Not for negative durations.
[[nodiscard]] std::string format_duration(base::Duration duration);

}  // namespace bourse::xmpp
