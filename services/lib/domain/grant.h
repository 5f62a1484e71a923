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

// Numbers are the database's.
enum class GrantState {
  kActive = 0,
  kReleased = 1,    // ended: given back by the consumer
  kExpired = 2,     // ended: its lease ran out
  kRevoked = 3,     // ended: taken back by the provider, the grace period over
  kProposed = 4,    // live: waits for its provider's word
  kReserved = 5,    // live: its lease begins later
  kReclaiming = 6,  // live: the provider wants it back, the consumer has the grace period to finish
  kSuspect = 7,     // live: its provider has vanished, for now
  kDeclined = 8,    // ended: the provider said no
  kTimedOut = 9,    // ended: the provider did not answer a proposal
  kLost = 10,       // ended: the provider did not come back
};
inline constexpr GrantState kGrantStates[] = {GrantState::kActive,     GrantState::kReleased, GrantState::kExpired,
                                              GrantState::kRevoked,    GrantState::kProposed, GrantState::kReserved,
                                              GrantState::kReclaiming, GrantState::kSuspect,  GrantState::kDeclined,
                                              GrantState::kTimedOut,   GrantState::kLost};
[[nodiscard]] std::string_view name(GrantState state);  // "active", "timed-out"
[[nodiscard]] std::optional<GrantState> grant_state(std::string_view name);
[[nodiscard]] constexpr bool is_live(GrantState state) {
  return state == GrantState::kActive || state == GrantState::kProposed || state == GrantState::kReserved ||
         state == GrantState::kReclaiming || state == GrantState::kSuspect;
}
// The consumer may use it: its provider knows of it and has agreed.
[[nodiscard]] constexpr bool is_usable(GrantState state) {
  return state == GrantState::kActive || state == GrantState::kReclaiming || state == GrantState::kSuspect;
}
// Whether the life cycle has the transition; nothing leaves a state that is not live.
[[nodiscard]] bool can_become(GrantState from, GrantState to);

// Of what a party or an operator says for a person to read, in bytes.
inline constexpr std::size_t kMaxReason = 512;

struct Grant {
  GrantId id;  // also the fencing token: strictly increasing per pool, so per offer
  OfferId offer;
  RequestId request;
  Jid provider;  // bare
  Jid consumer;  // bare
  Resources resources;
  std::vector<DeviceShare> devices;  // which gpus of the offer, and how much of each
  GrantState state = GrantState::kActive;
  bool ahead = false;                          // its lease has not begun: it takes nothing of the offer yet
  base::Timestamp started;                     // of the lease
  base::Timestamp expires;                     // of the lease
  std::optional<base::Timestamp> state_until;  // when a proposed, reclaiming or suspect one ends by itself
  std::optional<base::Timestamp> ended;
  std::string reason;               // why it is as it is, for a person
  std::optional<AuditIndex> entry;  // of the audit log: what made it so; none: before the log had a tree
  friend bool operator==(const Grant&, const Grant&) = default;

  // Counted against the offer's capacity now.
  [[nodiscard]] bool is_booked() const { return is_live(state) && !ahead; }
};

}  // namespace bourse::domain
