// Purpose: what notices about subscriptions and deleted nodes keep in the event log beside the event itself: enough to
//   tell the same people again after a restart.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pubsub/outcome.h"
#include "pubsub/subscription_options.h"

namespace bourse::pubsub {

// The record of a retraction or a purge that nobody was told of.
inline constexpr const char* kQuietRecord = "quiet";

[[nodiscard]] std::string subscription_record(const SubscriptionInfo& now, const std::vector<domain::Jid>& to);
[[nodiscard]] std::string deletion_record(const std::string& redirect, const Recipients& to);
[[nodiscard]] std::vector<domain::Jid> recorded_addresses(std::string_view record);

}  // namespace bourse::pubsub
