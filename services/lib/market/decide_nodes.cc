// What concerns nodes as such: retract by node, subscriptions.
#include "market/decision.h"

namespace bourse::market {

void Decision::operator()(const Retract& retract) {
  const auto parsed = pubsub::parse_node(retract.node.value);
  if (!parsed || parsed->pool != state_.config.pool) {
    return fail(base::Errc::kNotFound, "there is no node '" + retract.node.value + "'");
  }
  switch (parsed->node) {
    case pubsub::MarketNode::kOffers:
      return retract_offer({retract.item_id});
    case pubsub::MarketNode::kRequests:
      return retract_request({retract.item_id});
    case pubsub::MarketNode::kGrants:
      return retract_grant(retract.item_id);
    case pubsub::MarketNode::kAvailability:
      return fail(base::Errc::kForbidden, "availability is measured by the market; nobody can retract it");
  }
}

void Decision::operator()(const Subscribe& subscribe) {
  const auto parsed = pubsub::parse_node(subscribe.node.value);
  if (!parsed || parsed->pool != state_.config.pool) {
    return fail(base::Errc::kNotFound, "there is no node '" + subscribe.node.value + "'");
  }
  if (subscribe.subscriber.bare() != command_.actor.bare()) {
    return fail(base::Errc::kInvalidJid,
                "only your own JID can be subscribed, not '" + subscribe.subscriber.text() + "'");
  }
  if (state_.subscriptions.add(subscribe.node, subscribe.subscriber)) {
    plan_.changes.emplace_back(SubscriptionRow{subscribe.node, subscribe.subscriber, false});
  }
  reply(Subscribed{subscribe.node, subscribe.subscriber});
}

void Decision::operator()(const Unsubscribe& unsubscribe) {
  const auto parsed = pubsub::parse_node(unsubscribe.node.value);
  if (!parsed || parsed->pool != state_.config.pool) {
    return fail(base::Errc::kNotFound, "there is no node '" + unsubscribe.node.value + "'");
  }
  if (unsubscribe.subscriber.bare() != command_.actor.bare()) {
    return fail(base::Errc::kForbidden,
                "only your own subscriptions can be ended, not those of '" + unsubscribe.subscriber.text() + "'");
  }
  if (!state_.subscriptions.remove(unsubscribe.node, unsubscribe.subscriber)) {
    return fail(base::Errc::kNotSubscribed,
                "'" + unsubscribe.subscriber.text() + "' is not subscribed to '" + unsubscribe.node.value + "'");
  }
  plan_.changes.emplace_back(SubscriptionRow{unsubscribe.node, unsubscribe.subscriber, true});
  reply(Acknowledged{});
}

}  // namespace bourse::market
