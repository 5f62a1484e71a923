// Purpose: an event as messages to its recipients (XEP-0060 §12, XEP-0131 headers, XEP-0203 delay): rendered once,
//   addressed to each.
// Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "market/outbox.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

// Appends messages for recipients from number `from` on until `to` has grown beyond `enough` bytes: how many were
// appended (at least one, if there is one). kCorrupt: the record cannot be read; nothing was appended.
[[nodiscard]] base::Result<std::size_t> append_notification(std::string& to, std::string_view service,
                                                            const market::Notification& notification, std::size_t from,
                                                            std::size_t enough, const TicketSigner& sign);

// The <event/> of an item published, retracted or of a grant, as `viewer` may see it: for archives (XEP-0313).
[[nodiscard]] base::Result<std::string> render_event(const market::Event& event, const domain::Jid& viewer,
                                                     const TicketSigner& sign);

}  // namespace bourse::xmpp
