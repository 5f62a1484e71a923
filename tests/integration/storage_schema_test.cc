// Migrations, schema.sql, roles and privileges, on a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "storage/failure.h"
#include "storage/migrate.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

namespace fs = std::filesystem;
const fs::path kMigrations = BOURSE_SOURCE_DIR "/migrations";

class StorageSchema : public testing::Test {
 protected:
  void SetUp() override {
    if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  }
};

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

// pg_dump's statements: what names the dump itself, and the months of the event log and of history, left out.
std::string schema_of(const PgDatabase& database) {
  std::istringstream dump(
      output_of("pg_dump --schema-only --schema=bourse --exclude-table='bourse.events_2*' "
                "--exclude-table='bourse.availability_2*' '" +
                database.superuser().uri + "'"));
  std::string kept;
  for (std::string line; std::getline(dump, line);) {
    if (!line.empty() && !line.starts_with("--") && !line.starts_with("\\")) kept += line + '\n';
  }
  return kept;
}

TEST_F(StorageSchema, SchemaFileEqualsMigrations) {
  const PgDatabase migrated;
  const PgDatabase from_file(PgDatabase::Content::kEmpty);
  output_of("psql -qX -v ON_ERROR_STOP=1 -o /dev/null -d '" + from_file.superuser().uri +
            "' -f " BOURSE_SOURCE_DIR "/schema/schema.sql");
  const std::string expected = schema_of(migrated);
  EXPECT_THAT(expected, testing::HasSubstr("CREATE TABLE bourse.offers"));
  EXPECT_EQ(schema_of(from_file), expected);
}

class Directory {
 public:
  Directory() : path_(fs::temp_directory_path() / ("bourse_migrations_" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::copy(kMigrations, path_);
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  void write(const std::string& name, const std::string& sql) const {
    std::ofstream(path_ / name, std::ios::app) << sql;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

std::string next_name(const fs::path& directory) {
  char name[32];
  std::snprintf(name, sizeof name, "%04d_more.sql", static_cast<int>(storage::read_migrations(directory)->size()) + 1);
  return name;
}

TEST_F(StorageSchema, MigratesOnceAndInOrder) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  const Directory directory;
  const auto known = *storage::read_migrations(directory.path());
  const auto before = storage::check_schema(database.superuser(), known);
  ASSERT_FALSE(before.ok());
  EXPECT_THAT(before.error().text, testing::HasSubstr("boursed migrate"));
  EXPECT_EQ(storage::migrate(database.superuser(), directory.path())->size(), known.size());
  EXPECT_EQ(storage::migrate(database.superuser(), directory.path())->size(), 0U);
  EXPECT_TRUE(storage::check_schema(database.service(), known).ok());

  const std::string more = next_name(directory.path());
  directory.write(more, "CREATE TABLE bourse.more (id int); SELECT 1/0;");
  const auto failed = storage::migrate(database.superuser(), directory.path());
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().text, testing::AllOf(testing::HasSubstr(more), testing::HasSubstr("division by zero")));
  EXPECT_EQ(database.query("SELECT to_regclass('bourse.more')"), "");
  EXPECT_TRUE(storage::check_schema(database.service(), known).ok());
}

TEST_F(StorageSchema, EditedAndMissingMigrationsAreRefusedByName) {
  const PgDatabase database;
  const Directory directory;
  const std::string more = next_name(directory.path());
  directory.write(more, "CREATE TABLE bourse.more (id int);");
  ASSERT_TRUE(storage::migrate(database.superuser(), directory.path()).ok());

  directory.write(more, "-- a remark");
  auto refused = storage::migrate(database.superuser(), directory.path());
  EXPECT_THAT(refused.error().text, testing::AllOf(testing::HasSubstr(more), testing::HasSubstr("edited")));
  fs::remove(directory.path() / more);
  refused = storage::migrate(database.superuser(), directory.path());
  EXPECT_THAT(refused.error().text, testing::AllOf(testing::HasSubstr(more), testing::HasSubstr("missing")));
  EXPECT_FALSE(storage::check_schema(database.superuser(), *storage::read_migrations(directory.path())).ok());
  directory.write("9999_far.sql", "SELECT 1;");
  EXPECT_EQ(storage::migrate(database.superuser(), directory.path()).error().code, base::Errc::kCorrupt);
  EXPECT_EQ(storage::migrate(database.superuser(), directory.path() / "nowhere").error().code, base::Errc::kNotFound);
}

TEST_F(StorageSchema, RowsOfTheFirstSchemaAreKept) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  const Directory directory;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().filename().string() > "0002") fs::remove(entry.path());
  }
  ASSERT_TRUE(storage::migrate(database.superuser(), directory.path()).ok());
  database.query(
      "INSERT INTO bourse.nodes (pool_id, name, kind, owner) VALUES (1, 'a', 'leaf', 'ann@x'), (1, 'b', 'leaf', NULL);"
      "INSERT INTO bourse.affiliations VALUES (1, 'a', 'ann@x', 'owner');"
      "INSERT INTO bourse.subscriptions (pool_id, node, subscriber) VALUES (1, 'commons/offers', 'sue@x/phone');"
      "INSERT INTO bourse.items VALUES (1, 'a', 'i', 'ann@x', '<x/>', 5, '2026-01-01Z');"
      "INSERT INTO bourse.offers VALUES (1, 'o', 'ann@x', '', true, '{cpu,gpu#0}', '{4000,1000}', '{}', '', 1, now());"
      "INSERT INTO bourse.grants VALUES "
      "(1, 1, 'o', 'r', 'ann@x', 'cy@x', '{gpu#0}', '{600}', 0, now(), now(), NULL, ''), "
      "(1, 2, 'o', 'r', 'ann@x', 'cy@x', '{cpu}', '{4000}', 3, now(), now(), now(), 'x')");
  ASSERT_TRUE(storage::migrate(database.superuser(), kMigrations).ok());
  EXPECT_EQ(database.query("SELECT string_agg(creator, ',' ORDER BY name) FROM bourse.nodes WHERE kind = 'leaf'"),
            "ann@x,");
  EXPECT_EQ(database.query("SELECT title FROM bourse.nodes WHERE name = 'commons/offers'"), "What providers lend");
  EXPECT_EQ(database.query("SELECT (subscriber, subid, state, options, expires)::text FROM bourse.subscriptions"),
            "(sue@x/phone,1,3,\"\\\\x\",)");
  EXPECT_EQ(
      database.query("SELECT (born, created = '2026-01-01Z', modified = created, payload)::text FROM bourse.items"),
      "(5,t,t,<x/>)");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.affiliations"), "1");
  EXPECT_EQ(database.query("SELECT string_agg((grant_id, state, ahead, booked)::text, ' ' ORDER BY grant_id) "
                           "FROM bourse.grants"),
            "(1,0,f,t) (2,3,f,f)");
  EXPECT_EQ(database.query("SELECT (offer_id, slots, capacity, used)::text FROM bourse.offer_use"),
            "(o,\"{cpu,gpu#0}\",\"{4000,1000}\",\"{0,600}\")");
}

TEST_F(StorageSchema, TwoMigratingAtOnceDoItOnce) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  std::size_t applied[2] = {0, 0};
  {
    std::jthread one([&] { applied[0] = storage::migrate(database.superuser(), kMigrations)->size(); });
    std::jthread two([&] { applied[1] = storage::migrate(database.superuser(), kMigrations)->size(); });
  }
  EXPECT_EQ(applied[0] + applied[1], storage::read_migrations(kMigrations)->size());
}

TEST_F(StorageSchema, ServiceOwnsNothingAndCannotRewriteTheLogs) {
  const PgDatabase database;
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_class WHERE relowner = 'bourse_service'::regrole"), "0");
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                           "WHERE nspname = 'bourse' AND relowner <> 'bourse_owner'::regrole"),
            "0");
  const char* forbidden[] = {
      "UPDATE bourse.events SET record = ''",
      "DELETE FROM bourse.events",
      "TRUNCATE bourse.events",
      "UPDATE bourse.events_other SET record = ''",
      "UPDATE bourse.audit_entries SET entry = ''",
      "DELETE FROM bourse.audit_entries",
      "TRUNCATE bourse.audit_entries",
      "UPDATE bourse.audit_tiles SET index = 1",
      "DELETE FROM bourse.audit_tiles",
      "TRUNCATE bourse.audit_tiles",
      "ALTER TABLE bourse.audit_tiles DISABLE TRIGGER refuse_rewriting",
      "UPDATE bourse.audit_checkpoints SET note = ''",
      "DELETE FROM bourse.audit_checkpoints",
      "TRUNCATE bourse.audit_checkpoints",
      "UPDATE bourse.offer_use SET used = '{}'",
      "INSERT INTO bourse.offer_use VALUES (1, 'x', '{cpu}', '{1}', '{}')",
      "DELETE FROM bourse.offer_use",
      "DELETE FROM bourse.offers",
      "UPDATE bourse.subscriptions SET subscriber = 'eve@x.example'",
      "TRUNCATE bourse.subscriptions",
      "TRUNCATE bourse.sanctions",
      "SELECT bourse.create_pool('another')",
      "DELETE FROM bourse.grants",
      "UPDATE bourse.grants SET amounts = '{1}'",
      "UPDATE bourse.grants SET request_id = 'another'",
      "TRUNCATE bourse.grants",
      "ALTER TABLE bourse.grants DISABLE TRIGGER refuse_revival",
      "DELETE FROM bourse.usage",
      "ALTER TABLE bourse.offers DISABLE TRIGGER ALL",
      "DROP TRIGGER book_inserted ON bourse.grants",
      "UPDATE bourse.availability SET reason = 1",
      "DELETE FROM bourse.availability",
      "DELETE FROM bourse.availability_other",
      "INSERT INTO bourse.availability_other VALUES (1, 0, false, 0, '[2026-01-01,2026-01-02)')",
      "UPDATE bourse.availability_hours SET hour = 1",
      "DELETE FROM bourse.availability_hours",
      "UPDATE bourse.availability_gaps SET pool_id = 2",
      "DELETE FROM bourse.availability_gaps",
      "UPDATE bourse.providers SET provider = 'eve@x'",
      "DELETE FROM bourse.providers",
      "SELECT bourse.make_history_month('2020-01-01')",
      "SELECT bourse.drop_history_before(now(), now())",
      "SET ROLE bourse_owner",
      "SET session_replication_role = replica",
  };
  // A login of its own: with SET ROLE one could always go back to the superuser.
  const std::string login = database.name() + "_login";
  database.query("CREATE ROLE " + login + " LOGIN IN ROLE bourse_service");
  {
    std::string uri = database.superuser().uri;
    uri += (uri.find('?') == std::string::npos ? "?user=" : "&user=") + login;
    pqxx::connection connection(uri);
    for (const char* sql : forbidden) {
      SCOPED_TRACE(sql);
      pqxx::nontransaction tx(connection);
      try {
        tx.exec(sql);
        ADD_FAILURE() << "was allowed";
      } catch (const pqxx::insufficient_privilege&) {  // as it should be; anything else fails the test
      }
    }
  }
  database.query("DROP ROLE " + login);
}

// Whatever statement changes it, not only the functions that a batch calls.
TEST_F(StorageSchema, TilesOfTheLogOnlyGrow) {
  const PgDatabase database;
  const auto hashes = [](char digit, int width) {
    return "repeat('" + std::string(64, digit) + "', " + std::to_string(width) + ")";
  };
  const auto bytes = [](const std::string& hex) { return "decode(" + hex + ", 'hex')"; };
  const auto update = [&](const std::string& hex) -> std::string {
    try {
      pqxx::connection connection(database.service().uri);
      pqxx::nontransaction tx(connection);
      tx.exec("UPDATE bourse.audit_tiles SET hashes = " + bytes(hex));
      return "ok";
    } catch (const pqxx::sql_error& error) {
      return error.what();
    }
  };
  database.query("INSERT INTO bourse.audit_tiles VALUES (1, 0, 0, " + bytes(hashes('a', 100)) + ")");
  EXPECT_EQ(update(hashes('a', 100)), "ok");
  EXPECT_THAT(update(hashes('a', 99)), testing::HasSubstr("can only grow"));
  EXPECT_THAT(update(hashes('b', 100)), testing::HasSubstr("can only grow"));
  EXPECT_THAT(update(hashes('b', 101)), testing::HasSubstr("can only grow"));
  EXPECT_EQ(update(hashes('a', 100) + " || " + hashes('b', 156)), "ok");
  EXPECT_THAT(update(hashes('a', 256)), testing::HasSubstr("can only grow"));
  EXPECT_THAT(update(hashes('a', 100) + " || " + hashes('b', 157)), testing::HasSubstr("audit_tiles_hashes"));
}

// A pool that was there before the log had a node gets it; old entries are leaves as they are.
TEST_F(StorageSchema, PoolsGetTheirAuditNode) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  const Directory directory;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().filename().string() > "0008") fs::remove(entry.path());
  }
  ASSERT_TRUE(storage::migrate(database.superuser(), directory.path()).ok());
  database.query("SELECT bourse.create_pool('second')");
  ASSERT_TRUE(storage::migrate(database.superuser(), kMigrations).ok());
  EXPECT_EQ(database.query("SELECT string_agg(name || ' ' || kind, ',' ORDER BY name) FROM bourse.nodes "
                           "WHERE name LIKE '%/audit'"),
            "commons/audit market,second/audit market");
}

TEST_F(StorageSchema, EventsMoveOutOfTheSafetyNet) {
  const PgDatabase database;
  database.query("DROP TABLE bourse.events_" + database.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')"));
  database.query(
      "INSERT INTO bourse.events VALUES (1, 1, now(), 1, 'n', 'i', '', '', '', ''), "
      "(1, 2, '1999-01-01', 1, 'n', 'i', '', '', '', '')");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.events_other"), "2");
  EXPECT_EQ(database.query("SELECT bourse.ensure_partitions()"), "1");
  EXPECT_EQ(database.query("SELECT bourse.ensure_partitions()"), "0");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.events_other"), "1");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.events"), "2");
}

TEST(StorageFailure, KindsBySqlState) {
  struct Case {
    const char* sqlstate;
    storage::FailureKind expected;
  };
  using enum storage::FailureKind;
  for (const Case& c : {Case{"53100", kUnavailable}, Case{"53300", kUnavailable}, Case{"57P01", kUnavailable},
                        Case{"57P03", kUnavailable}, Case{"25006", kUnavailable}, Case{"42883", kUnavailable},
                        Case{"40001", kUnavailable}, Case{"23505", kRejected}, Case{"23514", kRejected},
                        Case{"23P01", kRejected}, Case{"22021", kRejected}, Case{"BO001", kFenced},
                        Case{"BO002", kRejected}, Case{"08006", kBroken}, Case{"", kBroken}}) {
    SCOPED_TRACE(c.sqlstate);
    EXPECT_EQ(storage::failure_kind(c.sqlstate), c.expected);
  }
}

template <class Exception>
storage::FailureKind kind_when_thrown(const Exception& exception) {
  try {
    throw exception;
  } catch (const std::exception&) {
    return storage::current_failure().kind;
  }
}

TEST(StorageFailure, KindsByClassWhenThereIsNoSqlState) {
  using enum storage::FailureKind;
  EXPECT_EQ(kind_when_thrown(pqxx::disk_full("full", "q")), kUnavailable);
  EXPECT_EQ(kind_when_thrown(pqxx::out_of_memory("full", "q")), kUnavailable);
  EXPECT_EQ(kind_when_thrown(pqxx::insufficient_privilege("no", "q")), kUnavailable);
  EXPECT_EQ(kind_when_thrown(pqxx::check_violation("no", "q")), kRejected);
  EXPECT_EQ(kind_when_thrown(pqxx::unique_violation("no", "q")), kRejected);
  EXPECT_EQ(kind_when_thrown(pqxx::sql_error("server closed the connection", "q")), kBroken);
  EXPECT_EQ(kind_when_thrown(pqxx::broken_connection("gone")), kBroken);
  EXPECT_EQ(kind_when_thrown(pqxx::too_many_connections("full")), kUnavailable);
  EXPECT_EQ(kind_when_thrown(pqxx::in_doubt_error("commit")), kBroken);
}

}  // namespace
}  // namespace bourse::test
