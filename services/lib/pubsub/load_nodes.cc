// What storage has, into memory (Decider::load).
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

base::Status corrupt(std::string what) { return {Errc::kCorrupt, std::move(what)}; }

}  // namespace

base::Status Decider::load(NodeRow&& row) {
  if (row.kind == NodeKind::kMarket) {
    const Node* const there = directory_.find(row.name);
    if (there != nullptr && there->market) return base::Done{};
    return corrupt("the node '" + row.name.value + "' is none of the market's nodes of this pool");
  }
  if (directory_.find(row.name) != nullptr) return corrupt("the node '" + row.name.value + "' is there twice");
  const NodeType type = row.kind == NodeKind::kCollection ? NodeType::kCollection : NodeType::kLeaf;
  NodeConfig config = default_config(type);
  if (!row.config.empty()) {
    const auto form = decode_form(row.config);
    if (!form) return corrupt("the configuration of the node '" + row.name.value + "' cannot be read");
    auto read = config_from(*form);
    if (!read) return corrupt("the configuration of the node '" + row.name.value + "': " + read.error().text);
    config = std::move(*read);
  }
  if (config.type != type) return corrupt("the configuration of the node '" + row.name.value + "' is of another kind");
  config.collections.clear();
  config.children.clear();
  for (auto& parent : row.parents) config.collections.push_back(parent);

  Node& node = directory_.add_node(row.name, row.kind, row.creator);
  node.config = std::move(config);
  node.created = row.created;
  node.archive_from = row.archive_from;
  directory_.set_parents(node, row.parents);
  return base::Done{};
}

base::Status Decider::load(AffiliationRow&& row) {
  Node* const node = directory_.find(row.node);
  if (node == nullptr) return corrupt("an affiliation with the node '" + row.node.value + "', which is not there");
  if (row.jid.empty() || !row.jid.is_bare() || row.affiliation == Affiliation::kNone) {
    return corrupt("the affiliation of '" + row.jid.text() + "' with the node '" + row.node.value + "' is none");
  }
  directory_.set_affiliation(*node, row.jid, row.affiliation);
  return base::Done{};
}

base::Status Decider::load(SubscriptionRow&& row) {
  const auto what = [&row] {
    return "the subscription of '" + row.subscriber.text() + "' to '" + row.node.value + "'";
  };
  Node* const node = directory_.find(row.node);
  if (node == nullptr) return corrupt(what() + ": that node is not there");
  if (row.subscriber.empty() || row.id.value == 0) return corrupt(what() + " has no address or id");
  SubscriptionOptions options;
  if (!row.options.empty()) {
    const auto form = decode_form(row.options);
    if (!form) return corrupt(what() + ": its options cannot be read");
    auto read = options_from(*form);
    if (!read) return corrupt(what() + ": " + read.error().text);
    options = std::move(*read);
  }
  options.expire = row.expires;
  directory_.add_subscription(*node, row.subscriber, row.id, row.state, std::move(options));
  return base::Done{};
}

base::Status Decider::load(ItemRow&& row) {
  Node* const node = directory_.find(row.node);
  if (node == nullptr || node->kind != NodeKind::kLeaf) {
    return corrupt("the item '" + row.id + "' is of '" + row.node.value + "', which is no leaf");
  }
  if (node->items.find(row.id) != nullptr) {
    return corrupt("the item '" + row.id + "' of '" + row.node.value + "' is there twice");
  }
  // Only the last payload of a node is loaded: the item before must not be sent as one without.
  if (node->items.size() > 0) node->items.all().back().kept.reset();
  directory_.put_item(*node, row.id, row.publisher, row.seq, row.created, row.expires.value_or(base::Timestamp::max()),
                      {std::move(row.payload), row.modified});
  return base::Done{};
}

}  // namespace bourse::pubsub
