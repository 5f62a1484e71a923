// Purpose: the two profiles that make localparts and resourceparts comparable (RFC 8265, as RFC 7622 uses it).
// Lifetime: free functions. Threads: any; ICU's tables are opened once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::domain {

inline constexpr std::size_t kMaxJidPart = 1023;  // RFC 7622 §3.2 to §3.4; also the most that ICU is given

// UsernameCaseMapped: width and case mapped, NFC, letters and digits, one direction. Mapped is only what every server
// maps as well, be it by RFC 6122 or by RFC 7622 (ops/decisions/0022-…). The error's text goes on with "the localpart
// …".
[[nodiscard]] base::Result<std::string> username_case_mapped(std::string_view text);

// OpaqueString: spaces are U+0020, NFC, nothing invisible.
[[nodiscard]] base::Result<std::string> opaque_string(std::string_view text);

}  // namespace bourse::domain
