// Purpose: the schema's history: migrations/NNNN_name.sql, applied in order, each once and unedited.
// Lifetime: free functions. Threads: any; an advisory lock lets one process migrate at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/connection.h"

namespace bourse::storage {

struct Migration {
  int version = 0;     // NNNN
  std::string name;    // the file's: "0001_market.sql"
  std::string sha256;  // of its bytes, hex
  std::string sql;
};

// The directory's migrations in order. kNotFound: no such directory, or none in it; kCorrupt: a file that is
// not named NNNN_name.sql, a number twice or left out.
[[nodiscard]] base::Result<std::vector<Migration>> read_migrations(const std::filesystem::path& directory);

// Applies what the database lacks, each in its own transaction; gives the names of those. kConflict: one that
// was applied has been edited, renamed or is missing in the directory (named); nothing is applied then.
[[nodiscard]] base::Result<std::vector<std::string>> migrate(const ConnectionOptions& options,
                                                             const std::filesystem::path& directory);

// Ok when the database has exactly these migrations. kConflict tells what to do: `boursed migrate`, or a newer
// boursed.
[[nodiscard]] base::Status check_schema(const ConnectionOptions& options, const std::vector<Migration>& known);

}  // namespace bourse::storage
