// Requests: submitted, cancelled, out of time, done.
#include <algorithm>

#include "domain/records.h"
#include "market/decision.h"

namespace bourse::market {

using domain::RequestState;

void Decision::operator()(const PublishRequest& publish) {
  if (auto may = state_.nodes.may_publish_to_market(pubsub::MarketNode::kRequests, command_.actor); !may) {
    return reply(may.error());
  }
  const auto* entry = state_.find_request(publish.id);
  if (entry != nullptr && entry->consumer != command_.actor.bare()) {
    return fail(base::Errc::kForbidden,
                "request '" + publish.id.value + "' was published by someone else; use another item id");
  }
  if (entry != nullptr && entry->record != publish.record) {
    return fail(base::Errc::kConflict,
                "request '" + publish.id.value +
                    "' is being served with other content; cancel it first or use another item id");
  }
  if (entry == nullptr && !has_room_for(Bounded::kRequests, "open requests")) return;
  if (entry == nullptr) submit_request(publish);
  reply(Published{state_.node(pubsub::MarketNode::kRequests), publish.id.value});
}

void Decision::submit_request(const PublishRequest& publish) {
  auto& entry = state_.add_request(publish.id, publish.request);
  entry.consumer = command_.actor.bare();
  state_.holdings.count(Bounded::kRequests, entry.consumer, +1);
  entry.record = publish.record;
  entry.submitted = now_;
  entry.seq = this->publish(EventKind::kPublished, pubsub::MarketNode::kRequests, publish.id.value, {}, entry.consumer,
                            publish.record);
  write_request(entry);
  record({.kind = audit::EntryKind::kRequestSubmitted,
          .consumer = entry.consumer,
          .request = publish.id,
          .record = publish.record});
  want(entry);
}

void Decision::want(RequestEntry& entry) {
  state_.wait(entry);
  wanting_.push_back(*entry.id);
}

void Decision::stop_wanting(RequestEntry& entry, RequestState state) {
  if (entry.state == RequestState::kWaiting) {
    const auto places = state_.places_of(entry);
    state_.stop_waiting(entry);
    for (const auto& id : places) free_offer(id);
  }
  entry.state = state;
}

void Decision::write_request(const RequestEntry& entry) {
  plan_.changes.emplace_back(RequestRow{.id = *entry.id,
                                        .consumer = entry.consumer,
                                        .state = entry.state,
                                        .granted = entry.granted,
                                        .complete = entry.complete,
                                        .record = entry.record,
                                        .seq = entry.seq,
                                        .refused = {entry.refused.begin(), entry.refused.end()},
                                        .submitted = entry.submitted});
}

void Decision::retract_request(const domain::RequestId& id) {
  auto* entry = state_.find_request(id);
  const auto actor = command_.actor.bare();
  if (entry == nullptr || (entry->consumer != actor && !state_.is_operator(actor))) {
    return fail(base::Errc::kNotFound, "you have no open request '" + id.value + "'");
  }
  stop_wanting(*entry, RequestState::kCancelled);
  const auto held = entry->grants;
  for (const auto grant : held) end_grant(grant, domain::GrantState::kReleased, "its request was cancelled");
  close_request(*entry, RequestState::kCancelled, audit::EntryKind::kRequestCancelled, "cancelled");
  reply(Acknowledged{});
}

void Decision::close_request(RequestEntry& entry, RequestState state, audit::EntryKind kind, std::string_view reason) {
  stop_wanting(entry, state);
  write_request(entry);
  record({.kind = kind, .consumer = entry.consumer, .request = *entry.id, .reason = std::string(reason)});
  publish(EventKind::kRetracted, pubsub::MarketNode::kRequests, entry.id->value, {}, entry.consumer, {});
  state_.remove_request(entry);
}

// What was granted by then goes on; what was not is not wanted any more.
void Decision::pass_deadline(RequestEntry& entry) {
  if (entry.state != RequestState::kWaiting) return;
  if (entry.grants.empty()) {
    const bool served = entry.granted > 0;
    return close_request(entry, served ? RequestState::kDone : RequestState::kExpired,
                         served ? audit::EntryKind::kRequestDone : audit::EntryKind::kRequestExpired,
                         "its deadline passed");
  }
  stop_wanting(entry, RequestState::kGranted);
  write_request(entry);
}

}  // namespace bourse::market
