// Purpose: one receipt verified step by step, as `bourse audit verify --offline` shows it.
// Threads: free functions, no state.
#pragma once

#include <string>

#include "audit/entry.h"
#include "audit/tlog_proof.h"
#include "cli/findings.h"

namespace bourse::cli {

// "grant-started of grant g42 by me@example.org/x at 2026-11-23 08:00:00"
[[nodiscard]] std::string entry_words(const audit::Entry& entry);

// What `proof` shows for the entry it carries, added to `findings`; gives the exit code of their verdict.
[[nodiscard]] ExitCode check_receipt(const audit::TlogProof& proof, const audit::TrustPolicy& trust,
                                     Findings& findings);

// The first line of its checkpoint: nothing says yet that it is true.
[[nodiscard]] base::Result<std::string> origin_of(const std::string& note);

}  // namespace bourse::cli
