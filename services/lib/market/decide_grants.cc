// Grants: each step of their life cycle (DESIGN §6), with its row, its audit entry and its event.
#include <algorithm>

#include "domain/records.h"
#include "market/decision.h"

namespace bourse::market {
namespace {

using audit::EntryKind;
using domain::GrantState;

EntryKind entry_kind_of_start(const domain::Grant& grant) {
  if (grant.state == GrantState::kProposed) return EntryKind::kGrantProposed;
  return grant.ahead ? EntryKind::kGrantReserved : EntryKind::kGrantStarted;
}

EntryKind entry_kind_of_end(GrantState state) {
  switch (state) {
    case GrantState::kReleased:
      return EntryKind::kGrantReleased;
    case GrantState::kExpired:
      return EntryKind::kGrantExpired;
    case GrantState::kRevoked:
      return EntryKind::kGrantRevoked;
    case GrantState::kDeclined:
      return EntryKind::kGrantDeclined;
    case GrantState::kTimedOut:
      return EntryKind::kGrantTimedOut;
    case GrantState::kLost:
      return EntryKind::kGrantLost;
    case GrantState::kActive:
    case GrantState::kProposed:
    case GrantState::kReserved:
    case GrantState::kReclaiming:
    case GrantState::kSuspect:
      break;
  }
  BOURSE_CHECK(false);
}

// The consumer did not get what it was promised: the request is owed another one.
bool is_failure(GrantState ended) { return ended != GrantState::kReleased && ended != GrantState::kExpired; }

audit::Entry entry_of(EntryKind kind, const domain::Grant& grant, std::string bytes) {
  return {.kind = kind,
          .provider = grant.provider,
          .consumer = grant.consumer,
          .offer = grant.offer,
          .request = grant.request,
          .grant = grant.id,
          .reason = grant.reason,
          .record = std::move(bytes)};
}

}  // namespace

// The number is the next one, as if it were granted: a gang's are made before it is known whether it comes together.
domain::Grant Decision::make_grant(const RequestEntry& request, const matching::Placement& placement) const {
  const auto& offer = state_.offer_at(placement.offer);
  domain::Grant grant;
  grant.id.value = state_.counters.last_grant.value + 1;
  grant.offer = *offer.id;
  grant.request = *request.id;
  grant.provider = *offer.provider;
  grant.consumer = request.consumer;
  grant.resources = placement.resources;
  grant.devices = placement.devices;
  grant.started = std::max(now_, request.content.start.value_or(now_));
  grant.expires = grant.started + request.content.duration;
  grant.ahead = grant.started > now_;
  grant.state = grant.ahead ? GrantState::kReserved : GrantState::kActive;
  if (offer.confirms) {
    grant.state = GrantState::kProposed;
    grant.state_until = now_ + state_.config.rules.confirm_within;
    grant.state_until = std::min(*grant.state_until, grant.ahead ? grant.started : grant.expires);
  }
  return grant;
}

matching::Booking Decision::booking_of(const domain::Grant& grant) const {
  return {grant.id, grant.resources, grant.devices, {grant.started, grant.expires}, grant.ahead};
}

void Decision::start_grant(RequestEntry& request, domain::Grant grant) {
  ++state_.counters.last_grant.value;
  BOURSE_CHECK(grant.id == state_.counters.last_grant);
  ++request.granted;
  state_.shares.hold(grant.consumer, grant.resources, now_);

  grant.entry = state_.counters.next_audit;
  auto bytes = domain::encode(grant);
  record(entry_of(entry_kind_of_start(grant), grant, bytes));
  publish(EventKind::kGrantStarted, pubsub::MarketNode::kGrants, domain::to_item_id(grant.id), grant.provider,
          grant.consumer, std::move(bytes));
  plan_.changes.emplace_back(GrantStarted{state_.add_grant(std::move(grant))});
}

void Decision::change_grant(domain::Grant grant, GrantState state, EntryKind kind, std::string_view reason) {
  const auto before = state_.find_grant(grant.id)->state;
  BOURSE_CHECK(before == state || domain::can_become(before, state));
  grant.state = state;
  grant.reason = reason;

  grant.entry = state_.counters.next_audit;
  auto bytes = domain::encode(grant);
  record(entry_of(kind, grant, bytes));
  publish(EventKind::kGrantChanged, pubsub::MarketNode::kGrants, domain::to_item_id(grant.id), grant.provider,
          grant.consumer, std::move(bytes));
  plan_.changes.emplace_back(GrantChanged{grant});
  state_.change_grant(std::move(grant));
}

void Decision::end_grant(domain::GrantId id, GrantState state, std::string_view reason) {
  const auto& offer = *state_.find_offer(state_.find_grant(id)->offer);
  if (offer.open) state_.engine->give_back(state_.handle_of(offer), id);
  end_unbooked_grant(id, state, reason);
}

void Decision::end_unbooked_grant(domain::GrantId id, GrantState state, std::string_view reason) {
  auto grant = state_.take_out_grant(id);
  BOURSE_CHECK(domain::can_become(grant.state, state));
  grant.state = state;
  grant.state_until.reset();
  grant.ended = now_;
  grant.reason = reason;
  free_offer(grant.offer);

  grant.entry = state_.counters.next_audit;
  auto bytes = domain::encode(grant);
  record(entry_of(entry_kind_of_end(state), grant, bytes));
  publish(EventKind::kGrantEnded, pubsub::MarketNode::kGrants, domain::to_item_id(id), grant.provider, grant.consumer,
          std::move(bytes));
  plan_.changes.emplace_back(state_.shares.give_back(grant.consumer, grant.resources, now_));

  settle_request_of(grant);
  if (auto* offer = state_.find_offer(grant.offer); !offer->open && offer->grants.empty()) state_.remove_offer(*offer);
  plan_.changes.emplace_back(GrantEnded{std::move(grant)});
}

void Decision::settle_request_of(const domain::Grant& ended) {
  auto& request = *state_.find_request(ended.request);
  ended_.push_back(ended.request);
  quotas_eased_ = true;
  if (is_failure(ended.state) && request.state != domain::RequestState::kCancelled) {
    if (--request.granted == 0) request.complete = false;
    const bool in_time = !request.content.deadline || *request.content.deadline > now_;
    const bool too_few = request.state == domain::RequestState::kGranted && request.granted < request.content.count;
    if (too_few && in_time) {
      want(request);
    } else if (too_few && request.content.gang && !request.complete) {
      broken_gangs_.push_back(ended.request);  // not at once: its other grants may be going one by one already
    }
    write_request(request);
  }
  note_complete(request);
  want_what_keeps_away_from(ended.request);
}

// With spread, the end of a grant opens its provider's other offers to the request itself as well.
void Decision::want_what_keeps_away_from(const domain::RequestId& id) {
  if (const auto apart = state_.kept_apart.find(id); apart != state_.kept_apart.end()) {
    wanting_.insert(wanting_.end(), apart->second.begin(), apart->second.end());
  }
  if (state_.find_request(id)->state == domain::RequestState::kWaiting) wanting_.push_back(id);
}

void Decision::take_back(domain::GrantId id, base::Duration grace, std::string_view reason) {
  auto grant = *state_.find_grant(id);
  const bool in_use = grant.state == GrantState::kActive && !grant.ahead;
  if (grace <= base::Duration::zero() || !in_use) {
    if (grant.state == GrantState::kReclaiming && grace > base::Duration::zero()) return;  // it has its time already
    return end_grant(id, GrantState::kRevoked, reason);
  }
  grant.state_until = now_ + grace;
  change_grant(std::move(grant), GrantState::kReclaiming, EntryKind::kGrantReclaiming, reason);
}

void Decision::begin_lease(domain::GrantId id) {
  auto grant = *state_.find_grant(id);
  const auto& offer = *state_.find_offer(grant.offer);
  if (!offer.open) {
    end_grant(id, GrantState::kLost, "its provider was away when its lease was to begin");
    return note_loss_by(grant.provider, id);
  }
  if (grant.expires <= now_) return end_grant(id, GrantState::kRevoked, "its lease was over before it could begin");
  if (!state_.engine->begin(state_.handle_of(offer), id)) {
    return end_grant(id, GrantState::kRevoked, "what was reserved for it is still in use");
  }
  grant.ahead = false;
  change_grant(std::move(grant), GrantState::kActive, EntryKind::kGrantBegun, {});
}

// What ends makes room for what begins at the same moment.
void Decision::pass_grants() {
  while (!state_.grant_timers.empty() && state_.grant_timers.begin()->first <= now_) {
    std::vector<domain::GrantId> due_now;
    for (const auto& [at, id] : state_.grant_timers) {
      if (at > now_) break;
      due_now.push_back(id);
    }
    std::ranges::stable_partition(due_now, [this](auto id) { return !state_.find_grant(id)->ahead; });
    for (const auto id : due_now) {
      const auto* grant = state_.find_grant(id);
      if (grant != nullptr && due(*grant) <= now_) pass_grant(id);
    }
  }
}

void Decision::pass_grant(domain::GrantId id) {
  const auto& grant = *state_.find_grant(id);
  if (grant.state != GrantState::kProposed) {
    if (!grant.ahead && grant.expires <= now_) return end_grant(id, GrantState::kExpired, "its lease ended");
    if (grant.ahead && grant.started <= now_) return begin_lease(id);
  }
  const auto provider = grant.provider;
  const auto name = domain::to_item_id(id);
  switch (grant.state) {
    case GrantState::kProposed:
      refuse_provider(*state_.find_request(grant.request), provider);
      end_grant(id, GrantState::kTimedOut, "its provider did not confirm it in time");
      return note_failure_of(provider, name + " was not confirmed in time");
    case GrantState::kReclaiming:
      return end_grant(id, GrantState::kRevoked, "its provider took it back and the grace period is over");
    case GrantState::kSuspect:
      end_grant(id, GrantState::kLost, "its provider did not come back");
      return note_loss_by(provider, id);
    case GrantState::kActive:
    case GrantState::kReserved:
    case GrantState::kReleased:
    case GrantState::kExpired:
    case GrantState::kRevoked:
    case GrantState::kDeclined:
    case GrantState::kTimedOut:
    case GrantState::kLost:
      break;
  }
  BOURSE_CHECK(false && "a grant whose time had not come");
}

}  // namespace bourse::market
