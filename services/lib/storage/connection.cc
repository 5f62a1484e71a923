#include "storage/connection.h"

#include <algorithm>
#include <random>
#include <thread>

#include "storage/failure.h"

namespace bourse::storage {
namespace {

constexpr const char* kEverySession =
    "SELECT set_config('timezone', 'UTC', false), set_config('jit', 'off', false), "
    "set_config('client_encoding', 'UTF8', false), set_config('bytea_output', 'hex', false), "
    "set_config('extra_float_digits', '1', false), set_config('application_name', ";

constexpr const char* kWriterSession =
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false), "
    "set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false), "
    "CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') "
    "THEN set_config('synchronous_commit', 'on', false) END";

void set_up(pqxx::connection& connection, const ConnectionOptions& options, Use use) {
  pqxx::nontransaction tx(connection);
  tx.exec(kEverySession + tx.quote(options.application) + ", false)");
  if (use == Use::kWriter) tx.exec(kWriterSession);
}

}  // namespace

base::Result<Connection> connect(const ConnectionOptions& options, Use use) {
  try {
    auto connection = std::make_unique<pqxx::connection>(options.uri);
    set_up(*connection, options, use);
    never_reconnect(*connection);
    return connection;
  } catch (const std::exception&) {
    Failure failure = current_failure();
    failure.kind = FailureKind::kUnavailable;
    return as_error(std::move(failure), "cannot connect to PostgreSQL");
  }
}

base::Result<Connection> connect_with_retry(const ConnectionOptions& options, Use use, const RetryPolicy& policy,
                                            const std::function<bool()>& stop,
                                            const std::function<void(const base::Error&)>& on_failure) {
  std::minstd_rand random(std::random_device{}());
  const auto deadline = std::chrono::steady_clock::now() + policy.give_up_after;
  auto delay = policy.first_delay;
  while (true) {
    if (stop()) return {base::Errc::kUnavailable, "stopped while connecting to PostgreSQL"};
    auto connection = connect(options, use);
    if (connection.ok()) return connection;
    on_failure(connection.error());
    if (std::chrono::steady_clock::now() + delay > deadline) return connection;
    const auto jitter =
        std::uniform_int_distribution<long>(0, std::max<long>(1, static_cast<long>(delay.count()) / 2))(random);
    std::this_thread::sleep_for(delay / 2 + std::chrono::milliseconds(jitter));
    delay = std::min(delay * 2, policy.longest_delay);
  }
}

}  // namespace bourse::storage
