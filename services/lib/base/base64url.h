// Purpose: base64url without padding (RFC 4648 §5), the alphabet of JOSE.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::base {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);
// kCorrupt on any character outside the alphabet, on padding, and on an impossible length.
[[nodiscard]] Result<std::string> base64url_decode(std::string_view text);

}  // namespace bourse::base
