// Purpose: the pool a command is about: a field only where the service has several.
// Threads: free functions, no state. Private to adhoc*.cc.
#pragma once

#include <string>

#include "domain/ids.h"
#include "xmpp/adhoc_command.h"

namespace bourse::xmpp {

// Begins a form of that command with the pool to choose, if there is a choice.
[[nodiscard]] pubsub::Form form_of(const Scene& scene, std::string_view title, std::string_view instructions);
// As submitted, otherwise the first. misfit() has checked that it is one of ours.
[[nodiscard]] domain::PoolName pool_of(const Scene& scene, const Entered& entered);

}  // namespace bourse::xmpp
