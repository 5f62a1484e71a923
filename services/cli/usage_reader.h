// Purpose: the entries that usage is counted from, out of a market's log: all of it, or those one may have receipts of.
// Threads: free functions, no state.
#pragma once

#include <vector>

#include "audit/usage.h"
#include "xmpp/client_log.h"

namespace bourse::cli {

// The whole log, which auditors may see; entries at `until` or later count nothing. kForbidden: others. kCorrupt: it
// does not have all that was signed.
[[nodiscard]] base::Status count_all(xmpp::LogClient& log, audit::Usage& usage, base::Timestamp until);

// Those of `wanted` that are signed.
[[nodiscard]] base::Status count_some(xmpp::LogClient& log, std::vector<domain::AuditIndex> wanted, audit::Usage& usage,
                                      base::Timestamp until);

}  // namespace bourse::cli
