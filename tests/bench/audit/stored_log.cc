#include "bench/audit/stored_log.h"

#include <stdexcept>

#include "bench/ignored_state.h"

namespace bourse::bench {

StoredLog::StoredLog(const std::string& uri) : store_({uri, "bench_audit"}) {
  IgnoredState ignored;
  auto lease = store_.acquire({"commons"}, "bench", ignored);
  if (!lease.ok()) throw std::runtime_error(lease.error().text);
  lease_ = *lease;
  number_ = lease_.last_batch;
}

void StoredLog::write(std::uint64_t entries, const std::function<void(market::Batch&)>& fill) {
  market::Batch batch;
  fill(batch);
  batch.epoch = lease_.epoch;
  batch.number = ++number_;
  batch.counters = lease_.counters;
  batch.counters.next_audit.value = entries;
  const auto result = store_.commit(batch);
  if (result.outcome != market::CommitOutcome::kCommitted) throw std::runtime_error("not committed: " + result.text);
}

}  // namespace bourse::bench
