#include "pubsub/rows.h"

#include "base/check.h"

namespace bourse::pubsub {
namespace {

constexpr SubscriptionState kStates[] = {SubscriptionState::kNone, SubscriptionState::kPending,
                                         SubscriptionState::kUnconfigured, SubscriptionState::kSubscribed};

}  // namespace

std::string_view to_text(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::kNone:
      return "none";
    case SubscriptionState::kPending:
      return "pending";
    case SubscriptionState::kUnconfigured:
      return "unconfigured";
    case SubscriptionState::kSubscribed:
      return "subscribed";
  }
  BOURSE_CHECK(false && "a subscription state without a name");
  return {};
}

std::optional<SubscriptionState> subscription_state_from(std::string_view text) {
  for (const auto state : kStates) {
    if (to_text(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace bourse::pubsub
