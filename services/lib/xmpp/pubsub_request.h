// Purpose: an XEP-0060 request of a client (both namespaces) as a Command or a Query of the market: what concerns the
//   offers, requests and grants of a pool becomes the market's own commands, everything else pubsub::Command.
// Lifetime: Tags are only borrowed during the call. Threads: const use from any.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "market/command.h"
#include "market/query.h"
#include "pubsub/market_nodes.h"
#include "pubsub/policy.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

struct PubsubRules {
  std::vector<domain::PoolName> pools;  // at least one; the first also has the ordinary nodes
  pubsub::Policy policy = {};
  std::function<std::string()> new_item_id;  // also names instant nodes
  std::size_t max_payload_bytes = 65'536;    // of offers and requests; of other items: policy
};

struct PoolCommand {
  domain::PoolName pool;
  market::CommandBody body;
};
struct Nothing {};  // to do: an empty result at once (a form was cancelled)
using PubsubRequest = std::variant<PoolCommand, market::QueryBody, Nothing>;

// `pubsub` is the <pubsub/> child of an iq of type set (or get) from `sender`, in the namespace `pubsub` or
// `pubsub#owner`. The errors are XEP-0060's.
[[nodiscard]] base::Result<PubsubRequest> parse_pubsub(const gloox::Tag& pubsub, bool set, const domain::Jid& sender,
                                                       base::Timestamp now, const PubsubRules& rules);
[[nodiscard]] base::Result<PubsubRequest> parse_pubsub_owner(const gloox::Tag& pubsub, bool set,
                                                             const domain::Jid& sender, const PubsubRules& rules);

// The authorization form that an owner sends back in a message (XEP-0060 §8.6). None: the message is something else.
[[nodiscard]] std::optional<base::Result<PoolCommand>> parse_authorization(const gloox::Tag& message,
                                                                           const PubsubRules& rules);

// The pool that decides a node: its own for a market node of one of `pools`, the first for all others.
[[nodiscard]] const domain::PoolName& pool_of(const domain::NodeName& node, const std::vector<domain::PoolName>& pools);
// The market node of that name in one of the pools; none for ordinary nodes.
[[nodiscard]] std::optional<pubsub::PoolNode> market_node(const domain::NodeName& node,
                                                          const std::vector<domain::PoolName>& pools);

// Random, 24 characters: what an item is called that was published without an id.
[[nodiscard]] std::string random_item_id();

}  // namespace bourse::xmpp
