#include "market/permission.h"

#include <initializer_list>
#include <variant>

#include "market/item_kind.h"
#include "pubsub/market_nodes.h"

namespace bourse::market {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// None: what is one's own already (to withdraw, to unsubscribe, to be told of).
class Rights {
 public:
  Rights(std::initializer_list<Right> needed) {
    for (const auto right : needed) bits_ |= bit(right);
  }
  [[nodiscard]] bool none() const { return bits_ == 0; }
  [[nodiscard]] bool has(Right right) const { return (bits_ & bit(right)) != 0; }

 private:
  static unsigned bit(Right right) { return 1U << static_cast<unsigned>(right); }
  unsigned bits_ = 0;
};

// Requests and grants show each only its own; the log shows nothing but hashes and what is one's own.
Rights rights_to_read(pubsub::MarketNode node) {
  switch (node) {
    case pubsub::MarketNode::kOffers:
      return {Right::kSubscribe};
    case pubsub::MarketNode::kAvailability:
      return {Right::kHistory};
    case pubsub::MarketNode::kRequests:
    case pubsub::MarketNode::kGrants:
    case pubsub::MarketNode::kAudit:
      return {};
  }
  BOURSE_CHECK(false);
}

Rights rights_to_read(const domain::NodeName& name) {
  const auto node = pubsub::parse_node(name.value);
  return node ? rights_to_read(node->node) : Rights{Right::kSubscribe};
}

// To be told what happens there is to see it: also what one might not ask for.
Rights rights_to_subscribe(const domain::NodeName& name) {
  const auto node = pubsub::parse_node(name.value);
  const bool history = node && node->node == pubsub::MarketNode::kAvailability;
  return history ? Rights{Right::kSubscribe, Right::kHistory} : Rights{Right::kSubscribe};
}

Rights rights_for(const pubsub::Command& command) {
  return std::visit(Overloaded{[](const pubsub::CreateNode&) { return Rights{Right::kPublish}; },
                               [](const pubsub::PublishItems&) { return Rights{Right::kPublish}; },
                               [](const pubsub::Subscribe& subscribe) { return rights_to_subscribe(subscribe.node); },
                               [](const auto&) { return Rights{}; }},
                    command);
}

Rights rights_for(const CommandBody& body) {
  return std::visit(Overloaded{[](const PublishOffer&) { return Rights{Right::kPublish}; },
                               [](const PublishRequest&) { return Rights{Right::kRequest}; },
                               [](const PredictAvailability&) { return Rights{Right::kHistory}; },
                               [](const pubsub::Command& command) { return rights_for(command); },
                               [](const auto&) { return Rights{}; }},
                    body);
}

Rights rights_for(const QueryBody& body) {
  return std::visit(
      Overloaded{
          [](const ItemQuery& query) { return query.own ? Rights{} : rights_to_read(market_node(query.kind)); },
          [](const NodeItemsQuery& query) { return rights_to_read(query.node); },
          [](const ArchiveQuery& query) { return rights_to_read(query.node); },
          [](const ArchiveEdgesQuery& query) { return rights_to_read(query.node); },
          [](const NodesQuery& query) { return query.collection ? rights_to_read(*query.collection) : Rights{}; },
          [](const HistoryQuery&) { return Rights{Right::kHistory}; }, [](const auto&) { return Rights{}; }},
      body);
}

base::Status allowed(const AccessPolicy& policy, const Rights& rights, const domain::Jid& actor) {
  for (const auto right : {Right::kPublish, Right::kRequest, Right::kSubscribe, Right::kHistory}) {
    if (!rights.has(right)) continue;
    if (auto may = policy.may(right, actor); !may) return may;
  }
  return base::Done{};
}

}  // namespace

base::Status permitted(const State& state, const Command& command) {
  if (command.actor.empty()) return base::Done{};
  const auto rights = rights_for(command.body);
  if (rights.none() || state.is_operator(command.actor.bare())) return base::Done{};
  return allowed(state.access, rights, command.actor);
}

base::Status permitted(const AccessPolicy& policy, const Query& query) {
  if (query.viewer.privileged) return base::Done{};
  if (auto banned = policy.check_ban(query.viewer.jid); !banned) return banned;
  return allowed(policy, rights_for(query.body), query.viewer.jid);
}

}  // namespace bourse::market
