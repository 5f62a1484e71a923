// Purpose: 256 entries in one resource (C2SP tlog-tiles, "Log entries"): each behind its length in two bytes,
// big-endian.
//   The format knows no longer entry, so a log of these must not take one: kMaxEntryBytes holds before anything is
//   hashed.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bourse::audit {

inline constexpr std::size_t kMaxEntryBytes = 65'535;

// kPayloadTooBig above kMaxEntryBytes; the bundle is unchanged then.
[[nodiscard]] base::Status append_entry(std::string_view entry, std::string& bundle);
// The entries, as views into `bundle`. kCorrupt unless they are exactly `width` (1 to 256) and nothing follows.
[[nodiscard]] base::Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle, unsigned width);

}  // namespace bourse::audit
