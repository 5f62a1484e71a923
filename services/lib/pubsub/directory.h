// Purpose: all nodes of a pool and all who have to do with them, found from both sides and kept consistent; and what
//   ends by itself, in the order of time. It knows no rules.
// Lifetime: part of Nodes. Threads: the decider's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pubsub/node.h"

namespace bourse::pubsub {

class Directory {
 public:
  Directory() = default;
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] Node* find(const domain::NodeName& name) const;
  Node& add_node(const domain::NodeName& name, NodeKind kind, const domain::Jid& creator);
  void remove_node(Node& node);  // with its subscriptions, affiliations, items and associations
  // Names the parents; those that are not there yet become parents when they are added.
  void set_parents(Node& node, const std::vector<std::string>& names);
  void associate(Node& collection, Node& child);
  void dissociate(Node& collection, Node& child);

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [name, node] : nodes_) visit(std::as_const(*node));
  }

  [[nodiscard]] Person* find_person(const domain::Jid& bare) const;
  template <class Visit>
  void each_person(Visit visit) const {
    for (const auto& [bare, person] : people_) visit(bare, person);
  }

  // CHECKs that the node has no such subscription yet.
  Subscription& add_subscription(Node& node, const domain::Jid& address, SubId id, SubscriptionState state,
                                 SubscriptionOptions options);
  void remove_subscription(Subscription& subscription);
  void set_state(Subscription& subscription, SubscriptionState state);
  void set_options(Subscription& subscription, SubscriptionOptions options);
  // Of one address on one node; ascending by id.
  [[nodiscard]] static std::vector<Subscription*> subscriptions_of(const Node& node, const domain::Jid& address,
                                                                   const Person* person);
  // Of one person on one node, whatever the address; ascending by id.
  [[nodiscard]] static std::vector<Subscription*> subscriptions_of(const Node& node, const Person* person);

  [[nodiscard]] static Affiliation affiliation(const Node& node, const Person* person);
  void set_affiliation(Node& node, const domain::Jid& bare, Affiliation affiliation);

  // New, or published again; now the last.
  Item& put_item(Node& node, std::string_view id, const domain::Jid& publisher, domain::EventSeq seq,
                 base::Timestamp created, base::Timestamp expires, KeptPayload payload);
  void remove_item(Node& node, Item& item);

  struct Ending {
    base::Timestamp at{};
    Node* node = nullptr;
    std::uint64_t number = 0;  // of the item's seq or the subscription's id
    Item* item = nullptr;
    Subscription* subscription = nullptr;
  };
  [[nodiscard]] const Ending* next_ending() const { return endings_.empty() ? nullptr : &*endings_.begin(); }

  [[nodiscard]] std::size_t subscription_count() const { return subscription_count_; }
  [[nodiscard]] std::size_t subscriptions_at(std::string_view domain) const;  // of everybody there
  [[nodiscard]] const std::vector<Node*>& market_nodes() const { return market_nodes_; }
  void add_market_node(Node& node) { market_nodes_.push_back(&node); }

 private:
  struct Sooner {  // by names, not addresses: the same state ends things in the same order
    bool operator()(const Ending& a, const Ending& b) const;
  };

  Person& intern(const domain::Jid& bare);
  Ties& ties_of(Person& person);
  void release(Person& person);
  void index(Subscription& subscription);    // its filter and its end
  void unindex(Subscription& subscription);  // the inverse

  std::unordered_map<domain::NodeName, std::unique_ptr<Node>> nodes_;
  std::unordered_map<std::string, std::vector<Node*>> waiting_;  // for parents that are not loaded yet
  std::unordered_map<domain::Jid, Person> people_;
  std::set<Ending, Sooner> endings_;
  std::vector<Node*> market_nodes_;
  std::size_t subscription_count_ = 0;
  std::unordered_map<std::string, std::size_t> subscriptions_at_;  // by domain
};

// Whether `candidate` is the node or a collection it is in, at any distance.
[[nodiscard]] bool is_above(const Node& candidate, const Node& node);

}  // namespace bourse::pubsub
