// Purpose: opening connections to PostgreSQL, set up for what they will do.
// Lifetime: the caller owns the connection; it never reconnects by itself. Threads: one at a time each.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "storage/pqxx_dialect.h"

namespace bourse::storage {

struct ConnectionOptions {
  std::string uri;  // libpq's: "postgresql://boursed@/bourse?host=/run/postgresql" or "host=… dbname=…"
  std::string application = "bourse";
};

// kWriter: prepared statements over many rows: generic plans that follow indexes whatever the statistics say
// (a plan made when a table was empty must not scan it when it is full), and never less than a durable commit.
enum class Use { kWriter, kReader, kMaintenance };

using Connection = std::unique_ptr<pqxx::connection>;

// kUnavailable: the server is away, refuses us or has no such database; the text says which.
[[nodiscard]] base::Result<Connection> connect(const ConnectionOptions& options, Use use);

struct RetryPolicy {
  std::chrono::milliseconds first_delay{100};
  std::chrono::milliseconds longest_delay{5000};
  std::chrono::milliseconds give_up_after{60000};
};

// Tries until it works, time is up, or `stop` says so (asked before every attempt). Delays double, with
// jitter. `on_failure` hears of each failed attempt, for the log.
[[nodiscard]] base::Result<Connection> connect_with_retry(const ConnectionOptions& options, Use use,
                                                          const RetryPolicy& policy, const std::function<bool()>& stop,
                                                          const std::function<void(const base::Error&)>& on_failure);

}  // namespace bourse::storage
