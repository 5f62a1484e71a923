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
  }
  BOURSE_CHECK(false && "a GrantState outside the enumeration");
  return {};
}

std::optional<GrantState> grant_state(std::string_view text) {
  for (const auto state : {GrantState::kActive, GrantState::kReleased, GrantState::kExpired, GrantState::kRevoked}) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

bool can_become(GrantState from, GrantState to) { return is_live(from) && !is_live(to); }

}  // namespace bourse::domain
