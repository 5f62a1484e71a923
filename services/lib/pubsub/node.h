// Purpose: what memory holds of a node, of one subscription to it, and of somebody who has to do with nodes. A million
//   subscriptions have to fit: addresses are interned, options are there only when they are not the default.
// Lifetime: owned by a Directory, which keeps them consistent; they stay where they are until removed.
// Threads: the decider's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "domain/filter_index.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "pubsub/item_index.h"
#include "pubsub/market_nodes.h"
#include "pubsub/node_config.h"
#include "pubsub/recipients.h"
#include "pubsub/rows.h"
#include "pubsub/subscription_options.h"

namespace bourse::pubsub {

struct Node;
struct Person;

struct ByName {
  bool operator()(const Node* a, const Node* b) const;
};

struct Subscription {
  Person* person = nullptr;
  Node* node = nullptr;
  Subscription* next = nullptr;                  // of the same person
  std::unique_ptr<const domain::Jid> full = {};  // null: the bare JID
  SubId id{};
  std::unique_ptr<SubscriptionOptions> options = {};  // null: the default
  std::uint32_t at = 0;                               // in Node::subscriptions
  SubscriptionState state = SubscriptionState::kSubscribed;

  [[nodiscard]] const domain::Jid& address() const;
  [[nodiscard]] bool is_to(const domain::Jid& jid) const { return address() == jid; }
  [[nodiscard]] const SubscriptionOptions& chosen() const;
  [[nodiscard]] bool has_filter() const { return options && !options->filter.empty(); }
  // Whether it is told of anything at all, whatever its filter and presence say.
  [[nodiscard]] bool is_told() const {
    return state == SubscriptionState::kSubscribed && (!options || options->deliver);
  }
};

// Of those few who are more than subscribers.
struct Ties {
  std::map<Node*, Affiliation, ByName> affiliations;
  std::map<Node*, std::uint32_t, ByName> items;  // how many on which node
  std::uint32_t nodes_created = 0;
};

struct Person {
  const domain::Jid* jid = nullptr;  // bare
  Subscription* first = nullptr;
  std::unique_ptr<Ties> ties = {};
  std::uint32_t subscriptions = 0;
  std::uint32_t uses = 0;  // subscriptions, affiliations, items, created nodes; at 0 it is forgotten
};

struct Node {
  domain::NodeName name{};
  NodeKind kind = NodeKind::kLeaf;
  std::optional<MarketNode> market = {};
  NodeConfig config{};  // `collections` as it is in parents; `children` stays empty: the children know
  Person* creator = nullptr;
  base::Timestamp created{};
  domain::EventSeq archive_from{};

  std::set<Node*, ByName> parents{};
  std::set<Node*, ByName> children{};
  std::unordered_map<Person*, Affiliation> affiliations{};
  std::vector<Subscription*> subscriptions{};
  std::uint64_t last_subid = 0;
  std::uint64_t pending = 0;
  ItemIndex items{};

  std::unique_ptr<domain::FilterIndex> filters = {};  // keys: ids of subscriptions with a filter
  std::unordered_map<std::uint64_t, Subscription*> filtered{};

  // Who is told of every event, made when one is decided after something changed.
  struct View {
    bool fresh = false;
    RecipientList shared = {};  // always told; null: nobody
    std::vector<const Subscription*> others =
        {};  // without a filter, told as presence says, or beside one with a filter
  };
  mutable View view{};

  [[nodiscard]] bool is_collection() const { return kind == NodeKind::kCollection; }
};

inline bool ByName::operator()(const Node* a, const Node* b) const { return a->name < b->name; }
inline const domain::Jid& Subscription::address() const { return full ? *full : *person->jid; }
inline const SubscriptionOptions& Subscription::chosen() const {
  static const SubscriptionOptions kDefault{};
  return options ? *options : kDefault;
}

}  // namespace bourse::pubsub
