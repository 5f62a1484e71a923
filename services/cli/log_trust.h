// Purpose: which key a command verifies a log with: the one that was given, the one pinned before, or the one the
//   service announces the first time, which is pinned then and said so.
// Threads: the main thread's.
#pragma once

#include <string>
#include <vector>

#include "audit/tlog_proof.h"
#include "cli/findings.h"
#include "cli/log_memory.h"
#include "cli/session.h"

namespace bourse::cli {

struct TrustFlags {
  std::string key;                     // a vkey or a file; empty: the pinned one
  std::vector<std::string> witnesses;  // vkeys or files
  std::size_t quorum = 0;
};

// Of a log whose checkpoint names it `origin`. kBadRequest: nobody knows the key.
[[nodiscard]] base::Result<audit::TrustPolicy> offline_trust(const TrustFlags& flags, const std::string& origin);

// Of the market's log; `findings` is told where the key is from. A key that was given is pinned from now on.
[[nodiscard]] base::Result<audit::TrustPolicy> online_trust(const TrustFlags& flags, const std::string& origin,
                                                            xmpp::MarketClient& market, const LogMemory& memory,
                                                            Findings& findings);

}  // namespace bourse::cli
