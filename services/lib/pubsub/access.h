// Purpose: who may do what on a market node: one table of affiliations × operations (XEP-0060 §4.1, §4.2).
//   Everyone in the pool may lend and ask, so publishing is open; what is theirs alone stays theirs.
// Threads: free functions, no state.
#pragma once

#include "pubsub/market_nodes.h"

namespace bourse::pubsub {

// How an actor stands to an item or to the node as a whole.
enum class Standing {
  kStranger,  // anyone
  kParty,     // its publisher; for a grant its provider or consumer
  kOperator,  // runs the market
};

enum class Operation { kSubscribe, kPublish, kSeeItem, kRetractItem };

[[nodiscard]] bool may(Standing standing, Operation operation, MarketNode node);

}  // namespace bourse::pubsub
