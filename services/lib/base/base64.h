// Purpose: base64 with padding (RFC 4648 §4), the one form of each text: what decodes encodes to the same again.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::base {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
// kCorrupt on any character outside the alphabet, on missing padding, and on bits that are not used but set.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace bourse::base
