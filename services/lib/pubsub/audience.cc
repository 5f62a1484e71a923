#include "pubsub/audience.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "pubsub/affiliation.h"
#include "pubsub/directory.h"

namespace bourse::pubsub {
namespace {

using Candidates = std::vector<const Subscription*>;

// Of the same address on the same node.
bool has_siblings(const Subscription& subscription) {
  if (subscription.person->subscriptions == 1) return false;
  for (const Subscription* at = subscription.person->first; at != nullptr; at = at->next) {
    if (at != &subscription && at->node == subscription.node && at->is_to(subscription.address())) return true;
  }
  return false;
}

bool depends_on_event(const Subscription& subscription) {
  return subscription.has_filter() || subscription.chosen().show_values != 0;
}

void add_together(const std::vector<Subscription*>& siblings, std::vector<Recipient>& shared, Candidates& others) {
  const bool depends = std::any_of(siblings.begin(), siblings.end(),
                                   [](const Subscription* one) { return one->is_told() && depends_on_event(*one); });
  Recipient recipient{.to = siblings.front()->address()};
  for (const Subscription* one : siblings) {
    if (!one->is_told()) continue;
    if (depends) {
      if (!one->has_filter()) others.push_back(one);
      continue;
    }
    recipient.body = recipient.body || one->chosen().include_body;
    recipient.subids.push_back(one->id);
  }
  if (!recipient.subids.empty()) shared.push_back(std::move(recipient));
}

const Node::View& fresh_view(const Node& node) {
  if (node.view.fresh) return node.view;
  Node::View view{.fresh = true};
  auto shared = std::make_shared<std::vector<Recipient>>();
  if (!node.config.presence_based_delivery) shared->reserve(node.subscriptions.size());
  std::unordered_set<std::string_view> met;  // addresses with several subscriptions: looked at once, together
  for (const Subscription* one : node.subscriptions) {
    if (node.config.presence_based_delivery) {
      if (one->is_told() && !one->has_filter()) view.others.push_back(one);
    } else if (has_siblings(*one)) {
      if (!met.insert(one->address().text()).second) continue;
      add_together(Directory::subscriptions_of(node, one->address(), one->person), *shared, view.others);
    } else if (one->is_told() && !one->has_filter()) {
      if (depends_on_event(*one)) {
        view.others.push_back(one);
      } else {
        shared->push_back(recipient_of(*one));
      }
    }
  }
  if (!shared->empty()) view.shared = std::move(shared);
  node.view = std::move(view);
  return node.view;
}

// One recipient per address, in the order in which the addresses first occur.
void append_merged(const Candidates& candidates, const std::shared_ptr<const domain::NodeName>& collection,
                   std::vector<Recipient>& to) {
  std::unordered_map<std::string_view, std::size_t> places;  // of those with siblings
  for (const Subscription* one : candidates) {
    Recipient* recipient = nullptr;
    if (has_siblings(*one)) {
      const auto [place, is_first] = places.try_emplace(one->address().text(), to.size());
      if (is_first) to.push_back({.to = one->address(), .collection = collection});
      recipient = &to[place->second];
      recipient->subids.push_back(one->id);
    } else {
      to.push_back({.to = one->address(), .collection = collection});
      recipient = &to.back();
    }
    recipient->body = recipient->body || one->chosen().include_body;
  }
  for (const auto& [address, place] : places) std::sort(to[place].subids.begin(), to[place].subids.end());
}

std::vector<std::uint64_t> matching(const Node& node, const domain::AttributeSource* offer,
                                    const domain::AttributeSource* before) {
  std::vector<std::uint64_t> keys;
  if (!node.filters) return keys;
  if (offer == nullptr && before == nullptr) {
    for (const auto& [key, subscription] : node.filtered) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  if (offer != nullptr) keys = node.filters->match(*offer);
  if (before == nullptr) return keys;
  std::vector<std::uint64_t> both;
  const auto then = node.filters->match(*before);
  std::set_union(keys.begin(), keys.end(), then.begin(), then.end(), std::back_inserter(both));
  return both;
}

// Whether an address has its own say on the node: then it is not told again through a collection.
bool is_told_directly(const Node& node, const Subscription& through, const Presences& presences) {
  for (const Subscription* at = through.person->first; at != nullptr; at = at->next) {
    if (at->node == &node && at->is_to(through.address()) && is_told_now(*at, presences)) return true;
  }
  return false;
}

bool may_see(const Node& node, const Person& person) {
  if (node.config.access == AccessModel::kOpen && node.affiliations.empty()) return true;
  return may_retrieve(Directory::affiliation(node, &person), has_subscribed(node, &person), node.config).ok();
}

bool asks_for(const SubscriptionOptions& options, Topic topic, std::uint32_t distance) {
  const bool type = options.type == SubscriptionType::kAll ||
                    options.type == (topic == Topic::kItems ? SubscriptionType::kItems : SubscriptionType::kNodes);
  return type && options.depth >= distance;  // kAllDepths is beyond every distance
}

// Subscribers of collections above `node`, the nearest first; each address once.
void append_collections(const Node& node, const std::set<Node*, ByName>& parents, Topic topic, const Node* itself,
                        const Presences& presences, std::vector<Recipient>& to) {
  std::unordered_set<std::string_view> told;
  std::set<Node*, ByName> level = parents;
  std::set<Node*, ByName> seen = parents;
  for (std::uint32_t distance = 1; !level.empty(); ++distance) {
    std::set<Node*, ByName> above;
    for (const Node* collection : level) {
      Candidates candidates;
      for (const Subscription* one : collection->subscriptions) {
        if (!one->is_told() || !asks_for(one->chosen(), topic, distance) || !is_told_now(*one, presences)) continue;
        if (told.contains(one->address().text()) || !may_see(node, *one->person)) continue;
        if (is_told_directly(node, *one, presences)) continue;
        candidates.push_back(one);
      }
      for (const Subscription* one : candidates) told.insert(one->address().text());
      const auto name = collection == itself ? nullptr : std::make_shared<const domain::NodeName>(collection->name);
      append_merged(candidates, name, to);
      for (Node* parent : collection->parents) {
        if (seen.insert(parent).second) above.insert(parent);
      }
    }
    level = std::move(above);
  }
}

}  // namespace

bool is_told_now(const Subscription& subscription, const Presences& presences) {
  if (!subscription.is_told()) return false;
  const std::uint8_t shows = subscription.chosen().show_values;
  if (shows == 0 && !subscription.node->config.presence_based_delivery) return true;
  return presences.is_there(subscription.address(), shows);
}

bool has_subscribed(const Node& node, const Person* person) {
  for (const Subscription* at = person == nullptr ? nullptr : person->first; at != nullptr; at = at->next) {
    if (at->node == &node && at->state == SubscriptionState::kSubscribed) return true;
  }
  return false;
}

Recipient recipient_of(const Subscription& subscription) {
  Recipient recipient{.to = subscription.address(), .body = subscription.chosen().include_body};
  if (has_siblings(subscription)) recipient.subids.push_back(subscription.id);
  return recipient;
}

Manner manner_of(const NodeConfig& config) {
  return {.type = config.notification_type, .payloads = config.deliver_payloads};
}

Recipients audience(const Node& node, Topic topic, const Presences& presences, const domain::AttributeSource* offer,
                    const domain::AttributeSource* before) {
  Recipients told{.manner = manner_of(node.config)};
  if (!node.config.deliver_notifications) return told;
  const Node::View& view = fresh_view(node);
  told.shared = view.shared;
  if (node.filters || !view.others.empty()) {
    Candidates candidates;
    for (const std::uint64_t key : matching(node, offer, before)) candidates.push_back(node.filtered.at(key));
    candidates.insert(candidates.end(), view.others.begin(), view.others.end());
    std::erase_if(candidates, [&](const Subscription* one) { return !is_told_now(*one, presences); });
    append_merged(candidates, nullptr, told.others);
  }
  if (!node.parents.empty()) append_collections(node, node.parents, topic, nullptr, presences, told.others);
  return told;
}

Recipients association_audience(const Node& collection, const Node& child, const Presences& presences) {
  Recipients told{.manner = manner_of(collection.config)};
  if (!collection.config.deliver_notifications) return told;
  std::set<Node*, ByName> start{const_cast<Node*>(&collection)};
  append_collections(child, start, Topic::kNodes, &collection, presences, told.others);
  return told;
}

std::vector<Recipient> audience_among(const Node& node, std::span<const Person* const> people,
                                      const Presences& presences) {
  Candidates candidates;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const bool again = std::find(people.begin(), people.begin() + static_cast<std::ptrdiff_t>(i), people[i]) !=
                       people.begin() + static_cast<std::ptrdiff_t>(i);
    if (again) continue;
    for (const Subscription* one : Directory::subscriptions_of(node, people[i])) {
      if (is_told_now(*one, presences)) candidates.push_back(one);
    }
  }
  std::vector<Recipient> told;
  append_merged(candidates, nullptr, told);
  return told;
}

std::optional<Recipient> recipient_at(const Node& node, const Person& person, const domain::Jid& session,
                                      const Presences& presences) {
  std::optional<Recipient> told;
  for (const Subscription* one : Directory::subscriptions_of(node, &person)) {
    if (!one->is_told() || (one->full && !one->is_to(session))) continue;
    const std::uint8_t shows = one->chosen().show_values;
    if (shows != 0 && !presences.is_there(session, shows)) continue;
    if (!told) told = Recipient{.to = session};
    told->body = told->body || one->chosen().include_body;
    if (has_siblings(*one)) told->subids.push_back(one->id);
  }
  return told;
}

Recipients shared_by_all(Recipients recipients) {
  if (recipients.others.empty()) return recipients;
  auto all = std::make_shared<std::vector<Recipient>>();
  all->reserve(recipients.size());
  for (std::size_t i = 0; i < recipients.size(); ++i) all->push_back(recipients.at(i));
  recipients.shared = std::move(all);
  recipients.others.clear();
  return recipients;
}

}  // namespace bourse::pubsub
