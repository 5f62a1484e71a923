#include "market/recipients.h"

#include <utility>

#include "pubsub/access.h"

namespace bourse::market {
namespace {

pubsub::Standing standing(const State& state, const domain::Jid& bare, const domain::Jid& provider,
                          const domain::Jid& consumer) {
  if (bare == provider || bare == consumer) return pubsub::Standing::kParty;
  return state.is_operator(bare) ? pubsub::Standing::kOperator : pubsub::Standing::kStranger;
}

}  // namespace

Recipients recipients_of(const State& state, pubsub::MarketNode node, const domain::Jid& provider,
                         const domain::Jid& consumer) {
  const auto subscribers = state.subscriptions.of(state.node(node));
  if (pubsub::may(pubsub::Standing::kStranger, pubsub::Operation::kSeeItem, node)) return subscribers;

  const bool tells_parties = node == pubsub::MarketNode::kGrants;
  std::vector<domain::Jid> told;
  if (tells_parties) {
    told.push_back(provider);
    if (consumer != provider) told.push_back(consumer);
  }
  for (const auto& subscriber : *subscribers) {
    const auto rights = standing(state, subscriber.bare(), provider, consumer);
    if (!pubsub::may(rights, pubsub::Operation::kSeeItem, node)) continue;
    if (tells_parties && rights == pubsub::Standing::kParty) continue;  // told at the bare JID already
    told.push_back(subscriber);
  }
  return std::make_shared<const std::vector<domain::Jid>>(std::move(told));
}

Recipients recipients_of(const State& state, const Event& event) {
  const auto parsed = pubsub::parse_node(event.node.value);
  BOURSE_CHECK(parsed.has_value());
  return recipients_of(state, parsed->node, event.provider, event.consumer);
}

}  // namespace bourse::market
