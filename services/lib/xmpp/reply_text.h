// Purpose: answers to iqs, put together as text.
// Threads: free functions, no state.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "domain/grant.h"
#include "market/reply.h"

namespace bourse::xmpp {

// The ticket of a grant that has one; the market's key makes it.
using TicketSigner = std::function<std::string(const domain::Grant&)>;

// Appends the whole iq. `payload` is XML or empty. Nothing is appended for an iq without id: nobody could
// tell what the answer belongs to.
void append_result(std::string& to, const market::ReplyTo& address, std::string_view payload);
// `error` is a complete <error/>.
void append_error(std::string& to, const market::ReplyTo& address, std::string_view error);
void append_reply(std::string& to, const market::Reply& reply);

}  // namespace bourse::xmpp
