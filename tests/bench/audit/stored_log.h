// Purpose: a pool's log written straight into its database, without a market that decides: entries, tiles, checkpoints.
// Lifetime: holds the pool's lease as long as it lives. Threads: none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "market/batch.h"
#include "storage/pg_store.h"

namespace bourse::bench {

class StoredLog {
 public:
  explicit StoredLog(const std::string& uri);
  ~StoredLog() { store_.release(lease_); }
  StoredLog(const StoredLog&) = delete;
  StoredLog& operator=(const StoredLog&) = delete;

  // Commits what `fill` puts into an empty batch. The pool has that many entries afterwards.
  void write(std::uint64_t entries, const std::function<void(market::Batch&)>& fill);

 private:
  storage::PgStore store_;
  market::Lease lease_;
  std::uint64_t number_ = 0;
};

}  // namespace bourse::bench
