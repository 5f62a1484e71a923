// Purpose: the check that foreign text is UTF-8 (RFC 3629), made once where it enters a domain value:
//   protobuf strings and PostgreSQL text both refuse anything else, later and less politely.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <string_view>

namespace bourse::domain {

// Shortest forms only, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);
// UTF-8 without U+0000..U+001F and U+007F.
[[nodiscard]] bool is_printable_utf8(std::string_view text);

}  // namespace bourse::domain
