// Purpose: numbers as checkpoints, proofs and paths of tiles write them: ASCII digits, no leading zero, no sign.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bourse::audit {

// Nothing above kMaxTreeSize (2^63 - 1).
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace bourse::audit
