// Purpose: a log that ends because the database is older than what was signed, and the one that begins in its place:
//   decided by an operator, in writing.
// Lifetime: none. Threads: `boursed audit …`, and at program start.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/jid.h"
#include "market/log_files.h"
#include "market/log_keys.h"

namespace bourse::boursed {

struct RestartedLog {
  LogKeys keys;      // of the new log
  std::string note;  // the file that has the old log's last checkpoint now; empty: it is lost
};

// Ends the log and begins the next. Can be run again when it was interrupted. `old_key`: a vkey of the log that ends,
// for when its files are lost; may be empty. kConflict: boursed runs, or nothing says that anything was ever signed;
// kNotFound: no vkey of the old log is known; kBadRequest: the reason says nothing, or `old_key` is of another log.
[[nodiscard]] base::Result<RestartedLog> accept_rollback(const LogFiles& files, const domain::Jid& service,
                                                         std::string_view reason, std::string_view old_key = {});

// What is to be recorded of it; none: this log is not new, or it is recorded already.
[[nodiscard]] base::Result<std::optional<std::string>> restart_statement(const LogFiles& files, const LogKeys& keys);
[[nodiscard]] base::Status restart_is_recorded(const LogFiles& files);

}  // namespace bourse::boursed
