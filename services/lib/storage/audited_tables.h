// Purpose: what the database has beside the audit log's entries and must agree with them: the columns they are found
//   by, grants, and the sums of what is in use. Read by whoever checks the log; nothing is decided by it.
// Errors: kNotFound: no such pool; kUnavailable: the database is away.
// Lifetime: as long as its caller checks; it connects at the first question. Threads: one owner.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "market/rows.h"
#include "storage/connection.h"

namespace bourse::storage {

class AuditedTables {
 public:
  AuditedTables(ConnectionOptions options, domain::PoolName pool)
      : options_(std::move(options)), pool_(std::move(pool)) {}

  // One line for each entry from `from` to before `until` whose columns are not what its bytes say. Bytes that are no
  // entry are passed over.
  [[nodiscard]] base::Result<std::vector<std::string>> wrong_columns(std::uint64_t from, std::uint64_t until);

  // Those there are, live or over.
  [[nodiscard]] base::Result<std::vector<market::GrantRow>> grants(const std::vector<domain::GrantId>& ids);

  // One line for each sum that is not that of its rows: what offers have in use, what requests were granted, how many
  // grants there are.
  [[nodiscard]] base::Result<std::vector<std::string>> wrong_sums();

 private:
  template <class T, class Ask>
  base::Result<T> ask(Ask ask);

  ConnectionOptions options_;
  domain::PoolName pool_;
  Connection connection_;
};

}  // namespace bourse::storage
