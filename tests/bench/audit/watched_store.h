// Purpose: a store that notes when entries and checkpoints over them became durable.
// Lifetime: the store behind it outlives it. Threads: the store's one; the questions are asked from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "market/store.h"

namespace bourse::bench {

using Steady = std::chrono::steady_clock;

// That many entries waited that long from their commit to that of the first checkpoint over them.
struct Waited {
  double milliseconds = 0;
  std::uint64_t entries = 0;
};
// Of all entries; 0 ≤ share <= 1.
[[nodiscard]] double quantile(std::vector<Waited> waited, double share);

class WatchedStore final : public market::Store {
 public:
  explicit WatchedStore(market::Store& store) : store_(store) {}

  [[nodiscard]] base::Result<market::Lease> acquire(const domain::PoolName& pool, const std::string& holder,
                                                    market::StateLoader& loader) override;
  [[nodiscard]] market::CommitResult commit(const market::Batch& batch) override;
  [[nodiscard]] market::CommitResult renew(const market::Lease& lease, domain::EventSeq delivered) override {
    return store_.renew(lease, delivered);
  }
  void release(const market::Lease& lease) override { store_.release(lease); }

  struct Seen {
    Steady::time_point asked;       // when the last load began
    Steady::time_point loaded;      // … and was there
    Steady::time_point checkpoint;  // when the last one became durable
    std::uint64_t entries = 0;      // committed, those that were loaded not among them
    std::uint64_t size = 0;         // of the last checkpoint
    std::uint64_t checkpoints = 0;
    std::uint64_t waiting = 0;  // entries committed after it
    std::vector<Waited> waited;
  };
  [[nodiscard]] Seen seen() const;
  void forget_waits();
  // Throws when there is no such checkpoint in time.
  void wait_for_checkpoint(std::uint64_t size, std::chrono::seconds longest);
  // Of everything that is committed.
  void wait_until_signed(std::chrono::seconds longest);

 private:
  struct Committed {
    std::uint64_t from = 0;  // [from, until)
    std::uint64_t until = 0;
    Steady::time_point at;
  };
  void note_checkpoint(std::uint64_t size, Steady::time_point now);

  market::Store& store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Committed> committed_;  // not under a checkpoint yet
  Seen seen_;
};

}  // namespace bourse::bench
