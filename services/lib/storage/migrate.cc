#include "storage/migrate.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "storage/failure.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

namespace fs = std::filesystem;

struct Applied {
  int version = 0;
  std::string name;
  std::string sha256;
};

std::string sha256_hex(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  BOURSE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(kDigits[digest[i] >> 4U]);
    hex.push_back(kDigits[digest[i] & 15U]);
  }
  return hex;
}

// 0 when the name is not NNNN_name.sql.
int version_of(const std::string& name) {
  const bool shaped = name.size() > 9 && name[4] == '_' && name.ends_with(".sql") &&
                      std::all_of(name.begin(), name.begin() + 4, [](char c) { return c >= '0' && c <= '9'; });
  return shaped ? std::stoi(name.substr(0, 4)) : 0;
}

base::Result<Migration> read_migration(const fs::path& file) {
  Migration migration;
  migration.name = file.filename().string();
  migration.version = version_of(migration.name);
  if (migration.version == 0) return {base::Errc::kCorrupt, file.string() + " is not named NNNN_name.sql"};
  std::ifstream stream(file, std::ios::binary);
  migration.sql.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream || migration.sql.empty()) return {base::Errc::kCorrupt, "cannot read " + file.string()};
  migration.sha256 = sha256_hex(migration.sql);
  return migration;
}

std::vector<Applied> read_applied(pqxx::transaction_base& tx) {
  std::vector<Applied> applied;
  if (tx.exec("SELECT to_regclass('bourse.schema_migrations')")[0][0].is_null()) return applied;
  const auto rows = tx.exec("SELECT version, name, sha256 FROM bourse.schema_migrations ORDER BY version");
  for (pqxx::result::size_type i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    applied.push_back({static_cast<int>(number(row[0])), text(row[1]), text(row[2])});
  }
  return applied;
}

// What was applied must be a prefix of what is known.
base::Status compare(const std::vector<Applied>& applied, const std::vector<Migration>& known) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const Applied& done = applied[i];
    if (i >= known.size()) {
      return {base::Errc::kConflict, "the database has migration " + done.name +
                                         ", which is missing here: it was migrated by a newer boursed; use that one"};
    }
    if (known[i].name != done.name) {
      return {base::Errc::kConflict, "migration " + done.name +
                                         " was applied to the database but is missing here (there is " + known[i].name +
                                         " in its place); restore the file"};
    }
    if (known[i].sha256 != done.sha256) {
      return {base::Errc::kConflict,
              "migration " + done.name +
                  " was edited after it was applied; restore the file and put the change into a new one"};
    }
  }
  return base::Done{};
}

void apply(pqxx::connection& connection, const Migration& migration) {
  pqxx::work tx(connection);
  tx.exec("SET LOCAL client_min_messages = warning");
  tx.exec(migration.sql);
  run(tx, "INSERT INTO bourse.schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
      {{std::to_string(migration.version), migration.name, migration.sha256}, {}});
  tx.commit();
}

base::Result<std::vector<std::string>> migrate_under_lock(pqxx::connection& connection,
                                                          const std::vector<Migration>& known, std::string& doing) {
  std::vector<Applied> applied;
  {
    pqxx::nontransaction tx(connection);
    // Held until the connection closes.
    tx.exec("SELECT pg_advisory_lock(hashtext('bourse.migrate'))");
    applied = read_applied(tx);
  }
  if (auto same = compare(applied, known); !same.ok()) return same.error();
  std::vector<std::string> names;
  for (std::size_t i = applied.size(); i < known.size(); ++i) {
    doing = "migration " + known[i].name + " failed and was rolled back";
    apply(connection, known[i]);
    names.push_back(known[i].name);
  }
  doing = "cannot make the partitions of the event log";
  pqxx::nontransaction tx(connection);
  tx.exec("SELECT bourse.ensure_partitions()");
  return names;
}

}  // namespace

base::Result<std::vector<Migration>> read_migrations(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  if (failed)
    return {base::Errc::kNotFound, "cannot read migrations from " + directory.string() + ": " + failed.message()};
  if (files.empty()) return {base::Errc::kNotFound, "there are no migrations in " + directory.string()};
  std::sort(files.begin(), files.end());
  std::vector<Migration> migrations;
  for (const auto& file : files) {
    auto migration = read_migration(file);
    if (!migration.ok()) return migration.error();
    const int expected = static_cast<int>(migrations.size()) + 1;
    if (migration->version != expected) {
      return {base::Errc::kCorrupt,
              file.string() + ": migration number " + std::to_string(expected) + " was expected here"};
    }
    migrations.push_back(std::move(migration).value());
  }
  return migrations;
}

base::Result<std::vector<std::string>> migrate(const ConnectionOptions& options, const fs::path& directory) {
  auto known = read_migrations(directory);
  if (!known.ok()) return known.error();
  auto connection = connect(options, Use::kMaintenance);
  if (!connection.ok()) return connection.error();
  std::string doing = "cannot migrate";
  try {
    return migrate_under_lock(**connection, *known, doing);
  } catch (const std::exception&) {
    return as_error(current_failure(), doing);
  }
}

base::Status check_schema(const ConnectionOptions& options, const std::vector<Migration>& known) {
  auto connection = connect(options, Use::kMaintenance);
  if (!connection.ok()) return connection.error();
  try {
    pqxx::nontransaction tx(**connection);
    const auto applied = read_applied(tx);
    if (auto same = compare(applied, known); !same.ok()) return same;
    if (applied.size() < known.size()) {
      return {base::Errc::kConflict,
              "the database lacks migration " + known[applied.size()].name + ": run `boursed migrate`"};
    }
    return base::Done{};
  } catch (const std::exception&) {
    return as_error(current_failure(), "cannot read the database's schema version");
  }
}

}  // namespace bourse::storage
