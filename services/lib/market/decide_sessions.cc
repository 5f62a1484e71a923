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

// Its offers go together, so that nothing is matched onto one that is about to go as well. A session that is not known
// may have been forgotten by a batch that failed: what its end means for nodes is not written then.
void Decision::operator()(const SessionGone& /*gone*/) {
  state_.nodes.presences.erase(command_.actor);
  take(state_.nodes.session_gone(node_context()));
  const auto* session = state_.find_session(command_.actor);
  if (session == nullptr) return;
  const auto offers = session->offers;
  for (const auto handle : offers) withdraw_offer(state_.offer_at(handle), "its provider went offline");
  state_.forget_session(command_.actor);
}

void Decision::operator()(const LinkUp& /*up*/) {
  plan_.probes = state_.sessions();
  auto wanted = state_.nodes.presence_wanted();
  std::move(wanted.begin(), wanted.end(), std::back_inserter(plan_.probes));
}

void Decision::operator()(const Tick& /*tick*/) {
  while (!state_.offer_expiries.empty() && state_.offer_expiries.begin()->first <= now_) {
    withdraw_offer(state_.offer_at(state_.offer_expiries.begin()->second), "the offer expired");
  }
  while (!state_.leases.empty() && state_.leases.begin()->first <= now_) {
    end_grant(state_.leases.begin()->second, domain::GrantState::kExpired, "its lease ended");
  }
  while (!state_.deadlines.empty() && state_.deadlines.begin()->first <= now_) {
    const auto handle = state_.deadlines.begin()->second;
    state_.deadlines.erase(state_.deadlines.begin());
    pass_deadline(state_.request_at(handle));
  }
  if (state_.nodes.next_expiry() <= now_) take(state_.nodes.expire(node_context()));
}

}  // namespace bourse::market
