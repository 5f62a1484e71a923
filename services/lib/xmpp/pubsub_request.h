// Purpose: an XEP-0060 request of a client as a Command or a Query of the market. Of XEP-0060 it takes
//   publish, retract, items, subscribe, unsubscribe and subscriptions on the pools' market nodes, and says
//   of the rest that it is not there.
// Lifetime: Tags are only borrowed during the call. Threads: const use from any.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "market/command.h"
#include "market/query.h"
#include "pubsub/market_nodes.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

struct PubsubRules {
  std::vector<domain::PoolName> pools;  // at least one; the first is asked where nothing names one
  std::size_t max_payload_bytes = 65'536;
  std::function<std::string()> new_item_id;
};

struct PoolCommand {
  domain::PoolName pool;
  market::CommandBody body;
};
using PubsubRequest = std::variant<PoolCommand, market::QueryBody>;

// `pubsub` is the <pubsub/> child of an iq of type set (or get) from `sender`. The errors are XEP-0060's.
[[nodiscard]] base::Result<PubsubRequest> parse_pubsub(const gloox::Tag& pubsub, bool set, const domain::Jid& sender,
                                                       base::Timestamp now, const PubsubRules& rules);

// The market node of that name in one of the pools. kNodeRequired, kNotFound.
[[nodiscard]] base::Result<pubsub::PoolNode> find_node(const std::string* name,
                                                       const std::vector<domain::PoolName>& pools);

// Random, 24 characters: what an item is called that was published without an id.
[[nodiscard]] std::string random_item_id();

}  // namespace bourse::xmpp
