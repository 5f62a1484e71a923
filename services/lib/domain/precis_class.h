// Purpose: what RFC 8264 §8 derives of each code point: whether names and free text may have it.
// Lifetime: free functions. Threads: any; no state.
#pragma once

#include <cstdint>

namespace bourse::domain {

enum class PrecisProperty : std::uint8_t {
  kValid,         // in names and in free text
  kFreeformOnly,  // in free text only: spaces, symbols, punctuation, compatibility variants
  kContextual,    // where its neighbours allow it (precis_rules.h)
  kDisallowed,
  kUnassigned,  // ICU's Unicode does not have it yet: what it will be nobody knows
};

[[nodiscard]] PrecisProperty precis_property(char32_t c);

}  // namespace bourse::domain
