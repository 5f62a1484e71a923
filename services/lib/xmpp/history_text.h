// Purpose: figures of availability in words for a person: the same on a command line, in a form and in a picture.
// Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "history/statistics.h"

namespace bourse::xmpp {

// "99.3 %", with as many digits as it takes to tell it from 100 and from 0 (at most four); none: "-".
[[nodiscard]] std::string percent(std::optional<double> share);

// To the two largest units: "12d 4h", "3m 20s"; none: "-".
[[nodiscard]] std::string in_short(std::optional<base::Duration> duration);

// "observed 87.5 % of the time": what every figure says with it.
[[nodiscard]] std::string coverage_words(const history::Statistics& figures);

// Why an interval ended, as the market says it; an archive's own reasons as numbers; 0: nothing.
[[nodiscard]] std::string reason_words(std::int32_t reason);

}  // namespace bourse::xmpp
