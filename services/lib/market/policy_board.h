// Purpose: what of a pool's policy is durable, for those who read it beside the decider: who admits, who answers
// questions. Lifetime: outlives them and the spines. Threads: any.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "domain/ids.h"
#include "market/access_policy.h"

namespace bourse::market {

class PolicyBoard {
 public:
  using Snapshot = std::shared_ptr<const AccessPolicy>;

  void publish(const domain::PoolName& pool, Snapshot policy) {
    const std::lock_guard lock(mutex_);
    policies_[pool] = std::move(policy);
  }
  // Never null: a pool that is not loaded yet lets everybody in, and decides nothing.
  [[nodiscard]] Snapshot of(const domain::PoolName& pool) const {
    const std::lock_guard lock(mutex_);
    const auto found = policies_.find(pool);
    return found == policies_.end() ? open_ : found->second;
  }

 private:
  const Snapshot open_ = std::make_shared<AccessPolicy>();
  mutable std::mutex mutex_;
  std::unordered_map<domain::PoolName, Snapshot> policies_;
};

}  // namespace bourse::market
