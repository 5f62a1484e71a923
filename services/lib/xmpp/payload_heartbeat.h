// Purpose: what an agent says of its machine now and then: <heartbeat/> of namespace urn:bourse:market:1 inside a
// message,
//   both ways. Nobody answers it.
// Errors: as in payload.h. Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "market/command.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

// Null: the message has none.
[[nodiscard]] const gloox::Tag* find_heartbeat(const gloox::Tag& message);
// Whether the zone exists is not looked up: there are very many of these.
[[nodiscard]] base::Result<market::Heartbeat> parse_heartbeat(const gloox::Tag& tag);
[[nodiscard]] std::string render_heartbeat(const market::Heartbeat& heartbeat);

}  // namespace bourse::xmpp
