// Purpose: what the shell is told: one code for each kind of failure (DESIGN §9).
// Threads: free functions, no state.
#pragma once

#include "base/result.h"

namespace bourse::cli {

enum ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kNotFound = 3,
  kNotAllowed = 4,
  kConflict = 5,
  kAuditFailed = 6,
  kTryAgain = 75,
};

[[nodiscard]] ExitCode exit_code(base::Errc code);

}  // namespace bourse::cli
