// Purpose: what a database needs now and then (`boursed maintain`): months made ahead, history that is older than
//   anybody wants it forgotten, and all but hourly ones of the audit log's checkpoints that are older than
//   a month. Done by the owner of the database, not by the service.
// Threads: free function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "storage/connection.h"

namespace bourse::storage {

// How long each is kept, counted from now; none: for ever. Whole months go, and nothing younger than 30 days.
struct Retention {
  std::optional<base::Duration> intervals = {};
  std::optional<base::Duration> sums = {};  // by hour
  std::optional<base::Duration> events = {};
  std::optional<base::Duration> usage = {};  // of consumers that ended nothing since: rows, however young
};

struct MaintenanceReport {
  std::uint64_t months_made = 0;
  std::vector<std::string> dropped;  // months, by table
  struct Deleted {
    std::string table;
    std::uint64_t rows = 0;
  };
  std::vector<Deleted> deleted;  // from tables without months
};

// kUnavailable: the database is away. Another error: it refused; the text says why. Nothing is half done.
[[nodiscard]] base::Result<MaintenanceReport> maintain(const ConnectionOptions& options, const Retention& retention,
                                                       base::Timestamp now);

}  // namespace bourse::storage
