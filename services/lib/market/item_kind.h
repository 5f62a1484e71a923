// Purpose: which kind of item each market node has, both ways.
// Threads: free functions, no state.
#pragma once

#include "market/reader.h"
#include "pubsub/market_nodes.h"

namespace bourse::market {

[[nodiscard]] ItemKind item_kind(pubsub::MarketNode node);
[[nodiscard]] pubsub::MarketNode market_node(ItemKind kind);

}  // namespace bourse::market
