// Purpose: whether a provider is there to lend. Up while it has an open offer; transitions only.
// Lifetime: value. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "domain/jid.h"

namespace bourse::domain {

enum class Presence { kUp, kDown };
[[nodiscard]] std::string_view name(Presence presence);

struct AvailabilityChange {
  Jid provider;  // bare
  Presence presence = Presence::kUp;
  base::Timestamp at;
  friend bool operator==(const AvailabilityChange&, const AvailabilityChange&) = default;
};

// Why an interval ended, in the numbers of AvailabilityInterval::reason. Imported intervals have their archive's own.
enum class EndReason : std::int32_t {
  kUnknown = 0,
  kCameBack = 1,         // a down ended: an offer was published
  kWithdrawn = 2,        // the last offer was withdrawn or ran out
  kSessionGone = 3,      // its session went offline or did not answer
  kHeartbeatMissed = 4,  // its agent fell silent
  kUnobserved = 5,       // its domain could not be reached: nobody knows what became of it
};

// How often an agent may promise to be heard of; three missed, and its provider is down.
inline constexpr base::Duration kShortestHeartbeat = std::chrono::seconds(5);
inline constexpr base::Duration kLongestHeartbeat = std::chrono::hours(1);
inline constexpr char kHeartbeatBounds[] = "from 5 seconds to 1 hour";
[[nodiscard]] constexpr bool is_heartbeat(base::Duration every) {
  return kShortestHeartbeat <= every && every <= kLongestHeartbeat;
}

// What an agent says of its machine with each heartbeat. What it cannot measure is absent.
struct Load {
  std::optional<float> cpu = {};               // 0 to 1, of all cores
  std::optional<float> memory = {};            // 0 to 1
  std::optional<std::int64_t> disk_free = {};  // bytes
  std::optional<float> temperature = {};       // degrees Celsius
  friend bool operator==(const Load&, const Load&) = default;
};

// A closed or (until absent) running interval of one presence.
struct AvailabilityInterval {
  Presence presence = Presence::kUp;
  base::Timestamp since;
  std::optional<base::Timestamp> until;
  std::int32_t reason = 0;  // why it ended, as the Failure Trace Archive numbers reasons; 0: unknown
  friend bool operator==(const AvailabilityInterval&, const AvailabilityInterval&) = default;
};

}  // namespace bourse::domain
