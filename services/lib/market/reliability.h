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
// For Engine::rate: how long a provider that is up since then has stayed, against its recent failures. Higher is
// better; 0 for one that just came.
[[nodiscard]] double rating(const SanctionRow* row, base::Timestamp up_since, const Rules& rules, base::Timestamp now);

}  // namespace bourse::market
