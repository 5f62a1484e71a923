#include "pubsub/decider.h"

#include <algorithm>

#include "pubsub/notice_record.h"

namespace bourse::pubsub {

using base::Errc;

Notice& Turn::log(NoticeKind kind, const Node& node) {
  Notice& notice = tell(kind, node);
  notice.seq = {context_.last_event.value + ++logged_};
  return notice;
}

Notice& Turn::tell(NoticeKind kind, const Node& node) {
  outcome.notices.push_back({.kind = kind, .at = context_.now, .node = node.name, .publisher = actor_});
  return outcome.notices.back();
}

Decider::Decider(domain::PoolName pool, std::vector<domain::Jid> operators, Policy policy, bool hosts_ordinary,
                 const Presences& presences)
    : pool_(std::move(pool)),
      operators_(std::move(operators)),
      policy_(std::move(policy)),
      hosts_ordinary_(hosts_ordinary),
      presences_(presences) {
  std::sort(operators_.begin(), operators_.end());
  for (const MarketNode market : kMarketNodes) {
    Node& node = directory_.add_node(node_name(pool_, market), NodeKind::kMarket, {});
    node.market = market;
    node.config = market_node_config();
    node.config.title = std::string(leaf_name(market)) + " of " + pool_.value;
    directory_.add_market_node(node);
  }
}

bool Decider::is_market_operator(const domain::Jid& bare) const {
  return std::binary_search(operators_.begin(), operators_.end(), bare);
}

Affiliation Decider::affiliation_of(const Node& node, const domain::Jid& bare) const {
  if (node.market && is_market_operator(bare)) return Affiliation::kOwner;
  return Directory::affiliation(node, directory_.find_person(bare));
}

std::vector<domain::Jid> Decider::owners_of(const Node& node) const {
  if (node.market) return operators_;
  std::vector<domain::Jid> owners;
  for (const auto& [person, affiliation] : node.affiliations) {
    if (affiliation == Affiliation::kOwner) owners.push_back(*person->jid);
  }
  std::sort(owners.begin(), owners.end());
  return owners;
}

base::Result<Node*> Decider::find(const domain::NodeName& name) const {
  if (Node* node = directory_.find(name)) return node;
  return {Errc::kNotFound, "there is no node '" + name.value + "' here: disco#items lists those there are"};
}

base::Result<Node*> Decider::find_owned(const domain::NodeName& name, const Turn& turn) const {
  auto node = find(name);
  if (!node) return node;
  const Affiliation affiliation = affiliation_of(**node, turn.actor());
  if (right(affiliation, Operation::kConfigure) == Right::kYes) return node;
  return {Errc::kForbidden, "only an owner of the node '" + name.value + "' may do this"};
}

base::Result<Node*> Decider::find_owned_ordinary(const domain::NodeName& name, const Turn& turn) const {
  auto node = find_owned(name, turn);
  if (!node || !(*node)->market) return node;
  return {Errc::kNotAllowed, "the node '" + name.value + "' belongs to the market: it stays as it is"};
}

OptionScope Decider::scope_of(const Node& node) const {
  return {.collection = node.is_collection(),
          .offers = node.market == MarketNode::kOffers,
          .longest_lease = policy_.longest_lease};
}

std::size_t Decider::capacity_of(const NodeConfig& config) const {
  if (!config.persist_items) return config.send_last == SendLast::kNever ? 0 : 1;
  if (config.max_items == 0) return policy_.limits.max_items;
  return std::min(config.max_items, policy_.limits.max_items);
}

SubscriptionInfo info_of(const Subscription& subscription, SubscriptionState state) {
  return {.node = subscription.node->name,
          .subscriber = subscription.address(),
          .id = subscription.id,
          .state = state,
          .expires = subscription.chosen().expire};
}

SubscriptionInfo info_of(const Subscription& subscription) { return info_of(subscription, subscription.state); }

// To people, who may be offline: not headlines, which servers do not keep for them.
Recipients to_addresses(const std::vector<domain::Jid>& addresses) {
  Recipients told{.manner = {.type = MessageType::kNormal}};
  for (const auto& address : addresses) told.others.push_back({.to = address});
  return told;
}

Recipients Decider::recipients_again(const Notice& notice) const {
  if (notice.kind == NoticeKind::kNodeDeleted || notice.kind == NoticeKind::kSubscriptionChanged) {
    Recipients told = to_addresses(recorded_addresses(notice.record));
    if (notice.kind == NoticeKind::kNodeDeleted) told.manner.type = MessageType::kHeadline;
    return told;
  }
  const Node* const node = directory_.find(notice.node);
  if (node == nullptr || notice.record == kQuietRecord) return {};
  // Of an earlier node of that name, whose subscribers were others.
  if (notice.seq <= node->archive_from && notice.kind != NoticeKind::kNodePurged) return {};
  switch (notice.kind) {
    case NoticeKind::kItemPublished:
    case NoticeKind::kItemRetracted:
    case NoticeKind::kNodePurged:
      return audience(*node, Topic::kItems, presences_);
    case NoticeKind::kNodeConfigured:
    case NoticeKind::kNodeCreated:
      return audience(*node, Topic::kNodes, presences_);
    case NoticeKind::kSubscriptionRequested: {
      const auto asked =
          Directory::subscriptions_of(*node, notice.subject, directory_.find_person(notice.subject.bare()));
      const bool waits = std::any_of(asked.begin(), asked.end(),
                                     [](const Subscription* one) { return one->state == SubscriptionState::kPending; });
      return waits ? to_addresses(owners_of(*node)) : Recipients{};
    }
    case NoticeKind::kAssociated:
    case NoticeKind::kDissociated: {
      const Node* const child = directory_.find({notice.item_id});
      return child == nullptr ? Recipients{} : association_audience(*node, *child, presences_);
    }
    case NoticeKind::kNodeDeleted:
    case NoticeKind::kSubscriptionChanged:
      break;
  }
  return {};
}

}  // namespace bourse::pubsub
