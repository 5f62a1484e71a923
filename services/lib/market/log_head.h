// Purpose: the audit log as it is stored, as far as appending to it needs: its signed head, the tiles at its right
// edge,
//   the entries after it.
// Lifetime: value, from a load to the sequencer. Threads: handed over.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "market/rows.h"

namespace bourse::market {

// The log as it was loaded.
struct LogHead {
  std::optional<CheckpointRow> checkpoint{};  // the last one; none: the tree is empty
  std::vector<LogTileRow> tiles{};            // the partial tiles of its size
  std::vector<AuditRow> entries{};            // after it, by index
  std::uint64_t epoch = 0;                    // the lease's, under which it was loaded
};

}  // namespace bourse::market
