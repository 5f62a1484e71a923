// Purpose: the audit log as it is stored, as far as appending to it needs: its signed head, the tiles at its right
// edge,
//   the entries after it, as the leaves they are.
// Lifetime: value, from a load to the sequencer. Threads: handed over.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "audit/merkle.h"
#include "market/rows.h"

namespace bourse::market {

// The log as it was loaded.
struct LogHead {
  std::optional<CheckpointRow> checkpoint{};  // the last one; none: the tree is empty
  std::vector<LogTileRow> tiles{};            // the partial tiles of its size
  std::vector<audit::Hash> leaves{};          // of the entries after it, by index, without a gap
  std::optional<std::uint64_t> missing{};     // an entry that should follow, and does not though later ones are there
  std::uint64_t epoch = 0;                    // the lease's, under which it was loaded

  // The next entry after the checkpoint; hashed at once: there may be millions, and their bytes are not needed again.
  void take(const AuditRow& row) {
    if (missing) return;
    const auto next = (checkpoint ? checkpoint->size : 0) + leaves.size();
    if (row.index.value == next) return leaves.push_back(audit::leaf_hash(row.entry));
    missing = next;
  }
};

}  // namespace bourse::market
