#include "bench/audit/watched_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace bourse::bench {

double quantile(std::vector<Waited> waited, double share) {
  if (waited.empty()) return 0;
  std::ranges::sort(waited, {}, &Waited::milliseconds);
  std::uint64_t all = 0;
  for (const auto& each : waited) all += each.entries;
  auto below = static_cast<std::uint64_t>(share * static_cast<double>(all));
  for (const auto& each : waited) {
    if (below < each.entries) return each.milliseconds;
    below -= each.entries;
  }
  return waited.back().milliseconds;
}

base::Result<market::Lease> WatchedStore::acquire(const domain::PoolName& pool, const std::string& holder,
                                                  market::StateLoader& loader) {
  const auto asked = Steady::now();
  auto lease = store_.acquire(pool, holder, loader);
  const std::lock_guard lock(mutex_);
  committed_.clear();
  seen_.asked = asked;
  seen_.loaded = Steady::now();
  return lease;
}

market::CommitResult WatchedStore::commit(const market::Batch& batch) {
  auto result = store_.commit(batch);
  if (result.outcome != market::CommitOutcome::kCommitted) return result;
  const auto now = Steady::now();
  const std::lock_guard lock(mutex_);
  if (!batch.audit.empty()) {
    committed_.push_back({batch.audit.front().index.value, batch.audit.back().index.value + 1, now});
    seen_.entries += batch.audit.size();
  }
  for (const auto& checkpoint : batch.checkpoints) note_checkpoint(checkpoint.size, now);
  changed_.notify_all();
  return result;
}

void WatchedStore::note_checkpoint(std::uint64_t size, Steady::time_point now) {
  seen_.size = size;
  seen_.checkpoint = now;
  ++seen_.checkpoints;
  while (!committed_.empty() && committed_.front().from < size) {
    auto& oldest = committed_.front();
    const auto until = std::min(oldest.until, size);
    seen_.waited.push_back({std::chrono::duration<double, std::milli>(now - oldest.at).count(), until - oldest.from});
    oldest.from = until;
    if (oldest.from == oldest.until) committed_.pop_front();
  }
}

WatchedStore::Seen WatchedStore::seen() const {
  const std::lock_guard lock(mutex_);
  auto seen = seen_;
  for (const auto& each : committed_) seen.waiting += each.until - each.from;
  return seen;
}

void WatchedStore::forget_waits() {
  const std::lock_guard lock(mutex_);
  seen_.waited.clear();
  seen_.checkpoints = 0;
  seen_.entries = 0;
}

void WatchedStore::wait_for_checkpoint(std::uint64_t size, std::chrono::seconds longest) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, longest, [&] { return seen_.size >= size; })) return;
  throw std::runtime_error(fmt::format("the last checkpoint is of {} entries, not of {}", seen_.size, size));
}

void WatchedStore::wait_until_signed(std::chrono::seconds longest) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, longest, [&] { return committed_.empty(); })) return;
  throw std::runtime_error("entries that were committed were not signed in time");
}

}  // namespace bourse::bench
