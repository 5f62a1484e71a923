// Purpose: the answer to a question as the payload of an iq result: XEP-0060's own form for items and
//   subscriptions, the market's for the rest.
// Threads: free function, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "market/query.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

// The error of the answer, or kCorrupt when a stored record cannot be read.
[[nodiscard]] base::Result<std::string> render_answer(const market::Answer& answer, std::string_view version,
                                                      const TicketSigner& sign);

}  // namespace bourse::xmpp
