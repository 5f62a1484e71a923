#include "support/pg_database.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "storage/migrate.h"

namespace bourse::test {
namespace {

std::string server_uri() {
  const char* uri = std::getenv("BOURSE_TEST_PG");
  return uri == nullptr ? std::string() : std::string(uri);
}

// The URI with another database, and with more parameters ("&"-separated).
std::string with_database(const std::string& database, const std::string& parameters = "") {
  std::string uri = server_uri();
  std::string query;
  if (const std::size_t mark = uri.find('?'); mark != std::string::npos) {
    query = uri.substr(mark + 1);
    uri.resize(mark);
  }
  const std::size_t scheme = uri.find("://");
  const std::size_t path = scheme == std::string::npos ? std::string::npos : uri.find('/', scheme + 3);
  if (path != std::string::npos) uri.resize(path);
  uri += "/" + database;
  if (!parameters.empty()) query += (query.empty() ? "" : "&") + parameters;
  return query.empty() ? uri : uri + "?" + query;
}

std::string run_on(const std::string& database, const std::string& sql) {
  pqxx::connection connection(with_database(database));
  pqxx::nontransaction tx(connection);
  const auto result = tx.exec(sql);
  return result.empty() || result.columns() == 0 || result[0][0].is_null() ? std::string()
                                                                           : std::string(result[0][0].c_str());
}

class Template {
 public:
  Template() : name_("bourse_template_" + std::to_string(getpid())) {
    run_on("postgres", "CREATE DATABASE " + name_);
    const auto migrated = storage::migrate({with_database(name_), "test"}, BOURSE_SOURCE_DIR "/migrations");
    if (!migrated.ok()) throw std::runtime_error(migrated.error().text);
  }
  ~Template() {
    try {
      run_on("postgres", "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {  // the server went first: nothing is left to drop
    }
  }
  Template(const Template&) = delete;
  Template& operator=(const Template&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const std::string name_;
};

const std::string& template_name() {
  static const Template made;
  return made.name();
}

}  // namespace

std::string why_no_postgres() {
  if (!server_uri().empty()) return {};
  return "BOURSE_TEST_PG is not set: PostgreSQL is not tested here. Set it to a libpq URI of a superuser on a "
         "private server, or run ops/test";
}

PgDatabase::PgDatabase(Content content) {
  static std::atomic<int> made{0};
  name_ = "bourse_test_" + std::to_string(getpid()) + "_" + std::to_string(++made);
  run_on("postgres",
         "CREATE DATABASE " + name_ + (content == Content::kMigrated ? " TEMPLATE " + template_name() : ""));
}

PgDatabase::~PgDatabase() {
  try {
    run_on("postgres", "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {  // the test's own failure says more
  }
}

storage::ConnectionOptions PgDatabase::superuser() const { return {with_database(name_), "test"}; }

storage::ConnectionOptions PgDatabase::service() const {
  return {with_database(name_, "options=-c%20role%3Dbourse_service"), "test"};
}

std::string PgDatabase::query(const std::string& sql) const { return run_on(name_, sql); }

}  // namespace bourse::test
