// Purpose: whether a provider is there to lend. Up while it has an open offer; transitions only.
// Lifetime: value. Threads: none.
#pragma once

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

// A closed or (until absent) running interval of one presence.
struct AvailabilityInterval {
  Presence presence = Presence::kUp;
  base::Timestamp since;
  std::optional<base::Timestamp> until;
  friend bool operator==(const AvailabilityInterval&, const AvailabilityInterval&) = default;
};

}  // namespace bourse::domain
