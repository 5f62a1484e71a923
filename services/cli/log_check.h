// Purpose: a market's log verified online: its head is signed, and has all that was seen of it before, by this user or
//   in a checkpoint from elsewhere.
// Threads: free functions, no state.
#pragma once

#include <optional>
#include <string>

#include "audit/checkpoint.h"
#include "cli/findings.h"
#include "cli/log_memory.h"
#include "cli/log_trust.h"
#include "xmpp/client_log.h"

namespace bourse::cli {

struct LogCheckFlags {
  TrustFlags trust;
  std::string older;  // a file with a checkpoint, such as a witness's; may be empty
};

// kCorrupt: it is not what the log signed. Others: the file cannot be read.
[[nodiscard]] base::Result<std::optional<audit::SignedCheckpoint>> read_older(const std::string& file,
                                                                              const LogTrust& trust,
                                                                              Findings& findings);

// Who cosigned: the checkpoint itself, or the older one that it follows from. Empty: as many as must.
[[nodiscard]] std::string judge_witnesses(const audit::Note& head, const std::optional<audit::SignedCheckpoint>& older,
                                          const audit::TrustPolicy& trust, Findings& findings);

// Prints what was found. Errors: what kept it from being verified, which says nothing about the log.
[[nodiscard]] base::Result<ExitCode> check_log(xmpp::LogClient& log, const LogCheckFlags& flags,
                                               const Announced& announced, const LogMemory& memory, Findings& findings);

}  // namespace bourse::cli
