// Purpose: the rules of XEP-0060 and XEP-0248: each command to what it changes, whom it tells and the answer. What can
//   be refused is checked before anything changes: a command either happens or leaves everything as it was.
// Lifetime: the inside of Nodes. Threads: the decider's.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pubsub/audience.h"
#include "pubsub/directory.h"
#include "pubsub/nodes.h"

namespace bourse::pubsub {

// One decision on its way: what it has led to so far.
class Turn {
 public:
  explicit Turn(const Context& context) : context_(context), actor_(context.actor.bare()) {}

  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] const domain::Jid& actor() const { return actor_; }  // bare
  [[nodiscard]] base::Timestamp now() const { return context_.now; }
  // Of the last notice logged so far.
  [[nodiscard]] domain::EventSeq last_seq() const { return {context_.last_event.value + logged_}; }

  void change(Change change) { outcome.changes.push_back(std::move(change)); }
  // The next of the event log.
  Notice& log(NoticeKind kind, const Node& node);
  // Told now only.
  Notice& tell(NoticeKind kind, const Node& node);

  Outcome outcome;

 private:
  const Context& context_;
  domain::Jid actor_;
  std::uint64_t logged_ = 0;
};

using Decided = base::Result<Answer>;

class Decider {
 public:
  Decider(domain::PoolName pool, std::vector<domain::Jid> operators, Policy policy, bool hosts_ordinary,
          const Presences& presences);

  base::Status load(NodeRow&& row);
  base::Status load(AffiliationRow&& row);
  base::Status load(SubscriptionRow&& row);
  base::Status load(ItemRow&& row);

  // decide_nodes.cc, decide_configure.cc
  Decided decide(const CreateNode& command, Turn& turn);
  Decided decide(const ConfigureNode& command, Turn& turn);
  Decided decide(const DeleteNode& command, Turn& turn);
  Decided decide(const PurgeNode& command, Turn& turn);
  // decide_collections.cc
  Decided decide(const AssociateNode& command, Turn& turn);
  // decide_affiliations.cc
  Decided decide(const SetAffiliations& command, Turn& turn);
  // decide_owner_subscriptions.cc
  Decided decide(const SetSubscriptions& command, Turn& turn);
  Decided decide(const ApproveSubscription& command, Turn& turn);
  Decided decide(const GetPending& command, Turn& turn);
  // decide_items.cc
  Decided decide(const PublishItems& command, Turn& turn);
  Decided decide(const RetractItems& command, Turn& turn);
  // decide_subscriptions.cc
  Decided decide(const Subscribe& command, Turn& turn);
  Decided decide(const Unsubscribe& command, Turn& turn);
  Decided decide(const SetOptions& command, Turn& turn);
  Decided decide(const DropSubscriber& command, Turn& turn);
  // decide_questions.cc
  Decided decide(const GetOptions& command, Turn& turn);
  Decided decide(const GetDefaultOptions& command, Turn& turn);
  Decided decide(const GetSubscriptions& command, Turn& turn);
  Decided decide(const GetAffiliations& command, Turn& turn);
  Decided decide(const GetConfig& command, Turn& turn);
  Decided decide(const GetDefaultConfig& command, Turn& turn);
  Decided decide(const GetNodeAffiliations& command, Turn& turn);
  Decided decide(const GetNodeSubscriptions& command, Turn& turn);
  Decided decide(const GetNode& command, Turn& turn);

  // decide_sessions.cc
  [[nodiscard]] std::vector<domain::Jid> presence_wanted() const;
  void session_came(Turn& turn);
  void session_gone(Turn& turn);
  void expire(Turn& turn);

  [[nodiscard]] Recipients recipients_again(const Notice& notice) const;
  [[nodiscard]] Affiliation affiliation_of(const Node& node, const domain::Jid& bare) const;
  [[nodiscard]] const Directory& directory() const { return directory_; }

 private:
  [[nodiscard]] base::Result<Node*> find(const domain::NodeName& name) const;
  [[nodiscard]] base::Result<Node*> find_owned(const domain::NodeName& name, const Turn& turn) const;
  [[nodiscard]] base::Result<Node*> find_owned_ordinary(const domain::NodeName& name, const Turn& turn) const;
  [[nodiscard]] bool is_market_operator(const domain::Jid& bare) const;
  [[nodiscard]] std::vector<domain::Jid> owners_of(const Node& node) const;  // ascending
  [[nodiscard]] OptionScope scope_of(const Node& node) const;
  [[nodiscard]] std::size_t capacity_of(const NodeConfig& config) const;  // how many items it keeps

  // Nodes.
  [[nodiscard]] base::Status may_create(const domain::NodeName& name, const Turn& turn) const;
  [[nodiscard]] base::Result<NodeConfig> config_to_create(const domain::NodeName& name, const FormValues& form,
                                                          const Turn& turn) const;
  Node& create(const domain::NodeName& name, NodeConfig config, Turn& turn);
  void write(const Node& node, Turn& turn) const;
  [[nodiscard]] static NodeConfig whole_config(const Node& node);  // with its children
  [[nodiscard]] static NodeConfig told_config(const Node& node);
  [[nodiscard]] base::Status check_config_size(const NodeConfig& config) const;
  void tell_configured(Node& node, Turn& turn);
  void apply_access(Node& node, Turn& turn);
  void apply_capacity(Node& node, const NodeConfig& before, Turn& turn);

  // Collections: what stands in the way of `child` (null: a node to be made) coming to `collection`.
  [[nodiscard]] base::Status may_associate(const std::string& collection, const domain::NodeName& child,
                                           const Node* child_node, const Turn& turn) const;
  [[nodiscard]] base::Status may_adopt(const Node* collection, const NodeConfig& config,
                                       const std::vector<std::string>& added, const Turn& turn) const;
  // Of a node that is to be between these.
  [[nodiscard]] base::Status check_no_cycle(const std::vector<std::string>& parents,
                                            const std::vector<std::string>& children) const;
  void associate(Node& collection, Node& child, bool write_child, Turn& turn);
  void dissociate(Node& collection, Node& child, bool write_child, Turn& turn);

  // Items.
  [[nodiscard]] base::Status check_items(const PublishItems& command, const NodeConfig& config) const;
  [[nodiscard]] base::Status check_item(const NewItem& item, const NodeConfig& config) const;
  void evict(Node& node, std::size_t capacity, Turn& turn);
  void remove_item(Node& node, Item& item, Turn& turn);
  void retract(Node& node, Item& item, const Recipients* told, Turn& turn);  // null: quietly

  // Subscriptions.
  [[nodiscard]] base::Result<Subscription*> pick(const Node& node, const domain::Jid& subscriber,
                                                 const std::optional<SubId>& id, const Turn& turn) const;
  // As Context::may_subscribe says.
  [[nodiscard]] static base::Status may_add(const Node& node, const domain::Jid& bare, std::size_t of_jid,
                                            std::size_t of_domain, const Turn& turn);
  [[nodiscard]] static base::Status check_storable(const Node& node, const domain::Jid& address);
  Subscription& subscribe(Node& node, const domain::Jid& address, SubscriptionState state, SubscriptionOptions options,
                          Turn& turn);
  void write(const Subscription& subscription, bool removed, Turn& turn) const;
  // The notice of a changed state: to the subscriber when `to_subscriber`, to owners when the node says so. Not logged
  // when nobody is to know.
  void tell_state(const SubscriptionInfo& now, const Node& node, bool to_subscriber, Turn& turn);
  void end(Subscription& subscription, bool to_subscriber, Turn& turn);
  void approve(Subscription& subscription, Turn& turn);
  void send_last(const Node& node, Recipient to, Turn& turn);

  domain::PoolName pool_;
  std::vector<domain::Jid> operators_;
  Policy policy_;
  bool hosts_ordinary_;
  const Presences& presences_;
  Directory directory_;
};

[[nodiscard]] SubscriptionInfo info_of(const Subscription& subscription, SubscriptionState state);
[[nodiscard]] SubscriptionInfo info_of(const Subscription& subscription);
[[nodiscard]] Recipients to_addresses(const std::vector<domain::Jid>& addresses);

}  // namespace bourse::pubsub
