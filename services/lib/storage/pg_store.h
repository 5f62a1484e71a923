// Purpose: market::Store on PostgreSQL: the lease, the load, and one statement per batch.
// Lifetime: one per pool, with one connection, opened when needed and again after it broke.
// Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>

#include "market/store.h"
#include "storage/connection.h"

namespace bourse::storage {

struct BatchStatement;

class PgStore final : public market::Store {
 public:
  explicit PgStore(ConnectionOptions options) : options_(std::move(options)) {}

  [[nodiscard]] base::Result<market::Lease> acquire(const domain::PoolName& pool, const std::string& holder,
                                                    market::StateLoader& loader) override;
  [[nodiscard]] market::CommitResult commit(const market::Batch& batch) override;
  [[nodiscard]] market::CommitResult renew(const market::Lease& lease, domain::EventSeq delivered) override;
  void release(const market::Lease& lease) override;

 private:
  base::Status ensure_connected();
  void forget_broken_connection();
  base::Result<market::Lease> take_lease(const domain::PoolName& pool, const std::string& holder,
                                         base::Timestamp& taken_at);
  base::Error why_not(pqxx::transaction_base& tx, const domain::PoolName& pool);
  market::CommitResult execute(const BatchStatement& statement);
  void make_partitions_daily();

  const ConnectionOptions options_;
  Connection connection_;
  std::int64_t pool_id_ = 0;
  std::unordered_set<std::string> prepared_;  // on connection_
  std::chrono::steady_clock::time_point partitions_due_{};
};

}  // namespace bourse::storage
