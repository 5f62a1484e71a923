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
  void operator()(const GrantAction& action);
  void operator()(const ExplainRequest& explain);
  void operator()(const pubsub::Command& command);
  void operator()(const Sanction& sanction);
  void operator()(const SessionAvailable& available);
  void operator()(const SessionGone& gone);
  void operator()(const LinkUp& up);
  void operator()(const Tick& tick);
  void operator()(const Heartbeat& heartbeat);
  void operator()(const LinkDown& down);
  void operator()(const Unobserved& unobserved);
  void operator()(const PredictAvailability& question);
  void operator()(const ImportHistory& part);
  void operator()(const IntegrateLog& integrated);
  void operator()(const RecordStatement& statement);
  void operator()(const SetPolicy& wanted);
  void operator()(const ShowPolicy& question);
  void operator()(const DomainLost& lost);

  Plan refuse();  // the actor is banned
  Plan refuse(const base::Error& why);
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

  void expel(const domain::Jid& banned);  // a JID, or a domain with all below it: what they have ends
  void expel_request(RequestEntry& entry);

  // decide_policy.cc. What so many more, of the JID and of its domain, would be too many of, in words.
  [[nodiscard]] std::optional<std::string> over_bound(Bounded what, const domain::Jid& bare, std::uint64_t of_jid,
                                                      std::uint64_t of_domain) const;
  [[nodiscard]] static base::Error too_many(std::string_view noun, const std::string& over);
  [[nodiscard]] bool has_room_for(Bounded what, std::string_view noun);  // otherwise that is the answer
  // decide_nodes.cc
  [[nodiscard]] base::Status may_subscribe(const domain::NodeName& node, const domain::Jid& bare, std::uint64_t of_jid,
                                           std::uint64_t of_domain) const;
  void expel_offer(OfferEntry& entry);

  void open_offer(OfferEntry& entry, const PublishOffer& publish);
  void expire_offer(OfferEntry& entry);
  void replace_offer(OfferEntry& entry, const PublishOffer& publish);
  // `before`: what it replaces; null: nothing.
  void put_offer(OfferEntry& entry, const PublishOffer& publish, const domain::Offer* before);
  // What filters may have matched, only where there are any.
  [[nodiscard]] std::optional<domain::Offer> filtered_content(const OfferEntry& entry) const;
  // With grants that may go on for `grace`; without grace they end with it.
  void withdraw_offer(OfferEntry& entry, std::string_view reason, base::Duration grace = {});
  // Its provider vanished: its grants become suspect.
  void lose_sight_of(OfferEntry& entry, std::string_view why);
  void close_offer(OfferEntry& entry, std::string_view reason);  // whatever grants it has; without any it is gone
  void book_again(OfferEntry& entry);  // what its live grants hold, in a content that is new to the engine
  void free_offer(const domain::OfferId& id) { freed_.push_back(id); }
  void retract_offer(const domain::OfferId& id);

  void submit_request(const PublishRequest& publish);
  void want(RequestEntry& entry);  // (again) waiting, and to be matched
  void stop_wanting(RequestEntry& entry, domain::RequestState state);
  void write_request(const RequestEntry& entry);
  void retract_request(const domain::RequestId& id);
  void close_request(RequestEntry& entry, domain::RequestState state, audit::EntryKind kind, std::string_view reason);
  void pass_deadline(RequestEntry& entry);

  void tell_why(const RequestEntry& request, RequestExplanation& answer) const;

  // decide_grants.cc: each step of the life cycle.
  [[nodiscard]] domain::Grant make_grant(const RequestEntry& request, const matching::Placement& placement) const;
  [[nodiscard]] matching::Booking booking_of(const domain::Grant& grant) const;
  void start_grant(RequestEntry& request, domain::Grant grant);  // booked already
  void change_grant(domain::Grant grant, domain::GrantState state, audit::EntryKind kind, std::string_view reason);
  void end_grant(domain::GrantId id, domain::GrantState state, std::string_view reason);
  // The same for a grant the engine has no booking of (any more).
  void end_unbooked_grant(domain::GrantId id, domain::GrantState state, std::string_view reason);
  void settle_request_of(const domain::Grant& ended);
  void want_what_keeps_away_from(const domain::RequestId& id);
  void take_back(domain::GrantId id, base::Duration grace, std::string_view reason);
  void begin_lease(domain::GrantId id);
  void pass_grants();  // all whose timer is due
  void pass_grant(domain::GrantId id);
  void refuse_provider(RequestEntry& request, const domain::Jid& provider);  // it is not asked again

  // decide_life_cycle.cc: what the parties do.
  void retract_grant(const std::string& item_id);
  void note_complete(RequestEntry& request);  // once all it asked for is there
  void confirm(const domain::Grant& grant);
  void decline(const domain::Grant& grant, const std::string& reason);
  void renew(const domain::Grant& grant, std::optional<base::Duration> duration);
  void reclaim(const domain::Grant& grant, std::optional<base::Duration> grace, const std::string& reason);
  void note_loss_by(const domain::Jid& provider, domain::GrantId grant);
  void note_failure_of(const domain::Jid& provider, std::string_view what);
  void end_quarantine(const domain::Jid& provider);

  // decide_history.cc: who is there.
  void change_availability(const domain::Jid& provider, domain::Presence presence);
  void lose_track_of(const domain::Jid& provider);
  void lose_session(const domain::Jid& session, std::string_view why);
  void pass_heartbeats();  // who fell silent
  void keep_loads();
  void keep_gap();
  void look_again();
  [[nodiscard]] HistoryAccess access_to(const domain::Jid& provider) const;
  void import_history(std::vector<ClosedInterval>&& intervals);

  // decide_matching.cc: who gets what.
  void settle();                      // serves what is wanted and what came free, until nothing is left to do
  bool match(RequestEntry& request);  // as many grants as fit now; true when it does not wait any more
  struct Crew;
  [[nodiscard]] bool wants_spare(const RequestEntry& request, Crew& crew) const;
  bool grant_one(RequestEntry& request, matching::Exclusions& passed_over);
  bool grant_gang(RequestEntry& request, const matching::Exclusions& passed_over);
  struct Gang;  // what of one found a place
  void gather(const RequestEntry& request, Gang& gang);
  void gather_the_least(const RequestEntry& request, Gang& gang);
  bool add_to(Gang& gang, const RequestEntry& request, const matching::Placement& placement);
  void scatter(Gang& gang);  // gives all of it back
  [[nodiscard]] double part_of_pool(const domain::Resources& resources) const;
  void disband(RequestEntry& request);  // a gang that cannot be completed gives back what it has
  void disband_broken();
  void serve(const domain::OfferId& freed);
  bool serve_queue(matching::RequestHandle head, matching::OfferHandle freed,
                   std::unordered_set<matching::RequestHandle>& in_vain);
  void count_in(RequestEntry& request, matching::OfferHandle freed);
  void serve_all();  // every queue: something opened

  // decide_holds.cc: who waited too long.
  void look_after_starving();
  void look_after_gangs(std::vector<matching::RequestHandle> gangs);
  void look_again_later(RequestEntry& request);
  [[nodiscard]] static bool waits_as_a_whole(const RequestEntry& request);
  void give_up_place(RequestEntry& request);  // all it holds
  void give_up_places_on(const domain::OfferId& id);
  void keep_place(RequestEntry& request);
  void keep_places(RequestEntry& gang);
  std::vector<domain::OfferId> hold_all(RequestEntry& gang, base::Timestamp from);
  [[nodiscard]] bool whole_blocked_by_quota(const RequestEntry& gang) const;

  [[nodiscard]] std::optional<std::string> blocked_by_quota(const RequestEntry& request) const;
  // Of its group or of the policy, by that many more grants that hold `resources` together.
  [[nodiscard]] std::optional<std::string> over_quota(const RequestEntry& request, const domain::Resources& resources,
                                                      std::uint64_t grants) const;
  [[nodiscard]] matching::Exclusions excluded(const RequestEntry& request) const;
  void exclude_where(matching::Exclusions& excluded, const std::string& by, const domain::Grant& grant) const;
  // What one more grant of the request itself excludes.
  void exclude_where(matching::Exclusions& excluded, const RequestEntry& request, const domain::Grant& grant) const;
  [[nodiscard]] std::size_t next_due(const std::vector<matching::RequestHandle>& heads) const;

  State& state_;
  const Command& command_;
  base::Timestamp now_;
  Plan plan_;
  std::vector<domain::OfferId> freed_;      // offers with capacity that waiting requests may want
  std::vector<domain::RequestId> wanting_;  // requests to match before those wake-ups
  std::vector<domain::RequestId> ended_;    // requests of which a grant ended: perhaps done
  // What ends an availability now, and since when it is so.
  domain::EndReason end_reason_ = domain::EndReason::kWithdrawn;
  std::optional<base::Timestamp> ended_at_;      // none: now
  bool unobserved_ = false;                      // nobody knows whether it is so
  std::vector<domain::RequestId> broken_gangs_;  // too late for what they lost: the rest goes, too
  bool quotas_eased_ = false;                    // a grant ended: who waits for a quota is to be matched
};

}  // namespace bourse::market
