#include "pubsub/nodes.h"

#include <utility>

#include "pubsub/decider.h"

namespace bourse::pubsub {

class Nodes::Impl : public Decider {
 public:
  using Decider::Decider;
};

Nodes::Nodes(domain::PoolName pool, std::vector<domain::Jid> operators, Policy policy, bool hosts_ordinary)
    : impl_(std::make_unique<Impl>(std::move(pool), std::move(operators), std::move(policy), hosts_ordinary,
                                   presences)) {}

Nodes::~Nodes() = default;

base::Status Nodes::load(NodeRow&& row) { return impl_->load(std::move(row)); }
base::Status Nodes::load(AffiliationRow&& row) { return impl_->load(std::move(row)); }
base::Status Nodes::load(SubscriptionRow&& row) { return impl_->load(std::move(row)); }
base::Status Nodes::load(ItemRow&& row) { return impl_->load(std::move(row)); }

Outcome Nodes::decide(const Context& context, const Command& command) {
  Turn turn(context);
  turn.outcome.answer = std::visit([&](const auto& one) { return impl_->decide(one, turn); }, command);
  return std::move(turn.outcome);
}

std::vector<domain::Jid> Nodes::presence_wanted() const { return impl_->presence_wanted(); }

Outcome Nodes::session_came(const Context& context) {
  Turn turn(context);
  impl_->session_came(turn);
  return std::move(turn.outcome);
}

Outcome Nodes::session_gone(const Context& context) {
  Turn turn(context);
  impl_->session_gone(turn);
  return std::move(turn.outcome);
}

Outcome Nodes::expire(const Context& context) {
  Turn turn(context);
  impl_->expire(turn);
  return std::move(turn.outcome);
}

base::Timestamp Nodes::next_expiry() const {
  const auto* next = impl_->directory().next_ending();
  return next == nullptr ? base::Timestamp::max() : next->at;
}

base::Status Nodes::may_publish_to_market(MarketNode node, const domain::Jid& actor) const {
  for (const Node* one : impl_->directory().market_nodes()) {
    if (one->market != node || impl_->affiliation_of(*one, actor.bare()) != Affiliation::kOutcast) continue;
    return {base::Errc::kForbidden, "an operator has made you an outcast of '" + one->name.value +
                                        "': you may not publish there. Ask the operators of this service"};
  }
  return base::Done{};
}

Recipients Nodes::recipients(const domain::NodeName& node, const domain::AttributeSource* offer,
                             const domain::AttributeSource* before) const {
  const Node* const found = impl_->directory().find(node);
  return found == nullptr ? Recipients{} : audience(*found, Topic::kItems, presences, offer, before);
}

std::vector<Recipient> Nodes::recipients_among(const domain::NodeName& node, std::span<const domain::Jid> those) const {
  const Node* const found = impl_->directory().find(node);
  if (found == nullptr) return {};
  std::vector<const Person*> people;
  for (const auto& jid : those) {
    if (const Person* person = impl_->directory().find_person(jid.bare())) people.push_back(person);
  }
  return audience_among(*found, people, presences);
}

bool Nodes::has_filters(const domain::NodeName& node) const {
  const Node* const found = impl_->directory().find(node);
  return found != nullptr && !found->filtered.empty();
}

Recipients Nodes::recipients_again(const Notice& notice) const { return impl_->recipients_again(notice); }
bool Nodes::exists(const domain::NodeName& node) const { return impl_->directory().find(node) != nullptr; }
std::size_t Nodes::subscription_count() const { return impl_->directory().subscription_count(); }

std::size_t Nodes::subscriptions_at(std::string_view domain) const {
  return impl_->directory().subscriptions_at(domain);
}

std::size_t Nodes::subscription_count(const domain::Jid& bare) const {
  const auto* person = impl_->directory().find_person(bare);
  return person == nullptr ? 0 : person->subscriptions;
}

}  // namespace bourse::pubsub
