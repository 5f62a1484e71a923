#include "market/permission.h"

#include <optional>
#include <variant>

#include "pubsub/market_nodes.h"

namespace bourse::market {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// What is one's own already (to withdraw, to unsubscribe, to be told of) needs no right.
std::optional<Right> right_for(const pubsub::Command& command) {
  return std::visit(Overloaded{[](const pubsub::CreateNode&) { return std::optional(Right::kPublish); },
                               [](const pubsub::PublishItems&) { return std::optional(Right::kPublish); },
                               [](const pubsub::Subscribe&) { return std::optional(Right::kSubscribe); },
                               [](const auto&) { return std::optional<Right>(); }},
                    command);
}

std::optional<Right> right_for(const CommandBody& body) {
  return std::visit(Overloaded{[](const PublishOffer&) { return std::optional(Right::kPublish); },
                               [](const PublishRequest&) { return std::optional(Right::kRequest); },
                               [](const PredictAvailability&) { return std::optional(Right::kHistory); },
                               [](const pubsub::Command& command) { return right_for(command); },
                               [](const auto&) { return std::optional<Right>(); }},
                    body);
}

// Requests and grants show each only its own; the log shows nothing but hashes and what is one's own.
std::optional<Right> right_to_read(const domain::NodeName& name) {
  const auto node = pubsub::parse_node(name.value);
  if (!node) return Right::kSubscribe;
  switch (node->node) {
    case pubsub::MarketNode::kOffers:
      return Right::kSubscribe;
    case pubsub::MarketNode::kAvailability:
      return Right::kHistory;
    case pubsub::MarketNode::kRequests:
    case pubsub::MarketNode::kGrants:
    case pubsub::MarketNode::kAudit:
      return std::nullopt;
  }
  BOURSE_CHECK(false);
}

std::optional<Right> right_for(const QueryBody& body) {
  return std::visit(Overloaded{[](const ItemQuery& query) {
                                 const bool open = query.own || query.kind != ItemKind::kOffer;
                                 return open ? std::optional<Right>() : std::optional(Right::kSubscribe);
                               },
                               [](const NodeItemsQuery& query) { return right_to_read(query.node); },
                               [](const ArchiveQuery& query) { return right_to_read(query.node); },
                               [](const ArchiveEdgesQuery& query) { return right_to_read(query.node); },
                               [](const NodesQuery& query) {
                                 return query.collection ? right_to_read(*query.collection) : std::optional<Right>();
                               },
                               [](const HistoryQuery&) { return std::optional(Right::kHistory); },
                               [](const auto&) { return std::optional<Right>(); }},
                    body);
}

}  // namespace

base::Status permitted(const State& state, const Command& command) {
  if (command.actor.empty()) return base::Done{};
  const auto right = right_for(command.body);
  if (!right || state.is_operator(command.actor.bare())) return base::Done{};
  return state.access.may(*right, command.actor);
}

base::Status permitted(const AccessPolicy& policy, const Query& query) {
  const auto right = right_for(query.body);
  if (!right || query.viewer.privileged) return base::Done{};
  return policy.may(*right, query.viewer.jid);
}

}  // namespace bourse::market
