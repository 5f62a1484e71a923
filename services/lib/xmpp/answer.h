// Purpose: the answer to a question: XEP-0060's own form for items, XEP-0030's for listings, XEP-0313's for archives,
//   the market's for the rest.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "market/query.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

// Appends all stanzas of the answer: one iq, and before it the messages of an archive query. An answer that is an
// error, or holds a record that cannot be read (kCorrupt), becomes the iq's error.
void append_answer(std::string& to, const market::Answer& answer, std::string_view version, const TicketSigner& sign);

// The payload of the iq result. The error of the answer, or kCorrupt when a stored record cannot be read. kInternal for
// an archive query, whose answer is more than one stanza.
[[nodiscard]] base::Result<std::string> render_answer(const market::Answer& answer, std::string_view version,
                                                      const TicketSigner& sign);

}  // namespace bourse::xmpp
