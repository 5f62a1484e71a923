#include "pubsub/directory.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace bourse::pubsub {

bool Directory::Sooner::operator()(const Ending& a, const Ending& b) const {
  const auto key = [](const Ending& ending) {
    return std::tuple<base::Timestamp, const domain::NodeName&, bool, std::uint64_t>(
        ending.at, ending.node->name, ending.item != nullptr, ending.number);
  };
  return key(a) < key(b);
}

Directory::~Directory() {
  for (const auto& [name, node] : nodes_) {
    for (Subscription* subscription : node->subscriptions) delete subscription;
  }
}

Node* Directory::find(const domain::NodeName& name) const {
  const auto at = nodes_.find(name);
  return at == nodes_.end() ? nullptr : at->second.get();
}

Node& Directory::add_node(const domain::NodeName& name, NodeKind kind, const domain::Jid& creator) {
  auto& place = nodes_[name];
  BOURSE_CHECK(place == nullptr);
  place = std::make_unique<Node>();
  Node& node = *place;
  node.name = name;
  node.kind = kind;
  if (!creator.empty()) {
    Person& person = intern(creator);
    ++ties_of(person).nodes_created;
    ++person.uses;
    node.creator = &person;
  }
  if (const auto waiting = waiting_.find(name.value); waiting != waiting_.end()) {
    for (Node* child : waiting->second) associate(node, *child);
    waiting_.erase(waiting);
  }
  return node;
}

void Directory::remove_node(Node& node) {
  while (!node.subscriptions.empty()) remove_subscription(*node.subscriptions.back());
  while (!node.affiliations.empty()) {
    const domain::Jid jid = *node.affiliations.begin()->first->jid;
    set_affiliation(node, jid, Affiliation::kNone);
  }
  while (Item* item = node.items.oldest()) remove_item(node, *item);
  while (!node.parents.empty()) dissociate(**node.parents.begin(), node);
  while (!node.children.empty()) dissociate(node, **node.children.begin());
  for (auto& [name, children] : waiting_) std::erase(children, &node);
  if (node.creator != nullptr) {
    --node.creator->ties->nodes_created;
    release(*node.creator);
  }
  nodes_.erase(domain::NodeName(node.name));
}

void Directory::set_parents(Node& node, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (Node* parent = find({name})) {
      associate(*parent, node);
    } else {
      waiting_[name].push_back(&node);
    }
  }
}

void Directory::associate(Node& collection, Node& child) {
  collection.children.insert(&child);
  child.parents.insert(&collection);
  auto& names = child.config.collections;
  if (std::find(names.begin(), names.end(), collection.name.value) == names.end())
    names.push_back(collection.name.value);
}

void Directory::dissociate(Node& collection, Node& child) {
  collection.children.erase(&child);
  child.parents.erase(&collection);
  std::erase(child.config.collections, collection.name.value);
}

Person* Directory::find_person(const domain::Jid& bare) const {
  const auto at = people_.find(bare);
  return at == people_.end() ? nullptr : const_cast<Person*>(&at->second);
}

Person& Directory::intern(const domain::Jid& bare) {
  const auto [at, is_new] = people_.try_emplace(bare);
  if (is_new) at->second.jid = &at->first;
  return at->second;
}

Ties& Directory::ties_of(Person& person) {
  if (!person.ties) person.ties = std::make_unique<Ties>();
  return *person.ties;
}

void Directory::release(Person& person) {
  BOURSE_CHECK(person.uses > 0);
  if (--person.uses == 0) people_.erase(people_.find(*person.jid));
}

void Directory::index(Subscription& subscription) {
  if (!subscription.options) return;
  Node& node = *subscription.node;
  if (subscription.has_filter()) {
    if (!node.filters) node.filters = std::make_unique<domain::FilterIndex>();
    node.filters->add(subscription.id.value, subscription.options->filter);
    node.filtered.emplace(subscription.id.value, &subscription);
  }
  if (const auto& end = subscription.options->expire) {
    endings_.insert({*end, &node, subscription.id.value, nullptr, &subscription});
  }
}

void Directory::unindex(Subscription& subscription) {
  if (!subscription.options) return;
  Node& node = *subscription.node;
  if (subscription.has_filter()) {
    node.filters->remove(subscription.id.value);
    node.filtered.erase(subscription.id.value);
  }
  if (const auto& end = subscription.options->expire) {
    endings_.erase({*end, &node, subscription.id.value, nullptr, nullptr});
  }
}

Subscription& Directory::add_subscription(Node& node, const domain::Jid& address, SubId id, SubscriptionState state,
                                          SubscriptionOptions options) {
  Person& person = intern(address.is_bare() ? address : address.bare());
  auto* subscription = new Subscription;  // owned by the node's list, deleted when it leaves it
  subscription->person = &person;
  subscription->node = &node;
  subscription->next = person.first;
  if (!address.is_bare()) subscription->full = std::make_unique<const domain::Jid>(address);
  subscription->id = id;
  subscription->state = state;
  if (!options.is_default()) subscription->options = std::make_unique<SubscriptionOptions>(std::move(options));
  subscription->at = static_cast<std::uint32_t>(node.subscriptions.size());
  person.first = subscription;
  ++person.subscriptions;
  ++person.uses;
  node.subscriptions.push_back(subscription);
  node.last_subid = std::max(node.last_subid, id.value);
  if (state == SubscriptionState::kPending) ++node.pending;
  node.view = {};
  ++subscription_count_;
  ++subscriptions_at_[std::string(address.domain())];
  index(*subscription);
  return *subscription;
}

void Directory::remove_subscription(Subscription& subscription) {
  unindex(subscription);
  Node& node = *subscription.node;
  Person& person = *subscription.person;
  Subscription** link = &person.first;
  while (*link != &subscription) link = &(*link)->next;
  *link = subscription.next;
  --person.subscriptions;
  node.subscriptions.back()->at = subscription.at;
  node.subscriptions[subscription.at] = node.subscriptions.back();
  node.subscriptions.pop_back();
  if (subscription.state == SubscriptionState::kPending) --node.pending;
  node.view = {};
  --subscription_count_;
  const auto there = subscriptions_at_.find(std::string(person.jid->domain()));
  if (--there->second == 0) subscriptions_at_.erase(there);
  delete &subscription;
  release(person);
}

std::size_t Directory::subscriptions_at(std::string_view domain) const {
  const auto found = subscriptions_at_.find(std::string(domain));
  return found == subscriptions_at_.end() ? 0 : found->second;
}

void Directory::set_state(Subscription& subscription, SubscriptionState state) {
  Node& node = *subscription.node;
  if (subscription.state == SubscriptionState::kPending) --node.pending;
  if (state == SubscriptionState::kPending) ++node.pending;
  subscription.state = state;
  node.view = {};
}

void Directory::set_options(Subscription& subscription, SubscriptionOptions options) {
  unindex(subscription);
  subscription.options.reset();
  if (!options.is_default()) subscription.options = std::make_unique<SubscriptionOptions>(std::move(options));
  subscription.node->view = {};
  index(subscription);
}

namespace {

template <class Wanted>
std::vector<Subscription*> pick(const Person* person, const Wanted& wanted) {
  std::vector<Subscription*> found;
  for (Subscription* at = person == nullptr ? nullptr : person->first; at != nullptr; at = at->next) {
    if (wanted(*at)) found.push_back(at);
  }
  std::sort(found.begin(), found.end(), [](const Subscription* a, const Subscription* b) { return a->id < b->id; });
  return found;
}

}  // namespace

std::vector<Subscription*> Directory::subscriptions_of(const Node& node, const domain::Jid& address,
                                                       const Person* person) {
  return pick(person, [&](const Subscription& one) { return one.node == &node && one.is_to(address); });
}

std::vector<Subscription*> Directory::subscriptions_of(const Node& node, const Person* person) {
  return pick(person, [&](const Subscription& one) { return one.node == &node; });
}

Affiliation Directory::affiliation(const Node& node, const Person* person) {
  if (person == nullptr) return Affiliation::kNone;
  const auto at = node.affiliations.find(const_cast<Person*>(person));
  return at == node.affiliations.end() ? Affiliation::kNone : at->second;
}

void Directory::set_affiliation(Node& node, const domain::Jid& bare, Affiliation affiliation) {
  if (affiliation != Affiliation::kNone) {
    Person& person = intern(bare);
    if (node.affiliations.insert_or_assign(&person, affiliation).second) ++person.uses;
    ties_of(person).affiliations[&node] = affiliation;
    return;
  }
  Person* person = find_person(bare);
  if (person == nullptr || node.affiliations.erase(person) == 0) return;
  person->ties->affiliations.erase(&node);
  release(*person);
}

Item& Directory::put_item(Node& node, std::string_view id, const domain::Jid& publisher, domain::EventSeq seq,
                          base::Timestamp created, base::Timestamp expires, KeptPayload payload) {
  Person& person = intern(publisher);
  ++person.uses;
  ++ties_of(person).items[&node];
  Item& item = node.items.put(id, std::move(payload));
  if (item.publisher != nullptr) {  // published before
    if (item.expires != base::Timestamp::max()) endings_.erase({item.expires, &node, item.seq.value, &item, nullptr});
    auto& counts = item.publisher->ties->items;
    if (const auto at = counts.find(&node); --at->second == 0) counts.erase(at);
    release(*item.publisher);
  }
  item.publisher = &person;
  item.seq = seq;
  item.created = created;
  item.expires = expires;
  if (expires != base::Timestamp::max()) endings_.insert({expires, &node, seq.value, &item, nullptr});
  return item;
}

void Directory::remove_item(Node& node, Item& item) {
  if (item.expires != base::Timestamp::max()) endings_.erase({item.expires, &node, item.seq.value, &item, nullptr});
  auto& counts = item.publisher->ties->items;
  if (const auto at = counts.find(&node); --at->second == 0) counts.erase(at);
  Person& publisher = *item.publisher;
  node.items.erase(item);
  release(publisher);
}

bool is_above(const Node& candidate, const Node& node) {
  std::vector<const Node*> waiting{&node};
  std::set<const Node*> seen;
  while (!waiting.empty()) {
    const Node* const at = waiting.back();
    waiting.pop_back();
    if (at == &candidate) return true;
    for (const Node* parent : at->parents) {
      if (seen.insert(parent).second) waiting.push_back(parent);
    }
  }
  return false;
}

}  // namespace bourse::pubsub
