// Purpose: the rules on neighbours and directions that PRECIS shares with IDNA: RFC 5892 appendix A, RFC 5893 §2.
// Lifetime: free functions. Threads: any; no state.
#pragma once

#include <cstddef>
#include <string_view>

namespace bourse::domain {

// Whether the contextual character text[at] may stand there.
[[nodiscard]] bool is_allowed_in_context(std::u32string_view text, std::size_t at);

// Of a text that has right-to-left characters, and any other: it reads in one direction only.
[[nodiscard]] bool meets_bidi_rule(std::u32string_view text);

}  // namespace bourse::domain
