// What concerns nodes: retract by node of the market, and all that pubsub decides.
#include "market/decision.h"
#include "market/permission.h"

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
    case pubsub::MarketNode::kAudit:
      return fail(base::Errc::kForbidden, "checkpoints of the audit log are the market's; nobody can retract them");
  }
}

pubsub::Context Decision::node_context() const {
  return {command_.actor, state_.is_operator(command_.actor.bare()), now_, state_.counters.last_event,
          [this](const auto& node, const auto& bare, std::size_t of_jid, std::size_t of_domain) {
            return may_subscribe(node, bare, of_jid, of_domain);
          }};
}

// Whoever asks for it: owners subscribe others.
base::Status Decision::may_subscribe(const domain::NodeName& node, const domain::Jid& bare, std::uint64_t of_jid,
                                     std::uint64_t of_domain) const {
  if (state_.is_operator(bare)) return base::Done{};
  if (auto banned = state_.access.check_ban(bare); !banned) return banned;
  const Command as_its_own{{}, bare, {}, pubsub::Command(pubsub::Subscribe{node, bare})};
  if (auto may = permitted(state_, as_its_own); !may) return may;
  const auto over = over_bound(Bounded::kSubscriptions, bare, of_jid + 1, of_domain + 1);
  return over ? too_many("subscriptions", *over) : base::Status(base::Done{});
}

void Decision::take(pubsub::Outcome&& outcome) {
  for (auto& change : outcome.changes) plan_.changes.emplace_back(std::move(change));
  for (auto& notice : outcome.notices) {
    Notification notification;
    notification.event = {.seq = notice.seq,
                          .at = notice.seq.value == 0 ? notice.at : now_,
                          .kind = static_cast<EventKind>(notice.kind),
                          .node = std::move(notice.node),
                          .item_id = std::move(notice.item_id),
                          .publisher = std::move(notice.publisher),
                          .provider = {},
                          .consumer = std::move(notice.subject),
                          .record = std::move(notice.record)};
    notification.recipients = std::move(notice.recipients);
    if (notice.seq.value == 0) {
      plan_.repeats.push_back(std::move(notification));
      continue;
    }
    ++state_.counters.last_event.value;
    BOURSE_CHECK(notice.seq == state_.counters.last_event);
    plan_.events.push_back(std::move(notification));
  }
}

void Decision::operator()(const pubsub::Command& command) {
  auto outcome = state_.nodes.decide(node_context(), command);
  auto answer = std::move(outcome.answer);
  take(std::move(outcome));
  if (!answer) return reply(answer.error());
  reply(std::move(answer).value());
}

}  // namespace bourse::market
