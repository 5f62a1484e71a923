// Purpose: providers that fail repeatedly are backed off with decay (quarantine): arithmetic on a provider's
// SanctionRow. Threads: free functions.
#pragma once

#include <string_view>

#include "market/rows.h"
#include "market/rules.h"

namespace bourse::market {

// One more failure of its grants: `what` in words ("grant g5 was lost"). True when it is in quarantine from now on and
// was not before; the row then says until when and why.
[[nodiscard]] bool note_failure(SanctionRow& row, const Rules& rules, std::string_view what, base::Timestamp now);
[[nodiscard]] double failures_at(const SanctionRow& row, const Rules& rules, base::Timestamp now);  // decayed
[[nodiscard]] bool is_quarantined(const SanctionRow& row, base::Timestamp now);
// Nothing of it matters any more: it need not be kept.
[[nodiscard]] bool is_void(const SanctionRow& row, const Rules& rules, base::Timestamp now);
// What a provider's word that it will stay is worth after its recent failures: 1 without any, less with each.
[[nodiscard]] double trust(const SanctionRow* row, const Rules& rules, base::Timestamp now);

}  // namespace bourse::market
