// Purpose: history into a market and out of it, in the form of the Failure Trace Archive.
// Threads: the session's thread.
#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/session.h"
#include "cli/trace_file.h"

namespace bourse::cli {

struct TraceImport {
  TraceOptions trace;
  bool keep_good = false;  // lines that are wrong are left out; otherwise nothing is imported
  bool refuse = false;     // says what is so anyway
  bool dry_run = false;
};
// Of an operator. Names every line that is wrong as file:line: reason on standard error. What one import takes goes
// in together or not at all; a file of more than that goes in several, by nodes.
[[nodiscard]] ExitCode import_trace(Session& session, const TraceImport& options);

struct TraceExport {
  std::vector<std::string> providers;  // none: all of the pool
  std::string since;                   // none: all there is
  std::string until;
};
// To standard output. A running interval ends with the export.
[[nodiscard]] ExitCode export_trace(Session& session, const TraceExport& options);

// A provider's intervals as lines; `whole_address`: the node is its JID, otherwise the local part.
[[nodiscard]] std::string trace_lines(const domain::Jid& provider,
                                      const std::vector<domain::AvailabilityInterval>& intervals, base::Timestamp until,
                                      bool whole_address);

}  // namespace bourse::cli
