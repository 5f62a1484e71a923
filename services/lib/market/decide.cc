#include "market/decide.h"

#include <algorithm>
#include <variant>

#include "domain/grant.h"
#include "market/decision.h"
#include "market/permission.h"
#include "market/recipients.h"

namespace bourse::market {

namespace {

// What a banned JID still may: nothing that anybody would notice. Its presence is the network's to tell.
bool is_refused(const State& state, const Command& command) {
  const bool asks = !std::holds_alternative<SessionAvailable>(command.body) &&
                    !std::holds_alternative<SessionGone>(command.body) && !command.actor.empty();
  return asks && state.access.has_bans() && state.is_banned(command.actor) && !state.is_operator(command.actor.bare());
}

// What an entry of the log holds besides its record: JIDs, ids, and what is said of it.
constexpr std::size_t kMostIdBytes = 1024;

base::Status fits_the_log(const char* what, std::size_t size, std::size_t most) {
  if (size <= most) return base::Done{};
  return {base::Errc::kPayloadTooBig, std::string(what) + " has " + std::to_string(size) +
                                          " bytes: an entry of the audit log takes at most " + std::to_string(most)};
}

// Every entry must fit into audit::kMaxEntryBytes, and only these parts of commands can grow large. A grant's record is
// made of what its offer and request passed, and is smaller than either may be.
base::Status fits_the_log(const CommandBody& body) {
  const auto publication = [](const std::string& id, const std::string& record) {
    auto fits = fits_the_log("the item id", id.size(), kMostIdBytes);
    return fits ? fits_the_log("the payload, as the market stores it,", record.size(), kMostLoggedBytes) : fits;
  };
  if (const auto* offer = std::get_if<PublishOffer>(&body)) return publication(offer->id.value, offer->record);
  if (const auto* request = std::get_if<PublishRequest>(&body)) return publication(request->id.value, request->record);
  if (const auto* action = std::get_if<GrantAction>(&body)) {
    return fits_the_log("the reason", action->reason.size(), domain::kMaxReason);
  }
  if (const auto* sanction = std::get_if<Sanction>(&body)) {
    return fits_the_log("the reason", sanction->reason.size(), domain::kMaxReason);
  }
  if (const auto* statement = std::get_if<RecordStatement>(&body)) {
    return fits_the_log("the statement", statement->text.size(), kMostLoggedBytes);
  }
  return base::Done{};
}

}  // namespace

Plan decide(State& state, const Command& command, base::Timestamp now) {
  Decision decision(state, command, now);
  if (is_refused(state, command)) return decision.refuse();
  if (const auto fits = fits_the_log(command.body); !fits) return decision.refuse(fits.error());
  if (const auto may = permitted(state, command); !may) return decision.refuse(may.error());
  std::visit(decision, command.body);
  return decision.finish();
}

Plan Decision::refuse(const base::Error& why) {
  reply(why);
  return std::move(plan_);
}

Plan Decision::refuse() {
  reply(state_.access.check_ban(command_.actor).error());
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
