// Purpose: what a node says of itself (XEP-0060 §5.3, §5.4): identity, features and the meta-data form.
// Threads: free functions, no state.
#pragma once

#include <string>

#include "pubsub/outcome.h"

namespace bourse::xmpp {

// <query xmlns='http://jabber.org/protocol/disco#info' node='…'/>
[[nodiscard]] std::string render_node_info(const pubsub::NodeInfo& info);

}  // namespace bourse::xmpp
