// Purpose: one form of each domain name (IDNA2008 as UTS #46 processes it, non-transitional), and the one in ASCII.
// Lifetime: free functions. Threads: any; ICU's tables are opened once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::domain {

// Letters are lower-case, an xn-- label becomes what it stands for; one that a server by RFC 6122 would read as
// another domain (with ß, final sigma or a joiner in it) stays, or becomes, xn--. An IP literal is kept. The error's
// text goes on with "the domainpart …".
[[nodiscard]] base::Result<std::string> normal_domain(std::string_view text);

// Of a domain in that form: as DNS and certificates have it, and as people should see it, who cannot tell a Cyrillic о
// from a Latin o.
[[nodiscard]] std::string ascii_domain(std::string_view normal);

// Of a domain in that form: no label is xn--.
[[nodiscard]] std::string unicode_domain(std::string_view normal);

}  // namespace bourse::domain
