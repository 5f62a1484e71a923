// Purpose: every pubsub#… feature of XEP-0060 §10 and XEP-0248, and whether this service announces it: the one list
//   that disco answers from and the tests compare with what the service does.
// Threads: free functions, no state.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "pubsub/policy.h"

namespace bourse::pubsub {

enum class Announced : unsigned char { kNo, kYes, kByPolicy };

struct Feature {
  std::string_view name;  // without kFeaturePrefix
  Announced announced = Announced::kNo;
  std::string_view meaning;  // what it promises; of those not announced: why not
};

inline constexpr std::string_view kFeaturePrefix = "http://jabber.org/protocol/pubsub#";

// All that the specifications name, by name.
[[nodiscard]] std::span<const Feature> features();
// The names to announce under this policy, ascending.
[[nodiscard]] std::vector<std::string_view> announced(const Policy& policy);

}  // namespace bourse::pubsub
