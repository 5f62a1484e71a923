// Purpose: which key a command verifies a log with: the one that was given, the one pinned before, or the one the
//   service announces the first time. It is pinned once it has verified something, and that is said.
// Threads: the main thread's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/tlog_proof.h"
#include "cli/findings.h"
#include "cli/log_memory.h"

namespace bourse::cli {

struct TrustFlags {
  std::vector<std::string> keys;       // vkeys or files: the log's, then those it had before; empty: the pinned one
  std::vector<std::string> witnesses;  // vkeys or files
  std::size_t quorum = 0;
};

struct LogTrust {
  audit::TrustPolicy policy;
  std::vector<audit::NoteVerifier> former;  // the log's, before its present key: only of older checkpoints
  bool given = false;                       // not the pinned one, nor announced
};

// Of a log whose checkpoint names it `origin`. kBadRequest: nobody knows the key.
[[nodiscard]] base::Result<LogTrust> offline_trust(const TrustFlags& flags, const std::string& origin);

// The keys that the market announces, as text.
using Announced = std::function<base::Result<std::vector<std::string>>()>;
// Of the market's log. Nothing is pinned.
[[nodiscard]] base::Result<LogTrust> online_trust(const TrustFlags& flags, const std::string& origin,
                                                  const Announced& announced, const LogMemory& memory);
// From now on; `findings` is told where the key is from. Only once it has verified the log's head: a wrong key would
// otherwise make all later runs fail.
[[nodiscard]] base::Status pin(const LogTrust& trust, const LogMemory& memory, Findings& findings);

// One that the log signed with its key, or with one it had before.
[[nodiscard]] base::Result<audit::SignedCheckpoint> open_older(const std::string& note, const LogTrust& trust);

}  // namespace bourse::cli
