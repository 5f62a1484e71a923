// The half of FakeStore that keeps nodes and who is barred.
#include <algorithm>
#include <iterator>

#include "support/fake_store.h"

namespace bourse::test {

void FakeStore::remove_node(State& state, const std::string& name) {
  std::erase_if(state.affiliations, [&name](const auto& entry) { return entry.first.first == name; });
  std::erase_if(state.subscriptions, [&name](const auto& entry) { return std::get<0>(entry.first) == name; });
  state.leaves.erase(name);
  state.nodes.erase(name);
}

void FakeStore::apply_item(Leaf& leaf, const pubsub::ItemRow& row) {
  const auto at = leaf.items.find(row.id);
  if (row.removed) {
    if (at != leaf.items.end()) leaf.items.erase(at);
    return;
  }
  if (at == leaf.items.end() || at->second.created != row.created) leaf.first_seq[row.id] = row.seq;
  leaf.items[row.id] = row;
}

std::string FakeStore::apply_nodes(State& state, const market::Batch& batch) {
  for (const auto& row : batch.sanctions) {
    state.sanctions[row.jid.text()] = row;
    const bool says_something =
        row.drained || row.banned || row.failures > 0 || row.quarantines > 0 || row.quarantined_until;
    if (!says_something) state.sanctions.erase(row.jid.text());
  }
  for (const auto& row : batch.policies) {
    state.policies[{row.name, row.subject}] = row.value;
    if (row.value.empty()) state.policies.erase({row.name, row.subject});
  }
  for (const auto& row : batch.usage) state.usage[row.consumer.text()] = row;
  for (const auto& name : batch.removed_nodes) remove_node(state, name.value);
  for (const auto& row : batch.nodes) state.nodes[row.name.value] = row;
  for (const auto& name : batch.purged_nodes) state.leaves.erase(name.value);
  for (const auto& row : batch.affiliations) {
    const std::pair key(row.node.value, row.jid.text());
    if (row.affiliation == pubsub::Affiliation::kNone) {
      state.affiliations.erase(key);
      continue;
    }
    if (!state.nodes.contains(row.node.value)) return "an affiliation with a node that does not exist";
    state.affiliations[key] = row;
  }
  for (const auto& row : batch.subscriptions) {
    const SubscriptionKey key(row.node.value, row.subscriber.text(), row.id);
    if (row.removed) {
      state.subscriptions.erase(key);
    } else {
      state.subscriptions[key] = row;
    }
  }
  for (const auto& row : batch.items) {
    if (!row.removed && !state.nodes.contains(row.node.value)) return "an item of a node that does not exist";
    apply_item(state.leaves[row.node.value], row);
  }
  return {};
}

base::Status FakeStore::load_nodes(market::StateLoader& loader) const {
  for (const auto& [jid, row] : state_.sanctions) {
    if (auto taken = loader.on_sanction(market::SanctionRow(row)); !taken.ok()) return taken;
  }
  for (const auto& [name, row] : state_.nodes) {
    if (auto taken = loader.on_node(pubsub::NodeRow(row)); !taken.ok()) return taken;
  }
  for (const auto& [key, row] : state_.affiliations) {
    if (auto taken = loader.on_affiliation(pubsub::AffiliationRow(row)); !taken.ok()) return taken;
  }
  for (const auto& [key, row] : state_.subscriptions) {
    if (auto taken = loader.on_subscription(pubsub::SubscriptionRow(row)); !taken.ok()) return taken;
  }
  for (const auto& [node, leaf] : state_.leaves) {
    std::vector<pubsub::ItemRow> rows;
    std::ranges::transform(leaf.items, std::back_inserter(rows), [](const auto& entry) { return entry.second; });
    std::ranges::sort(rows, {}, &pubsub::ItemRow::seq);
    for (auto& row : rows) {
      if (&row != &rows.back()) row.payload.clear();
      if (auto taken = loader.on_item(std::move(row)); !taken.ok()) return taken;
    }
  }
  return base::Done{};
}

}  // namespace bourse::test
