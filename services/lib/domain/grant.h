// Purpose: one offer's share given to one request for a lease, and its life cycle (DESIGN §6).
// Lifetime: value. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/resources.h"

namespace bourse::domain {

enum class GrantState { kActive, kReleased, kExpired, kRevoked };
[[nodiscard]] std::string_view name(GrantState state);
[[nodiscard]] std::optional<GrantState> grant_state(std::string_view name);
[[nodiscard]] constexpr bool is_live(GrantState state) { return state == GrantState::kActive; }
// Whether the life cycle has the transition; nothing leaves a state that is not live.
[[nodiscard]] bool can_become(GrantState from, GrantState to);

struct Grant {
  GrantId id;  // also the fencing token: strictly increasing per pool, so per offer
  OfferId offer;
  RequestId request;
  Jid provider;  // bare
  Jid consumer;  // bare
  Resources resources;
  std::vector<DeviceShare> devices;  // which gpus of the offer, and how much of each
  GrantState state = GrantState::kActive;
  base::Timestamp started;
  base::Timestamp expires;
  std::optional<base::Timestamp> ended;
  std::string reason;  // why it ended, for a person
  friend bool operator==(const Grant&, const Grant&) = default;
};

}  // namespace bourse::domain
