// Purpose: items of the market as tables for people.
// Errors: kCorrupt when a stored record cannot be read. Threads: free functions, no state. Private to adhoc*.cc.
#pragma once

#include "xmpp/adhoc_command.h"

namespace bourse::xmpp {

[[nodiscard]] base::Result<Display> show_my_offers(const market::Answer& answer, const TicketSigner& sign);
[[nodiscard]] base::Result<Display> show_my_requests(const market::Answer& answer, const TicketSigner& sign);
// With the tickets of those that are live.
[[nodiscard]] base::Result<Display> show_my_grants(const market::Answer& answer, const TicketSigner& sign);
// Requests of everybody that wait, oldest first.
[[nodiscard]] base::Result<Display> show_queue(const market::Answer& answer, const TicketSigner& sign);

}  // namespace bourse::xmpp
