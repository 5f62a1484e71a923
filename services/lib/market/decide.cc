#include "market/decide.h"

#include <algorithm>
#include <variant>

#include "market/decision.h"
#include "market/recipients.h"

namespace bourse::market {

namespace {

// What a banned JID still may: nothing that anybody would notice. Its presence is the network's to tell.
bool is_refused(const State& state, const Command& command) {
  const bool asks = !std::holds_alternative<SessionAvailable>(command.body) &&
                    !std::holds_alternative<SessionGone>(command.body) && !command.actor.empty();
  return asks && !state.sanctions.empty() && state.is_banned(command.actor.bare());
}

}  // namespace

Plan decide(State& state, const Command& command, base::Timestamp now) {
  Decision decision(state, command, now);
  if (is_refused(state, command)) return decision.refuse();
  std::visit(decision, command.body);
  return decision.finish();
}

Plan Decision::refuse() {
  fail(base::Errc::kForbidden, "an operator of this market has banned " + command_.actor.bare().text() + ": " +
                                   state_.sanctions.at(command_.actor.bare()).reason);
  return std::move(plan_);
}

void Decision::reply(ReplyBody body) {
  if (!command_.reply_to.stanza_id.empty()) plan_.replies.push_back({command_.reply_to, std::move(body)});
}

void Decision::record(audit::Entry entry) {
  entry.at = now_;
  entry.actor = command_.actor;
  plan_.audit.push_back({state_.counters.next_audit, std::move(entry)});
  ++state_.counters.next_audit.value;
}

domain::EventSeq Decision::publish(EventKind kind, pubsub::MarketNode node, std::string item_id,
                                   const domain::Jid& provider, const domain::Jid& consumer, std::string bytes) {
  return publish(kind, node, std::move(item_id), provider, consumer, std::move(bytes),
                 recipients_of(state_, node, provider, consumer));
}

domain::EventSeq Decision::publish(EventKind kind, pubsub::MarketNode node, std::string item_id,
                                   const domain::Jid& provider, const domain::Jid& consumer, std::string bytes,
                                   pubsub::Recipients recipients) {
  ++state_.counters.last_event.value;
  Notification notification;
  notification.event = {.seq = state_.counters.last_event,
                        .at = now_,
                        .kind = kind,
                        .node = state_.node(node),
                        .item_id = std::move(item_id),
                        .publisher = command_.actor,
                        .provider = provider,
                        .consumer = consumer,
                        .record = std::move(bytes)};
  notification.recipients = std::move(recipients);
  plan_.events.push_back(std::move(notification));
  return state_.counters.last_event;
}

Plan Decision::finish() {
  settle();
  for (const auto& id : ended_) {
    auto* request = state_.find_request(id);
    if (request != nullptr && request->state == domain::RequestState::kGranted && request->grants.empty()) {
      close_request(*request, domain::RequestState::kDone, audit::EntryKind::kRequestDone,
                    "every grant of it has ended");
    }
  }
  return std::move(plan_);
}

}  // namespace bourse::market
