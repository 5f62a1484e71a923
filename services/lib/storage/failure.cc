#include "storage/failure.h"

#include <algorithm>
#include <new>
#include <pqxx/pqxx>
#include <type_traits>
#include <utility>

#include "storage/fields.h"

namespace bourse::storage {
namespace {

// The message's first line; DETAIL and CONTEXT of our own functions help nobody who reads a log.
std::string first_line(const char* what) {
  std::string text(what);
  const std::size_t end = text.find('\n');
  if (end != std::string::npos) text.resize(end);
  constexpr std::string_view kPrefix = "ERROR:  ";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  return text;
}

// libpqxx 6 gives some of its exceptions no SQLSTATE: their class says as much.
FailureKind kind_of(const pqxx::sql_error& error) {
  if (!error.sqlstate().empty()) return failure_kind(error.sqlstate());
  const auto is = [&error]<class... Classes>(std::type_identity<Classes>...) {
    return ((dynamic_cast<const Classes*>(&error) != nullptr) || ...);
  };
  if (is(std::type_identity<pqxx::integrity_constraint_violation>(), std::type_identity<pqxx::data_exception>(),
         std::type_identity<pqxx::plpgsql_error>())) {
    return FailureKind::kRejected;
  }
  if (is(std::type_identity<pqxx::insufficient_resources>(), std::type_identity<pqxx::insufficient_privilege>(),
         std::type_identity<pqxx::syntax_error>(), std::type_identity<pqxx::feature_not_supported>(),
         std::type_identity<pqxx::invalid_sql_statement_name>(), std::type_identity<pqxx::invalid_cursor_state>(),
         std::type_identity<pqxx::invalid_cursor_name>())) {
    return FailureKind::kUnavailable;
  }
  return FailureKind::kBroken;
}

}  // namespace

FailureKind failure_kind(const std::string& sqlstate) {
  if (sqlstate.empty()) return FailureKind::kBroken;  // libpq made the error up: nothing came from the server
  if (sqlstate == "BO001") return FailureKind::kFenced;
  if (sqlstate == "BO002" || sqlstate == "P0001") return FailureKind::kRejected;
  const std::string_view of = std::string_view(sqlstate).substr(0, 2);
  // Constraints; values it cannot hold; rows beyond its limits, which no retry makes smaller.
  if (of == "23" || of == "22" || of == "54") return FailureKind::kRejected;
  if (of == "08") return FailureKind::kBroken;
  return FailureKind::kUnavailable;  // 53 resources, 57 shutdown, 42 another schema, 40 rolled back, …
}

Failure current_failure() {
  try {
    throw;
  } catch (const pqxx::too_many_connections& error) {
    return {FailureKind::kUnavailable, first_line(error.what())};
  } catch (const pqxx::broken_connection& error) {
    return {FailureKind::kBroken, first_line(error.what())};
  } catch (const pqxx::in_doubt_error& error) {
    return {FailureKind::kBroken, first_line(error.what())};
  } catch (const pqxx::statement_completion_unknown& error) {
    return {FailureKind::kBroken, first_line(error.what())};
  } catch (const pqxx::transaction_rollback& error) {
    return {FailureKind::kUnavailable, first_line(error.what())};
  } catch (const pqxx::sql_error& error) {
    std::string text = first_line(error.what());
    if (!error.sqlstate().empty()) text += " (SQLSTATE " + error.sqlstate() + ")";
    return {kind_of(error), std::move(text)};
  } catch (const pqxx::failure& error) {
    return {FailureKind::kBroken, first_line(error.what())};
  } catch (const Corrupt& error) {
    return {FailureKind::kUnavailable, error.what()};
  } catch (const std::bad_alloc&) {
    return {FailureKind::kUnavailable, "out of memory"};
  }
}

market::CommitResult as_commit_result(Failure failure) {
  using market::CommitOutcome;
  switch (failure.kind) {
    case FailureKind::kFenced:
      return {CommitOutcome::kFenced, std::move(failure.text)};
    case FailureKind::kRejected:
      return {CommitOutcome::kRejected, std::move(failure.text)};
    case FailureKind::kUnavailable:
      return {CommitOutcome::kUnavailable, std::move(failure.text)};
    case FailureKind::kBroken:
      return {CommitOutcome::kInDoubt, std::move(failure.text)};
  }
  return {CommitOutcome::kInDoubt, std::move(failure.text)};
}

base::Error as_error(Failure failure, const std::string& doing) {
  using base::Errc;
  std::string text = doing + ": " + failure.text;
  switch (failure.kind) {
    case FailureKind::kFenced:
      return {Errc::kConflict, std::move(text)};
    case FailureKind::kRejected:
      return {Errc::kBadRequest, std::move(text)};
    case FailureKind::kUnavailable:
    case FailureKind::kBroken:
      return {Errc::kUnavailable, std::move(text)};
  }
  return {Errc::kInternal, std::move(text)};
}

}  // namespace bourse::storage
