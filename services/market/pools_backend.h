// Purpose: hands commands to the pool they name and questions to the readers.
// Lifetime: the daemon's. Threads: the network thread's; the spines and the query pool do their own work.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "market/query_pool.h"
#include "market/spine.h"
#include "xmpp/backend.h"

namespace bourse::boursed {

class PoolsBackend final : public xmpp::Backend {
 public:
  void add(const domain::PoolName& pool, market::Spine& spine) { spines_.emplace(pool, &spine); }
  void answer_with(market::QueryPool& queries) { queries_ = &queries; }

  [[nodiscard]] base::Status submit(market::Command&& command) override;
  [[nodiscard]] base::Status ask(market::Query&& query) override { return queries_->ask(std::move(query)); }

 private:
  std::unordered_map<domain::PoolName, market::Spine*> spines_;
  market::QueryPool* queries_ = nullptr;
};

}  // namespace bourse::boursed
