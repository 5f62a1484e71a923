// Purpose: a fresh, migrated database for each test on the server BOURSE_TEST_PG names (a libpq URI of a
//   superuser; ops/test sets it). Migrating is done once per test binary, into a template that is copied.
// Lifetime: the database goes with the object, the template with the process. Threads: the test's.
#pragma once

#include <string>

#include "storage/connection.h"

namespace bourse::test {

// Empty when the variable is set; else what to say in GTEST_SKIP.
[[nodiscard]] std::string why_no_postgres();

class PgDatabase {
 public:
  enum class Content { kMigrated, kEmpty };
  // Throws std::runtime_error when the server does not do it.
  explicit PgDatabase(Content content = Content::kMigrated);
  ~PgDatabase();
  PgDatabase(const PgDatabase&) = delete;
  PgDatabase& operator=(const PgDatabase&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // As the superuser, and as the service's role.
  [[nodiscard]] storage::ConnectionOptions superuser() const;
  [[nodiscard]] storage::ConnectionOptions service() const;
  // Runs one statement as the superuser; gives the first field of the first row, or "".
  std::string query(const std::string& sql) const;

 private:
  std::string name_;
};

}  // namespace bourse::test
