#include "market/node_rows_builder.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace bourse::market {
namespace {

const domain::NodeName& node_of(const pubsub::NodeRow& row) { return row.name; }
template <class Row>
const domain::NodeName& node_of(const Row& row) {
  return row.node;
}

}  // namespace

void NodeRowsBuilder::fold(pubsub::Change&& change) {
  std::visit(
      [this](auto&& row) {
        const domain::NodeName name = node_of(row);
        const auto [place, added] = by_node_.try_emplace(name);
        if (added) order_.push_back(name);
        apply(place->second, std::forward<decltype(row)>(row));
      },
      std::move(change));
}

void NodeRowsBuilder::apply(Rows& rows, pubsub::NodeRemoved&& /*removed*/) {
  rows = Rows{};
  rows.removed = true;
}

void NodeRowsBuilder::apply(Rows& rows, pubsub::NodePurged&& /*purged*/) {
  rows.items.clear();
  rows.purged = true;
}

void NodeRowsBuilder::apply(Rows& rows, pubsub::AffiliationRow&& row) {
  const auto jid = row.jid;
  rows.affiliations.insert_or_assign(jid, std::move(row));
}

void NodeRowsBuilder::apply(Rows& rows, pubsub::SubscriptionRow&& row) {
  auto key = row.subscriber.text() + '\n' + std::to_string(row.id.value);
  rows.subscriptions.insert_or_assign(std::move(key), std::move(row));
}

// A retraction carries no content; whether the item was new in this batch matters to nobody.
void NodeRowsBuilder::apply(Rows& rows, pubsub::ItemRow&& row) {
  const auto id = row.id;
  rows.items.insert_or_assign(id, std::move(row));
}

void NodeRowsBuilder::finish(Batch& batch) && {
  for (const auto& name : order_) finish(name, by_node_.at(name), batch);
  const auto by_seq = [](const auto& a, const auto& b) { return a.seq < b.seq; };
  std::ranges::stable_sort(batch.items, by_seq);
}

void NodeRowsBuilder::finish(const domain::NodeName& name, Rows& rows, Batch& batch) {
  if (rows.removed) batch.removed_nodes.push_back(name);
  if (rows.node) batch.nodes.push_back(std::move(*rows.node));
  if (rows.purged && !rows.removed) batch.purged_nodes.push_back(name);
  for (auto& [jid, row] : rows.affiliations) batch.affiliations.push_back(std::move(row));
  for (auto& [key, row] : rows.subscriptions) batch.subscriptions.push_back(std::move(row));
  for (auto& [id, row] : rows.items) batch.items.push_back(std::move(row));
}

}  // namespace bourse::market
