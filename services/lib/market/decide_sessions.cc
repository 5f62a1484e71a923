// Presence of the sessions that offers live by, and time.
#include <iterator>
#include <utility>

#include "market/decision.h"

namespace bourse::market {

// Beyond the bound a new session's offers are bound to none; a stranger's presence costs no more memory.
void Decision::operator()(const SessionAvailable& available) {
  constexpr std::size_t kMostSessions = 1'000'000;
  if (state_.session_count() >= kMostSessions && state_.find_session(command_.actor) == nullptr) return;
  state_.set_present(command_.actor);
  if (state_.nodes.presences.set(command_.actor, available.show)) take(state_.nodes.session_came(node_context()));
}

// A session that is not known may have been forgotten by a batch that failed: what its end means for nodes is not
// written then.
void Decision::operator()(const SessionGone& /*gone*/) {
  state_.nodes.presences.erase(command_.actor);
  take(state_.nodes.session_gone(node_context()));
  end_reason_ = domain::EndReason::kSessionGone;
  lose_session(command_.actor, "its provider went offline");
  state_.forget_session(command_.actor);
}

// Its offers close together, so that nothing is matched onto one that is about to close as well.
void Decision::lose_session(const domain::Jid& session, std::string_view why) {
  const auto* entry = state_.find_session(session);
  if (entry == nullptr) return;
  const auto offers = entry->offers;
  for (const auto handle : offers) lose_sight_of(state_.offer_at(handle), why);
}

// Its sessions stay known: who of them is heard again, or publishes again, is there again. Temporary subscriptions go
// on, too: what is sent to them comes back as long as nobody is there.
void Decision::operator()(const DomainLost& lost) {
  unobserved_ = true;
  ended_at_ = std::min(lost.since, now_);
  for (const auto& session : state_.sessions_at(lost.domain)) {
    state_.hush(session);
    lose_session(session, "its domain cannot be reached");
  }
  unobserved_ = false;
  ended_at_.reset();
}

void Decision::operator()(const LinkUp& /*up*/) {
  look_again();
  plan_.probes = state_.sessions();
  auto wanted = state_.nodes.presence_wanted();
  std::move(wanted.begin(), wanted.end(), std::back_inserter(plan_.probes));
}

namespace {

// Calls handle(what) for every timer that is due, the earliest first; handle() takes it out, or moves it on.
template <class Timers, class Handle>
void pass(Timers& timers, base::Timestamp now, Handle handle) {
  while (!timers.empty() && timers.begin()->first <= now) {
    const auto due = timers.begin()->second;
    handle(due);
  }
}

}  // namespace

void Decision::operator()(const Tick& /*tick*/) {
  state_.judge_some(now_);
  pass_heartbeats();
  keep_loads();
  keep_gap();
  if (state_.history.learn_some(now_)) {
    plan_.changes.emplace_back(HistoryCounts{state_.history.counts_record(now_)});
  }
  pass(state_.offer_expiries, now_, [this](auto offer) { expire_offer(state_.offer_at(offer)); });
  pass_grants();
  pass(state_.deadlines, now_, [this](auto handle) {
    state_.deadlines.erase(state_.deadlines.begin());
    pass_deadline(state_.request_at(handle));
  });
  pass(state_.quarantine_ends, now_, [this](auto provider) {
    state_.quarantine_ends.erase(state_.quarantine_ends.begin());
    end_quarantine(provider);
  });
  const bool opened = state_.engine->advance(now_);
  settle();
  if (opened) serve_all();
  look_after_starving();
  if (state_.nodes.next_expiry() <= now_) take(state_.nodes.expire(node_context()));
}

}  // namespace bourse::market
