// Items are published and retracted (XEP-0060 §7).
#include <algorithm>
#include <utility>

#include "pubsub/decider.h"
#include "pubsub/notice_record.h"

namespace bourse::pubsub {

using base::Errc;

base::Status Decider::check_item(const NewItem& item, const NodeConfig& config) const {
  if (item.id.empty()) return {Errc::kItemRequired, "an item needs an id"};
  if (item.id.size() > policy_.max_item_id_bytes) {
    return {Errc::kNotAcceptable, "an item id of " + std::to_string(item.id.size()) + " bytes is too long: at most " +
                                      std::to_string(policy_.max_item_id_bytes)};
  }
  if (item.payload.empty()) {
    if (!config.deliver_payloads) return base::Done{};
    return {Errc::kPayloadRequired, "the item '" + item.id + "' has no payload, which this node delivers"};
  }
  if (item.payload.size() > std::min(config.max_payload_bytes, policy_.limits.max_payload_bytes)) {
    return {Errc::kPayloadTooBig,
            "the payload of '" + item.id + "' has " + std::to_string(item.payload.size()) +
                " bytes: this node takes at most " +
                std::to_string(std::min(config.max_payload_bytes, policy_.limits.max_payload_bytes))};
  }
  if (!config.payload_type.empty() && item.payload_ns != config.payload_type) {
    return {Errc::kInvalidPayload,
            "this node takes payloads of the namespace '" + config.payload_type + "', not '" + item.payload_ns + "'"};
  }
  return base::Done{};
}

// What has to come, and may not come, with a publication (§7.1.3.6, §4.3).
base::Status Decider::check_items(const PublishItems& command, const NodeConfig& config) const {
  const std::size_t count = command.items.size();
  const bool bare_events = !config.persist_items && !config.deliver_payloads;
  if (count == 0 && !bare_events) return {Errc::kItemRequired, "this node takes items: the publication has none"};
  if (count != 0 && bare_events) {
    return {Errc::kItemForbidden, "this node tells that something happened, nothing else: publish without an item"};
  }
  const std::size_t kept = config.persist_items ? capacity_of(config) : policy_.max_items_per_publish;
  if (const std::size_t most = std::min(kept, policy_.max_items_per_publish); count > most) {
    return {Errc::kMaxItemsExceeded,
            std::to_string(count) + " items at once are too many: this node takes " + std::to_string(most)};
  }
  std::set<std::string_view> ids;
  for (const auto& item : command.items) {
    if (auto status = check_item(item, config); !status) return status;
    if (!ids.insert(item.id).second) return {Errc::kBadRequest, "the item '" + item.id + "' is there twice"};
  }
  return base::Done{};
}

void Decider::remove_item(Node& node, Item& item, Turn& turn) {
  turn.change(ItemRow{.node = node.name,
                      .id = item.id,
                      .publisher = *item.publisher->jid,
                      .seq = item.seq,
                      .created = item.created,
                      .removed = true});
  directory_.remove_item(node, item);
}

void Decider::evict(Node& node, std::size_t capacity, Turn& turn) {
  while (node.items.size() > capacity) remove_item(node, *node.items.oldest(), turn);
}

void Decider::retract(Node& node, Item& item, const Recipients* told, Turn& turn) {
  Notice& notice = turn.log(NoticeKind::kItemRetracted, node);
  notice.item_id = item.id;
  if (told != nullptr) {
    notice.recipients = *told;
  } else {
    notice.record = kQuietRecord;
  }
  remove_item(node, item, turn);
}

Decided Decider::decide(const PublishItems& command, Turn& turn) {
  Node* node = directory_.find(command.node);
  std::optional<NodeConfig> to_create;
  if (node == nullptr) {
    const base::Error missing{Errc::kNotFound, "there is no node '" + command.node.value + "' here: create it first"};
    if (!policy_.auto_create) return missing;
    if (auto status = may_create(command.node, turn); !status) {
      return status.error().code == Errc::kForbidden ? missing : status.error();
    }
    auto config = config_to_create(command.node, command.options.value_or(FormValues{}), turn);
    if (!config) return config.error();
    to_create = std::move(*config);
  }
  const NodeConfig& config = node == nullptr ? *to_create : node->config;
  if (node != nullptr && node->market) {
    return base::Error{Errc::kNotAllowed, "only the market publishes '" + node->name.value + "' this way"};
  }
  if (config.type == NodeType::kCollection) {
    return base::Error{Errc::kUnsupported, "'" + command.node.value + "' is a collection: it takes no items",
                       "publish"};
  }
  Affiliation affiliation = Affiliation::kOwner;
  if (node != nullptr) {
    affiliation = affiliation_of(*node, turn.actor());
    const bool subscribed = has_subscribed(*node, directory_.find_person(turn.actor()));
    if (auto status = may_publish(affiliation, subscribed, config); !status) return status.error();
    if (command.options) {
      auto status = check_preconditions(whole_config(*node), *command.options, policy_.limits);
      if (!status) return status.error();
    }
  }
  if (auto status = check_items(command, config); !status) return status.error();
  if (node != nullptr && affiliation != Affiliation::kOwner) {
    for (const auto& item : command.items) {
      const Item* const there = node->items.find(item.id);
      if (there == nullptr || *there->publisher->jid == turn.actor()) continue;
      return base::Error{Errc::kForbidden, "the item '" + item.id +
                                               "' is somebody else's: only its publisher or an owner may replace it"};
    }
  }

  if (node == nullptr) node = &create(command.node, std::move(*to_create), turn);
  const std::size_t capacity = capacity_of(node->config);
  const Recipients told = shared_by_all(audience(*node, Topic::kItems, presences_));
  if (command.items.empty()) turn.log(NoticeKind::kItemPublished, *node).recipients = told;
  ItemsPublished answer{.node = node->name, .ids = {}};
  for (const auto& item : command.items) {
    Notice& notice = turn.log(NoticeKind::kItemPublished, *node);
    notice.item_id = item.id;
    notice.record = item.payload;
    notice.recipients = told;
    answer.ids.push_back(item.id);
    if (capacity == 0) continue;
    const Item* const there = node->items.find(item.id);
    ItemRow row{.node = node->name,
                .id = item.id,
                .publisher = turn.actor(),
                .payload = item.payload,
                .seq = notice.seq,
                .created = there == nullptr ? turn.now() : there->created,
                .modified = turn.now()};
    if (node->config.item_expire) row.expires = turn.now() + *node->config.item_expire;
    directory_.put_item(*node, row.id, row.publisher, row.seq, row.created,
                        row.expires.value_or(base::Timestamp::max()), {item.payload, row.modified});
    turn.change(std::move(row));
  }
  evict(*node, capacity, turn);
  return Answer{std::move(answer)};
}

Decided Decider::decide(const RetractItems& command, Turn& turn) {
  const auto found = find(command.node);
  if (!found) return found.error();
  Node& node = **found;
  if (node.market) {
    return base::Error{Errc::kNotAllowed, "only the market retracts from '" + node.name.value + "' this way"};
  }
  if (node.is_collection() || !node.config.persist_items) {
    return base::Error{Errc::kUnsupported, "the node '" + node.name.value + "' keeps no items", "persistent-items"};
  }
  if (command.ids.empty()) return base::Error{Errc::kItemRequired, "which item is to be retracted? Name its id"};
  const Affiliation affiliation = affiliation_of(node, turn.actor());
  const bool subscribed = has_subscribed(node, directory_.find_person(turn.actor()));
  std::vector<Item*> items;
  for (const auto& id : command.ids) {
    Item* const item = node.items.find(id);
    if (item == nullptr) {
      // Whoever may do nothing here learns nothing of what there is.
      auto publishes = may_publish(affiliation, subscribed, node.config);
      if (!publishes && !may_retrieve(affiliation, subscribed, node.config)) return publishes.error();
      return base::Error{Errc::kNotFound, "there is no item '" + id + "' on the node '" + node.name.value + "'"};
    }
    const bool own = *item->publisher->jid == turn.actor();
    if (right(affiliation, own ? Operation::kDeleteOwnItem : Operation::kDeleteAnyItem) == Right::kNo) {
      return base::Error{Errc::kForbidden,
                         "the item '" + id + "' is somebody else's: only its publisher or an owner may retract it"};
    }
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  const bool tells = command.notify || node.config.notify_retract;
  const Recipients told = tells ? shared_by_all(audience(node, Topic::kItems, presences_)) : Recipients{};
  for (Item* item : items) retract(node, *item, tells ? &told : nullptr, turn);
  return Answer{};
}

}  // namespace bourse::pubsub
