#include "market_fixture.h"

#include <variant>

namespace bourse::market {
namespace {

struct Words {
  std::string operator()(const OfferRow& row) const { return (row.open ? "+offer " : "-offer ") + row.id.value; }
  std::string operator()(const RequestRow& row) const {
    return "request " + row.id.value + " " + std::string(name(row.state)) + " " + std::to_string(row.granted);
  }
  std::string operator()(const GrantStarted& change) const {
    const auto& grant = change.grant;
    return "grant " + to_item_id(grant.id) + " on " + grant.offer.value + " for " + grant.request.value +
           (grant.state == domain::GrantState::kActive ? "" : " " + std::string(name(grant.state)));
  }
  std::string operator()(const GrantChanged& change) const {
    return to_item_id(change.grant.id) + " " + std::string(name(change.grant.state));
  }
  std::string operator()(const UsageRow& /*row*/) const { return {}; }
  std::string operator()(const RequestExplanation& answer) const { return "explained " + answer.request.value; }
  std::string operator()(const GrantEnded& change) const {
    return to_item_id(change.grant.id) + " " + std::string(name(change.grant.state));
  }
  std::string operator()(const pubsub::Change& change) const { return std::visit(*this, change); }
  std::string operator()(const pubsub::NodeRow& row) const { return "+node " + row.name.value; }
  std::string operator()(const pubsub::NodeRemoved& removed) const { return "-node " + removed.node.value; }
  std::string operator()(const pubsub::NodePurged& purged) const { return "purged " + purged.node.value; }
  std::string operator()(const pubsub::AffiliationRow& row) const {
    return row.jid.text() + " " + std::string(pubsub::to_text(row.affiliation)) + " of " + row.node.value;
  }
  std::string operator()(const pubsub::SubscriptionRow& row) const {
    return (row.removed ? "-sub " : "+sub ") + row.node.value + " " + row.subscriber.text();
  }
  std::string operator()(const pubsub::ItemRow& row) const { return (row.removed ? "-item " : "+item ") + row.id; }
  std::string operator()(const SanctionRow& row) const {
    return row.jid.text() + (row.drained ? " drained" : "") + (row.banned ? " banned" : "") +
           (row.quarantined_until ? " quarantined"
            : row.failures > 0    ? " failed"
                                  : "");
  }
  std::string operator()(const ProviderRow& row) const {
    return row.provider.text() + " " + (row.presence ? std::string(name(*row.presence)) : "unobserved");
  }
  // What follows from it: decide_history_test.cc looks closer.
  std::string operator()(const HistoryClosed& /*closed*/) const { return {}; }
  std::string operator()(const history::Window& /*gap*/) const { return {}; }
  std::string operator()(const LoadRow& /*row*/) const { return {}; }
  std::string operator()(const HistoryCounts& /*counts*/) const { return {}; }
  std::string operator()(const LogTileRow& /*row*/) const { return {}; }  // as a checkpoint goes with it
  std::string operator()(const CheckpointRow& row) const { return "checkpoint " + std::to_string(row.size); }
  std::string operator()(const Acknowledged& /*reply*/) const { return "ok"; }
  std::string operator()(const Published& reply) const { return "published " + reply.item_id; }
  std::string operator()(const pubsub::Answer& answer) const {
    const auto* subscribed = std::get_if<pubsub::SubscriptionAnswer>(&answer);
    return subscribed != nullptr ? std::string(pubsub::to_text(subscribed->subscription.state)) + " " +
                                       subscribed->subscription.subscriber.text()
                                 : "answer " + std::to_string(answer.index());
  }
  std::string operator()(const PolicyRow& row) const {
    return "policy " + row.name + (row.subject.empty() ? "" : " of " + row.subject) + " = " + row.value;
  }
  std::string operator()(const Prediction& /*reply*/) const { return "prediction"; }
  std::string operator()(const PolicyShown& reply) const {
    return "policy of " + std::to_string(reply.rows.size()) + " settings";
  }
  std::string operator()(const base::Error& error) const {
    return "error " + std::to_string(static_cast<int>(error.code));
  }
};

}  // namespace

std::vector<std::string> in_words(const Plan& plan) {
  std::vector<std::string> words;
  for (const auto& change : plan.changes) {
    if (auto word = std::visit(Words{}, change); !word.empty()) words.push_back(std::move(word));
  }
  for (const auto& reply : plan.replies) words.push_back(std::visit(Words{}, reply.body));
  return words;
}

}  // namespace bourse::market
