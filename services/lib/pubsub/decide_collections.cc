// Nodes in collections (XEP-0248).
#include <algorithm>
#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

std::size_t places_of(const NodeConfig& config, const NodeLimits& limits) {
  return config.children_max == 0 ? limits.children_max : std::min(config.children_max, limits.children_max);
}

base::Status is_full(const std::string& name, std::size_t places) {
  return {Errc::kMaxNodesExceeded,
          "the collection '" + name + "' has place for " + std::to_string(places) + " nodes only"};
}

}  // namespace

base::Status Decider::may_associate(const std::string& collection, const domain::NodeName& child,
                                    const Node* child_node, const Turn& turn) const {
  const Node* const node = directory_.find({collection});
  if (node == nullptr) return {Errc::kNotFound, "there is no collection '" + collection + "' here"};
  if (!node->is_collection()) {
    return {Errc::kNotAllowed, "'" + collection + "' is no collection: other nodes cannot be in it"};
  }
  const Affiliation affiliation = affiliation_of(*node, turn.actor());
  const auto& listed = node->config.children_whitelist;
  const auto policy = node->config.children_policy;
  const bool allowed =
      affiliation == Affiliation::kOwner ||
      (affiliation != Affiliation::kOutcast &&
       (policy == ChildrenPolicy::kAll || (policy == ChildrenPolicy::kWhitelist &&
                                           std::find(listed.begin(), listed.end(), turn.actor()) != listed.end())));
  if (!allowed) return {Errc::kForbidden, "you may not add nodes to the collection '" + collection + "'"};
  if (child_node != nullptr && is_above(*child_node, *node)) {
    return {Errc::kNotAllowed,
            "'" + child.value + "' is above '" + collection + "', or the same: it cannot be in it too"};
  }
  const bool is_in = child_node != nullptr && node->children.contains(const_cast<Node*>(child_node));
  const std::size_t places = places_of(node->config, policy_.limits);
  if (!is_in && node->children.size() >= places) return is_full(collection, places);
  return base::Done{};
}

base::Status Decider::may_adopt(const Node* collection, const NodeConfig& config, const std::vector<std::string>& added,
                                const Turn& turn) const {
  const std::string name = collection == nullptr ? "the new collection" : collection->name.value;
  const std::size_t places = places_of(config, policy_.limits);
  if (config.children.size() > places) return is_full(name, places);
  for (const auto& child_name : added) {
    const Node* const child = directory_.find({child_name});
    if (child == nullptr) return {Errc::kNotFound, "there is no node '" + child_name + "' to be in " + name};
    if (child->market)
      return {Errc::kNotAllowed, "the node '" + child_name + "' belongs to the market: it stays as it is"};
    if (affiliation_of(*child, turn.actor()) != Affiliation::kOwner) {
      return {Errc::kForbidden, "only an owner of '" + child_name + "' may put it into a collection"};
    }
    if (collection != nullptr && is_above(*child, *collection)) {
      return {Errc::kNotAllowed, "'" + child_name + "' is above '" + name + "', or the same: it cannot be in it too"};
    }
  }
  return base::Done{};
}

base::Status Decider::check_no_cycle(const std::vector<std::string>& parents,
                                     const std::vector<std::string>& children) const {
  for (const auto& parent : parents) {
    const Node* const above = directory_.find({parent});
    for (const auto& child : children) {
      const Node* const below = directory_.find({child});
      if (above != nullptr && below != nullptr && is_above(*below, *above)) {
        return {Errc::kNotAllowed, "'" + child + "' is above '" + parent + "', or the same: it cannot be below it too"};
      }
    }
  }
  return base::Done{};
}

void Decider::associate(Node& collection, Node& child, bool write_child, Turn& turn) {
  directory_.associate(collection, child);
  if (write_child) write(child, turn);
  if (!collection.config.notify_config) return;
  Recipients told = association_audience(collection, child, presences_);
  if (told.empty()) return;
  Notice& notice = turn.log(NoticeKind::kAssociated, collection);
  notice.item_id = child.name.value;
  notice.recipients = std::move(told);
}

void Decider::dissociate(Node& collection, Node& child, bool write_child, Turn& turn) {
  directory_.dissociate(collection, child);
  if (write_child) write(child, turn);
  if (!collection.config.notify_config) return;
  Recipients told = association_audience(collection, child, presences_);
  if (told.empty()) return;
  Notice& notice = turn.log(NoticeKind::kDissociated, collection);
  notice.item_id = child.name.value;
  notice.recipients = std::move(told);
}

Decided Decider::decide(const AssociateNode& command, Turn& turn) {
  const auto collection = find(command.collection);
  if (!collection) return collection.error();
  const auto child = find(command.node);
  if (!child) return child.error();
  if ((*child)->market) {
    return base::Error{Errc::kNotAllowed,
                       "the node '" + command.node.value + "' belongs to the market: it stays as it is"};
  }
  const bool owns_child = affiliation_of(**child, turn.actor()) == Affiliation::kOwner;
  const bool is_in = (*collection)->children.contains(*child);
  if (command.dissociate) {
    if (!owns_child && affiliation_of(**collection, turn.actor()) != Affiliation::kOwner) {
      return base::Error{Errc::kForbidden, "only an owner of the collection or of the node may take them apart"};
    }
    if (!is_in) {
      return base::Error{Errc::kBadRequest,
                         "'" + command.node.value + "' is not in the collection '" + command.collection.value + "'"};
    }
    dissociate(**collection, **child, true, turn);
    return Answer{};
  }
  if (auto status = may_associate(command.collection.value, command.node, *child, turn); !status) return status.error();
  if (!owns_child) {
    return base::Error{Errc::kForbidden, "only an owner of '" + command.node.value + "' may put it into a collection"};
  }
  if (!is_in) associate(**collection, **child, true, turn);
  return Answer{};
}

}  // namespace bourse::pubsub
