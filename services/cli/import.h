// Purpose: publishes every row of a CSV file, many at once, and accounts for each: published, refused, or
//   not tried.
// Threads: the session's thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "cli/csv_mapping.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace bourse::cli {

struct ImportOptions {
  std::string csv_file;
  std::string mapping_file;
  bool keep_going = false;                          // past rows that fail
  std::size_t window = 32;                          // publications under way at once
  base::Duration duration = std::chrono::hours(1);  // of requests, where the mapping gives none
};

// Names each failure as file:line:column: reason on standard error, and at the end the counts (with -o json
// as one object on standard output). Gives the first failure's code.
[[nodiscard]] ExitCode import_csv(Session& session, const ImportOptions& options, bool offers);

}  // namespace bourse::cli
