// Purpose: the five nodes every pool has, and their names: "<pool>/offers" and so on.
// Threads: free functions, no state.
#pragma once

#include <optional>
#include <string_view>

#include "domain/ids.h"

namespace bourse::pubsub {

enum class MarketNode { kOffers, kRequests, kGrants, kAvailability, kAudit };
inline constexpr MarketNode kMarketNodes[] = {MarketNode::kOffers, MarketNode::kRequests, MarketNode::kGrants,
                                              MarketNode::kAvailability, MarketNode::kAudit};

[[nodiscard]] std::string_view leaf_name(MarketNode node);  // "offers"
[[nodiscard]] domain::NodeName node_name(const domain::PoolName& pool, MarketNode node);

struct PoolNode {
  domain::PoolName pool;
  MarketNode node = MarketNode::kOffers;
};
// None for a name that is no pool's market node. Whether the pool exists is another question.
[[nodiscard]] std::optional<PoolNode> parse_node(std::string_view name);

}  // namespace bourse::pubsub
