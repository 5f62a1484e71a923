// Purpose: one entry of the audit log: who did what to which offer, request or grant, and its content.
//   The bytes are what is stored, hashed and proved; they are never serialised again.
// Lifetime: value. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/jid.h"

namespace bourse::audit {

enum class EntryKind {
  kOfferPublished = 1,
  kOfferWithdrawn = 2,
  kRequestSubmitted = 3,
  kRequestCancelled = 4,
  kRequestExpired = 5,
  kRequestDone = 6,
  kGrantStarted = 7,
  kGrantReleased = 8,
  kGrantExpired = 9,
  kGrantRevoked = 10,
  kProviderUp = 11,
  kProviderDown = 12,
  kSanctioned = 13,      // an operator drained or banned `provider`
  kSanctionLifted = 14,  // … and took that back
  kGrantProposed = 15,
  kGrantConfirmed = 16,
  kGrantDeclined = 17,
  kGrantTimedOut = 18,
  kGrantReserved = 19,  // its lease begins later
  kGrantBegun = 20,     // … and has begun
  kGrantRenewed = 21,
  kGrantReclaiming = 22,
  kGrantSuspect = 23,
  kGrantRecovered = 24,  // active again after suspect
  kGrantLost = 25,
  kQuarantined = 26,  // `provider` gets nothing new for a while
  kQuarantineLifted = 27,
  kHistoryImported = 28,  // an operator brought intervals from elsewhere
  // Statements of the service itself; `reason` says what.
  kKeysChanged = 29,    // the vkeys that sign from now on, one a line
  kPolicyChanged = 30,  // the settings that decide who gets what, as the service reads them
  kLogRestarted = 31,   // why an older log ended, and its last checkpoint

  kPolicySet = 32,           // an operator changed who may do what; `reason` says what it is and was
  kProviderUnobserved = 33,  // its domain cannot be reached: nobody knows whether it is up or down
};
// Of these only the last of each kind counts.
[[nodiscard]] constexpr bool is_statement(EntryKind kind) {
  return kind >= EntryKind::kKeysChanged && kind <= EntryKind::kLogRestarted;
}
[[nodiscard]] std::string_view name(EntryKind kind);  // "offer-published"
[[nodiscard]] std::optional<EntryKind> entry_kind(std::string_view name);

struct Entry {
  base::Timestamp at{};
  EntryKind kind = EntryKind::kOfferPublished;
  domain::Jid actor{};  // full JID as the server stamped it; empty: the market itself (a timer)
  domain::Jid provider{};
  domain::Jid consumer{};
  domain::OfferId offer{};
  domain::RequestId request{};
  domain::GrantId grant{};
  std::string reason{};
  std::string record{};  // the domain record (domain/records.h) after the change, where there is one
};

[[nodiscard]] std::string encode(const Entry& entry);  // protobuf bourse.v1.AuditEntry
[[nodiscard]] base::Result<Entry> decode_entry(std::string_view bytes);

}  // namespace bourse::audit
