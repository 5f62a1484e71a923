// Purpose: counts as bytes, for the database: a version, then the numbers as they lie in memory, little-endian.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "history/run_counts.h"
#include "history/together.h"

namespace bourse::history {

[[nodiscard]] std::string encode(const ProviderCounts& counts);
// kCorrupt: other bytes than encode() makes, or a number that no count is.
[[nodiscard]] base::Result<ProviderCounts> decode_provider_counts(std::string_view bytes);

struct SavedPoolCounts {
  PoolCounts counts;
  std::array<TogetherCounts, 3> together{};  // of windows of an hour, 8 hours, a day
  base::Timestamp until{};                   // what came later is not in them
};
[[nodiscard]] std::string encode(const SavedPoolCounts& saved);
[[nodiscard]] base::Result<SavedPoolCounts> decode_pool_counts(std::string_view bytes);

}  // namespace bourse::history
