// Nodes come and go (XEP-0060 §8.1, §8.4, §8.5).
#include <algorithm>
#include <utility>

#include "pubsub/decider.h"
#include "pubsub/notice_record.h"

namespace bourse::pubsub {

using base::Errc;

namespace {

// Of a deletion those hear too whom nobody has let in yet (XEP-0060 §8.4.2).
void add_those_waiting(const Node& node, Recipients& recipients) {
  if (!node.config.deliver_notifications) return;
  for (const Subscription* one : node.subscriptions) {
    if (one->state == SubscriptionState::kPending) recipients.others.push_back({.to = one->address()});
  }
}

}  // namespace

NodeConfig Decider::whole_config(const Node& node) {
  NodeConfig config = node.config;
  for (const Node* child : node.children) config.children.push_back(child->name.value);
  return config;
}

// What subscribers may know of it: not which hidden nodes it has, nor whom its owners trust.
NodeConfig Decider::told_config(const Node& node) {
  NodeConfig config = node.config;
  config.children_whitelist.clear();
  config.roster_groups.clear();
  return config;
}

// The children of a collection are not written with it: each child's row names its parents.
void Decider::write(const Node& node, Turn& turn) const {
  turn.change(NodeRow{.name = node.name,
                      .kind = node.kind,
                      .config = encode(values_of(node.config)),
                      .title = node.config.title,
                      .hidden = node.config.access == AccessModel::kWhitelist,
                      .parents = node.config.collections,
                      .creator = node.creator == nullptr ? domain::Jid{} : *node.creator->jid,
                      .created = node.created,
                      .archive_from = node.archive_from});
}

base::Status Decider::may_create(const domain::NodeName& name, const Turn& turn) const {
  if (!hosts_ordinary_) return {Errc::kNotFound, "this pool has the market's own nodes only"};
  const auto& domains = policy_.creation_domains;
  const bool allowed = turn.context().is_operator || policy_.creation == CreationPolicy::kAnyone ||
                       (policy_.creation == CreationPolicy::kDomains &&
                        std::find(domains.begin(), domains.end(), turn.actor().domain()) != domains.end());
  if (turn.actor().empty() || !allowed) {
    return {Errc::kForbidden,
            "you may not create nodes here: this service leaves that to " +
                std::string(policy_.creation == CreationPolicy::kDomains ? "its operators and the users of some domains"
                                                                         : "its operators")};
  }
  if (auto status = check_node_name(name.value, policy_); !status) return status;
  if (directory_.find(name) != nullptr) return {Errc::kConflict, "there is a node '" + name.value + "' already"};
  if (parse_node(name.value) || name.value.starts_with(pool_.value + "/")) {
    return {Errc::kForbidden, "the name '" + name.value + "' is kept for the market: choose another"};
  }
  const Person* const person = directory_.find_person(turn.actor());
  if (person != nullptr && person->ties && person->ties->nodes_created >= policy_.max_nodes_per_jid) {
    return {Errc::kMaxNodesExceeded, "you have created " + std::to_string(policy_.max_nodes_per_jid) +
                                         " nodes, as many as this service lets anybody have: delete one first"};
  }
  return base::Done{};
}

base::Result<NodeConfig> Decider::config_to_create(const domain::NodeName& name, const FormValues& form,
                                                   const Turn& turn) const {
  const FieldValues* const kind = find_field(form, "pubsub#node_type");
  const bool collection = kind != nullptr && kind->values.size() == 1 && kind->values.front() == "collection";
  auto config = apply(default_config(collection ? NodeType::kCollection : NodeType::kLeaf), form, policy_.limits);
  if (!config) return config;
  if (auto status = check_config_size(*config); !status) return status.error();
  for (const auto& parent : config->collections) {
    if (auto status = may_associate(parent, name, nullptr, turn); !status) return status.error();
  }
  if (auto status = may_adopt(nullptr, *config, config->children, turn); !status) return status.error();
  if (std::find(config->children.begin(), config->children.end(), name.value) != config->children.end()) {
    return {Errc::kNotAllowed, "a collection cannot be in itself"};
  }
  // Nothing leads to a new node yet: a cycle has to come through one of its children.
  if (auto status = check_no_cycle(config->collections, config->children); !status) return status.error();
  return config;
}

Node& Decider::create(const domain::NodeName& name, NodeConfig config, Turn& turn) {
  const std::vector<std::string> parents = std::move(config.collections);
  const std::vector<std::string> children = std::move(config.children);
  config.collections.clear();
  config.children.clear();
  Node& node = directory_.add_node(name, config.type == NodeType::kCollection ? NodeKind::kCollection : NodeKind::kLeaf,
                                   turn.actor());
  node.config = std::move(config);
  node.created = turn.now();
  node.archive_from = turn.last_seq();
  directory_.set_affiliation(node, turn.actor(), Affiliation::kOwner);
  for (const auto& parent : parents) directory_.associate(*directory_.find({parent}), node);
  write(node, turn);
  turn.change(AffiliationRow{.node = name, .jid = turn.actor(), .affiliation = Affiliation::kOwner});
  if (!node.parents.empty()) {
    Recipients told = audience(node, Topic::kNodes, presences_);
    if (!told.empty()) {
      Notice& notice = turn.log(NoticeKind::kNodeCreated, node);
      notice.record = encode(values_of(told_config(node)));
      notice.recipients = std::move(told);
    }
  }
  for (const auto& child : children) associate(node, *directory_.find({child}), true, turn);
  return node;
}

Decided Decider::decide(const CreateNode& command, Turn& turn) {
  if (auto status = may_create(command.node, turn); !status) return status.error();
  auto config = config_to_create(command.node, command.config, turn);
  if (!config) return config.error();
  create(command.node, std::move(*config), turn);
  return Answer{NodeCreated{command.node}};
}

Decided Decider::decide(const DeleteNode& command, Turn& turn) {
  const auto found = find_owned_ordinary(command.node, turn);
  if (!found) return found.error();
  Node& node = **found;
  if (node.config.notify_delete) {
    Notice& notice = turn.log(NoticeKind::kNodeDeleted, node);
    notice.recipients = audience(node, Topic::kNodes, presences_);
    add_those_waiting(node, notice.recipients);
    notice.record = deletion_record(command.redirect, notice.recipients);
  }
  const std::vector<Node*> children(node.children.begin(), node.children.end());
  directory_.remove_node(node);
  turn.change(NodeRemoved{command.node});
  for (const Node* child : children) write(*child, turn);
  return Answer{};
}

Decided Decider::decide(const PurgeNode& command, Turn& turn) {
  const auto found = find_owned_ordinary(command.node, turn);
  if (!found) return found.error();
  Node& node = **found;
  if (node.is_collection()) {
    return base::Error{Errc::kUnsupported, "'" + node.name.value + "' is a collection: it has no items to purge",
                       "persistent-items"};
  }
  if (!node.config.persist_items) {
    return base::Error{Errc::kUnsupported, "the node '" + node.name.value + "' does not keep its items",
                       "persistent-items"};
  }
  while (Item* item = node.items.oldest()) directory_.remove_item(node, *item);
  Notice& notice = turn.log(NoticeKind::kNodePurged, node);
  if (node.config.notify_retract) {
    notice.recipients = audience(node, Topic::kItems, presences_);
  } else {
    notice.record = kQuietRecord;
  }
  node.archive_from = notice.seq;
  turn.change(NodePurged{node.name});
  write(node, turn);
  return Answer{};
}

}  // namespace bourse::pubsub
