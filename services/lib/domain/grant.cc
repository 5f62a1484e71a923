#include "domain/grant.h"

namespace bourse::domain {

std::string_view name(GrantState state) {
  switch (state) {
    case GrantState::kActive:
      return "active";
    case GrantState::kReleased:
      return "released";
    case GrantState::kExpired:
      return "expired";
    case GrantState::kRevoked:
      return "revoked";
    case GrantState::kProposed:
      return "proposed";
    case GrantState::kReserved:
      return "reserved";
    case GrantState::kReclaiming:
      return "reclaiming";
    case GrantState::kSuspect:
      return "suspect";
    case GrantState::kDeclined:
      return "declined";
    case GrantState::kTimedOut:
      return "timed-out";
    case GrantState::kLost:
      return "lost";
  }
  BOURSE_CHECK(false && "a GrantState outside the enumeration");
  return {};
}

std::optional<GrantState> grant_state(std::string_view text) {
  for (const auto state : kGrantStates) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

bool can_become(GrantState from, GrantState to) {
  using enum GrantState;
  switch (from) {
    case kProposed:
      return to == kActive || to == kReserved || to == kDeclined || to == kTimedOut || to == kReleased ||
             to == kRevoked || to == kLost;
    case kReserved:  // nobody uses it yet: the provider takes it back at once, without grace
      return to == kActive || to == kSuspect || to == kReleased || to == kRevoked || to == kLost;
    case kActive:
      return to == kReclaiming || to == kSuspect || to == kReleased || to == kExpired || to == kRevoked;
    case kReclaiming:
      return to == kSuspect || to == kReleased || to == kExpired || to == kRevoked;
    case kSuspect:
      return to == kActive || to == kReserved || to == kReclaiming || to == kReleased || to == kExpired ||
             to == kRevoked || to == kLost;
    case kReleased:
    case kExpired:
    case kRevoked:
    case kDeclined:
    case kTimedOut:
    case kLost:
      return false;
  }
  BOURSE_CHECK(false && "a GrantState outside the enumeration");
  return false;
}

}  // namespace bourse::domain
