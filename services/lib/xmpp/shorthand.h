// Purpose: what people write on one line for what has several parts: in flags, settings and fields of forms.
// Errors: kInvalidPayload quotes the text and says what was expected.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::xmpp {

// Software of an offer: NAME[=VERSION][:SEATS], such as blast=2.14:4.
[[nodiscard]] base::Result<domain::Service> parse_software(std::string_view text);

// What a request keeps away from: REQUEST[:BY], such as backup-1:domain; by provider where nothing is said. What stands
// behind the last colon is BY: a request whose name has one is to be followed by it.
[[nodiscard]] base::Result<domain::AntiAffinity> parse_apart(std::string_view text);

// By what grants are spread: lower case; `none` and nothing are nowhere in particular.
[[nodiscard]] std::string parse_spread(std::string_view text);

}  // namespace bourse::xmpp
