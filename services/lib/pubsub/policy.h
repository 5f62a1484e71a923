// Purpose: what the service as a whole allows its users; from boursed.toml, announced by disco (XEP-0128).
// Lifetime: value, fixed while the service runs. Threads: const use from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/jid.h"
#include "pubsub/node_config.h"
#include "pubsub/subscription_options.h"

namespace bourse::pubsub {

enum class CreationPolicy : std::uint8_t { kAnyone, kDomains, kOperators };

struct Policy {
  CreationPolicy creation = CreationPolicy::kAnyone;
  std::vector<std::string> creation_domains = {};  // of kDomains
  bool auto_create = false;                        // a publish to a node that is not there makes it
  NodeLimits limits = {};
  std::size_t max_nodes_per_jid = 100;            // created by one bare JID
  std::size_t max_subscriptions_per_jid = 1'000;  // of one bare JID
  std::size_t max_affiliations_per_node = 10'000;
  std::size_t max_owners_per_node = 50;   // each is told of requests for subscriptions
  std::size_t max_config_bytes = 65'536;  // of one node's configuration, all fields together
  std::size_t max_items_per_publish = 100;
  std::size_t max_item_id_bytes = 512;
  std::size_t max_node_name_bytes = 512;
  base::Duration longest_lease = std::chrono::hours(24 * 366);  // of a subscription
};

// Node names are UTF-8 without control characters, white space at either end or the code points that make two names
// look the same (bidirectional controls, zero-width ones, non-characters); 1 … max_node_name_bytes. kNotAcceptable says
// why.
[[nodiscard]] base::Status check_node_name(std::string_view name, const Policy& policy);

}  // namespace bourse::pubsub
