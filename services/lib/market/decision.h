// Purpose: one command being decided: the steps the handlers in decide_*.cc share. Each step moves the
//   state, and records the change, its audit entry and its event together, so that none can be forgotten.
// Lifetime: one decide() call. Threads: the decider's only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/plan.h"
#include "market/state.h"

namespace bourse::market {

class Decision {
 public:
  Decision(State& state, const Command& command, base::Timestamp now) : state_(state), command_(command), now_(now) {}

  // The handlers, one per alternative of CommandBody (decide_offers.cc, decide_requests.cc, …).
  void operator()(const PublishOffer& publish);
  void operator()(const PublishRequest& publish);
  void operator()(const Retract& retract);
  void operator()(const pubsub::Command& command);
  void operator()(const Sanction& sanction);
  void operator()(const SessionAvailable& available);
  void operator()(const SessionGone& gone);
  void operator()(const LinkUp& up);
  void operator()(const Tick& tick);

  Plan refuse();  // the actor is banned
  Plan finish();  // matches what the command left to match, and gives the plan

 private:
  void reply(ReplyBody body);
  void fail(base::Errc code, std::string text) { reply(base::Error{code, std::move(text)}); }

  // Appends to the log with the next sequence number; the entry's time and actor are filled in.
  void record(audit::Entry entry);
  domain::EventSeq publish(EventKind kind, pubsub::MarketNode node, std::string item_id, const domain::Jid& provider,
                           const domain::Jid& consumer, std::string bytes);
  domain::EventSeq publish(EventKind kind, pubsub::MarketNode node, std::string item_id, const domain::Jid& provider,
                           const domain::Jid& consumer, std::string bytes, pubsub::Recipients recipients);

  [[nodiscard]] pubsub::Context node_context() const;
  void take(pubsub::Outcome&& outcome);  // its rows and notices; its answer stays

  void expel(const domain::Jid& bare);  // it was banned: what it has ends

  void open_offer(const PublishOffer& publish);
  void replace_offer(OfferEntry& entry, const PublishOffer& publish);
  // `before`: what it replaces; null: nothing.
  void put_offer(OfferEntry& entry, const PublishOffer& publish, const domain::Offer* before);
  // What filters may have matched, only where there are any.
  [[nodiscard]] std::optional<domain::Offer> filtered_content(const OfferEntry& entry) const;
  void withdraw_offer(OfferEntry& entry, std::string_view reason);
  void change_availability(const domain::Jid& provider, domain::Presence presence);
  void retract_offer(const domain::OfferId& id);

  void submit_request(const PublishRequest& publish);
  void want(RequestEntry& entry);  // (again) waiting: hand it to the engine
  void stop_wanting(RequestEntry& entry, domain::RequestState state);
  void write_request(const RequestEntry& entry);
  void retract_request(const domain::RequestId& id);
  void close_request(RequestEntry& entry, domain::RequestState state, audit::EntryKind kind, std::string_view reason);
  void pass_deadline(RequestEntry& entry);

  void start_grant(RequestEntry& request, const matching::Placement& placement);
  void end_grant(domain::GrantId id, domain::GrantState state, std::string_view reason);
  // The same for a grant whose share is not in use in the engine (any more).
  void end_unheld_grant(domain::GrantId id, domain::GrantState state, std::string_view reason);
  void retract_grant(const std::string& item_id);
  void match(RequestEntry& request);  // as many grants as fit now
  [[nodiscard]] std::unordered_set<domain::Jid> excluded(const RequestEntry& request) const;

  State& state_;
  const Command& command_;
  base::Timestamp now_;
  Plan plan_;
  std::vector<domain::OfferId> freed_;      // offers with capacity that waiting requests may want
  std::vector<domain::RequestId> wanting_;  // requests to match before those wake-ups
  std::vector<domain::RequestId> ended_;    // requests of which a grant ended: perhaps done
};

}  // namespace bourse::market
