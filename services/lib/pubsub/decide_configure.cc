// A node's configuration changes, and what follows from it (XEP-0060 §8.2).
#include <algorithm>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

std::vector<std::string> without(const std::vector<std::string>& these, const std::vector<std::string>& those) {
  std::vector<std::string> left;
  for (const auto& one : these) {
    if (std::find(those.begin(), those.end(), one) == those.end()) left.push_back(one);
  }
  return left;
}

}  // namespace

base::Status Decider::check_config_size(const NodeConfig& config) const {
  const auto bytes = encode(values_of(config)).size();
  if (bytes <= policy_.max_config_bytes) return base::Done{};
  return {Errc::kNotAcceptable, "the configuration would have " + std::to_string(bytes) + " bytes: at most " +
                                    std::to_string(policy_.max_config_bytes) + " are kept; shorten its lists"};
}

Decided Decider::decide(const ConfigureNode& command, Turn& turn) {
  const auto found = find_owned_ordinary(command.node, turn);
  if (!found) return found.error();
  Node& node = **found;
  const NodeConfig before = whole_config(node);
  auto after = apply(before, command.config, policy_.limits);
  if (!after) return after.error();
  if (after->type != before.type) {
    return base::Error{Errc::kNotAllowed, "a node stays the leaf or the collection it was created as"};
  }
  if (*after == before) return Answer{};
  if (auto status = check_config_size(*after); !status) return status.error();

  const auto joined = without(after->collections, before.collections);
  const auto left = without(before.collections, after->collections);
  const auto adopted = without(after->children, before.children);
  const auto expelled = without(before.children, after->children);
  for (const auto& parent : joined) {
    if (auto status = may_associate(parent, node.name, &node, turn); !status) return status.error();
  }
  if (auto status = may_adopt(&node, *after, adopted, turn); !status) return status.error();
  if (!joined.empty() || !adopted.empty()) {
    if (auto status = check_no_cycle(after->collections, after->children); !status) return status.error();
  }

  // Collections and children move one by one below; the rest at once.
  after->collections = node.config.collections;
  after->children.clear();
  node.config = std::move(*after);
  node.view = {};
  if (node.config.access != before.access) apply_access(node, turn);
  apply_capacity(node, before, turn);
  tell_configured(node, turn);
  for (const auto& parent : left) {
    if (Node* collection = directory_.find({parent})) {
      dissociate(*collection, node, false, turn);
    } else {
      std::erase(node.config.collections, parent);
    }
  }
  for (const auto& parent : joined) associate(*directory_.find({parent}), node, false, turn);
  for (const auto& child : expelled) dissociate(node, *directory_.find({child}), true, turn);
  for (const auto& child : adopted) associate(node, *directory_.find({child}), true, turn);
  write(node, turn);
  return Answer{};
}

// Those whom the new model would not let subscribe are subscribers no more; those who waited for an approval that is
// not asked for any more have it. Under `authorize` the subscribers there are count as approved.
void Decider::apply_access(Node& node, Turn& turn) {
  const std::vector<Subscription*> all = node.subscriptions;
  for (Subscription* one : all) {
    if (!may_subscribe(affiliation_of(node, *one->person->jid), node.config)) {
      end(*one, true, turn);
    } else if (one->state == SubscriptionState::kPending && node.config.access != AccessModel::kAuthorize) {
      approve(*one, turn);
    }
  }
}

// An item stays what it was published as: what was not to be kept does not turn up later, nor in the archive.
void Decider::apply_capacity(Node& node, const NodeConfig& before, Turn& turn) {
  if (node.is_collection()) return;
  if (before.persist_items == node.config.persist_items) {
    evict(node, capacity_of(node.config), turn);
    return;
  }
  if (node.config.persist_items) node.archive_from = turn.last_seq();
  if (node.items.size() == 0) return;
  while (Item* item = node.items.oldest()) directory_.remove_item(node, *item);
  turn.change(NodePurged{node.name});
}

void Decider::tell_configured(Node& node, Turn& turn) {
  if (!node.config.notify_config) return;
  Recipients told = audience(node, Topic::kNodes, presences_);
  if (told.empty()) return;
  Notice& notice = turn.log(NoticeKind::kNodeConfigured, node);
  notice.record = encode(values_of(told_config(node)));
  notice.recipients = std::move(told);
}

}  // namespace bourse::pubsub
