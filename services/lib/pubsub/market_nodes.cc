#include "pubsub/market_nodes.h"

#include <string>

#include "base/check.h"

namespace bourse::pubsub {

std::string_view leaf_name(MarketNode node) {
  switch (node) {
    case MarketNode::kOffers:
      return "offers";
    case MarketNode::kRequests:
      return "requests";
    case MarketNode::kGrants:
      return "grants";
    case MarketNode::kAvailability:
      return "availability";
    case MarketNode::kAudit:
      return "audit";
  }
  BOURSE_CHECK(false);
}

domain::NodeName node_name(const domain::PoolName& pool, MarketNode node) {
  return {pool.value + "/" + std::string(leaf_name(node))};
}

std::optional<PoolNode> parse_node(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const auto leaf = name.substr(slash + 1);
  for (const auto node : kMarketNodes) {
    if (leaf == leaf_name(node)) return PoolNode{{std::string(name.substr(0, slash))}, node};
  }
  return std::nullopt;
}

}  // namespace bourse::pubsub
