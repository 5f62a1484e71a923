// Purpose: what the decider says of nodes as the payload of an iq result (XEP-0060 §5, §6, §8; disco#info of a node).
// Threads: free functions, no state.
#pragma once

#include <string>

#include "pubsub/outcome.h"

namespace bourse::xmpp {

// <pubsub/>, in the owner's namespace where the question was, or <query xmlns='…disco#info'/> for NodeInfo; empty for
// an empty result.
[[nodiscard]] std::string render(const pubsub::Answer& answer);

}  // namespace bourse::xmpp
