#include "market/query_pool.h"

#include <chrono>
#include <utility>
#include <variant>

namespace bourse::market {
namespace {

struct Run {
  Reader& reader;
  const Viewer& viewer;

  template <class Value>
  static base::Result<AnswerBody> wrap(base::Result<Value>&& result) {
    if (!result) return result.error();
    return AnswerBody(std::move(result).value());
  }

  base::Result<AnswerBody> operator()(const ItemQuery& query) const { return wrap(reader.items(query, viewer)); }
  base::Result<AnswerBody> operator()(const SubscriptionsQuery& query) const {
    auto rows = reader.subscriptions(query.pool, viewer.jid);
    if (rows && query.node)
      std::erase_if(rows.value(), [&](const SubscriptionRow& row) { return row.node != *query.node; });
    return wrap(std::move(rows));
  }
  base::Result<AnswerBody> operator()(const AvailabilityQuery& query) const {
    return wrap(reader.availability(query.pool, query.provider, query.since, query.until));
  }
  base::Result<AnswerBody> operator()(const AuditQuery& query) const { return wrap(reader.audit(query, viewer)); }
  base::Result<AnswerBody> operator()(const StatusQuery& query) const { return wrap(reader.status(query.pool)); }
};

}  // namespace

QueryPool::QueryPool(Reader& reader, Outbox& outbox, std::size_t threads, std::size_t queue_capacity)
    : reader_(reader), outbox_(outbox), queue_(queue_capacity) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

QueryPool::~QueryPool() { queue_.close(); }

base::Status QueryPool::ask(Query&& query) {
  if (queue_.try_push(std::move(query))) return base::Done{};
  return {base::Errc::kResourceConstraint, "too many queries are waiting; try again in a moment"};
}

void QueryPool::serve() {
  while (!queue_.closed_and_empty()) {
    for (auto& query : queue_.pop_some(1, std::chrono::seconds(60))) {
      auto result = std::visit(Run{reader_, query.viewer}, query.body);
      outbox_.answer({std::move(query), std::move(result)});
    }
  }
}

}  // namespace bourse::market
