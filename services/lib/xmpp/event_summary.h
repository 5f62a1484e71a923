// Purpose: one row of the event log as a line for a person: the <body/> of a notification for those who asked for one
//   (pubsub#include_body).
// Threads: free function, no state.
#pragma once

#include <string>

#include "base/result.h"
#include "market/event.h"

namespace bourse::xmpp {

// Plain text, not escaped. kCorrupt: the record cannot be read.
[[nodiscard]] base::Result<std::string> event_summary(const market::Event& event);

}  // namespace bourse::xmpp
