// Purpose: offers and requests that people keep in files, as XML.
// Threads: free functions, no state.
#pragma once

#include <string_view>

#include "base/result.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::xmpp {

// One <offer/> or <request/> of the market's namespace, with an XML declaration and comments around it or
// not. kInvalidPayload: not well-formed (with line), another element, too deep or too long, or a rule of the payload.
[[nodiscard]] base::Result<domain::Offer> offer_from_xml(std::string_view xml);
[[nodiscard]] base::Result<domain::Request> request_from_xml(std::string_view xml);

}  // namespace bourse::xmpp
