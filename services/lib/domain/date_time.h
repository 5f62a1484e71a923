// Purpose: points in time as text (XEP-0082), exactly: what parses is what was written, to the microsecond, and nothing
//   else parses. Here because forms below `xmpp` carry times too.
// Threads: free functions, no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bourse::domain {

// CCYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm), years 1970 to 9999, at most six digits of fraction.
[[nodiscard]] std::optional<base::Timestamp> parse_date_time(std::string_view text);
// In UTC with Z; a fraction only where there is one.
[[nodiscard]] std::string format_date_time(base::Timestamp at);

}  // namespace bourse::domain
