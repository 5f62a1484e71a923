// Purpose: answers queries on threads and connections of their own, so that a slow one delays neither
//   decisions nor other queries.
// Lifetime: reader and outbox outlive it; destruction waits for queries under way. Threads: ask() from any.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "base/fair_queue.h"
#include "market/history_answer.h"
#include "market/outbox.h"
#include "market/policy_board.h"
#include "market/query.h"
#include "market/reader.h"

namespace bourse::market {

class QueryPool {
 public:
  QueryPool(Reader& reader, Outbox& outbox, std::size_t threads, std::size_t queue_capacity,
            const HistoryPolicy& history = {}, const PolicyBoard* policies = nullptr);
  ~QueryPool();
  QueryPool(const QueryPool&) = delete;
  QueryPool& operator=(const QueryPool&) = delete;

  // kForbidden: the pool's policy does not open that to the viewer. kResourceConstraint: the queue, or the part of it
  // that the viewer's domain may fill, is full.
  [[nodiscard]] base::Status ask(Query&& query);

 private:
  void serve();
  void answer(Query&& query);

  Reader& reader_;
  Outbox& outbox_;
  const HistoryPolicy history_;
  const PolicyBoard* const policies_;  // null: everybody may ask
  base::FairQueue<Query> queue_;       // a lane a domain
  std::atomic<bool> stopping_{false};
  std::vector<std::jthread> threads_;
};

}  // namespace bourse::market
