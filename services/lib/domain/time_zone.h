// Purpose: the one place where an IANA name becomes a time zone, so that opening times and history agree on what a zone
//   is and what is said of one that does not exist.
// Lifetime: zones live as long as the process. Threads: any; zones are read once and const.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace date {
class time_zone;
}

namespace bourse::domain {

// Could name one: whether it does is find_zone()'s to say.
[[nodiscard]] bool is_zone_name(std::string_view name);
// kInvalidPayload names a zone that does not exist; kUnavailable: this machine has no database of zones.
[[nodiscard]] base::Result<const date::time_zone*> find_zone(std::string_view name);
// How far its clocks are ahead of UTC at that moment. Errors as above.
[[nodiscard]] base::Result<base::Duration> east_of(std::string_view name, base::Timestamp at);

}  // namespace bourse::domain
