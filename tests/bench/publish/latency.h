// Purpose: how long an idle market takes to tell: from sending a publish to the subscriber's notification, and
//   from sending the fitting offer to the waiting request's grant known to both parties.
// Lifetime: one call. Threads: the caller's.
#pragma once

#include <string>
#include <vector>

#include "bench/publish/connection.h"
#include "bench/publish/histogram.h"

namespace bourse::bench {

// Two fresh sessions each; `samples` one after the other. `service` is the market's JID.
[[nodiscard]] Histogram measure_notifications(std::uint16_t port, const std::vector<Account>& accounts,
                                              const std::string& service, const std::string& offer, int samples);
[[nodiscard]] Histogram measure_grants(std::uint16_t port, const std::vector<Account>& accounts,
                                       const std::string& service, int samples);

}  // namespace bourse::bench
