// Purpose: the log of a program: one line an event, in UTC, to stderr or a file. Programs call start_log
//   once; everything else writes with spdlog::info and its siblings.
// Lifetime: the process. Threads: logging from any thread; start_log before there are others.
#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace bourse::base {

inline const std::vector<std::string> kLogLevels{"trace", "debug", "info", "warning", "error", "off"};

struct LogOptions {
  std::string program;         // stands in every line
  std::string level = "info";  // of kLogLevels
  std::string file;            // appended to; empty: stderr
};

// kBadRequest: unknown level. kUnavailable: the file cannot be opened; says why.
Status start_log(const LogOptions& options);

}  // namespace bourse::base
