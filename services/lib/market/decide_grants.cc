// Grants: started, released, revoked, expired (DESIGN §6).
#include <algorithm>

#include "domain/records.h"
#include "market/decision.h"

namespace bourse::market {
namespace {

audit::EntryKind entry_kind_of(domain::GrantState state) {
  switch (state) {
    case domain::GrantState::kActive:
      return audit::EntryKind::kGrantStarted;
    case domain::GrantState::kReleased:
      return audit::EntryKind::kGrantReleased;
    case domain::GrantState::kExpired:
      return audit::EntryKind::kGrantExpired;
    case domain::GrantState::kRevoked:
      return audit::EntryKind::kGrantRevoked;
  }
  BOURSE_CHECK(false);
}

audit::Entry entry_of(const domain::Grant& grant, std::string bytes) {
  return {.kind = entry_kind_of(grant.state),
          .provider = grant.provider,
          .consumer = grant.consumer,
          .offer = grant.offer,
          .request = grant.request,
          .grant = grant.id,
          .reason = grant.reason,
          .record = std::move(bytes)};
}

}  // namespace

void Decision::start_grant(RequestEntry& request, const matching::Placement& placement) {
  const auto& offer = state_.offer_at(placement.offer);
  ++state_.counters.last_grant.value;
  domain::Grant grant;
  grant.id = state_.counters.last_grant;
  grant.offer = *offer.id;
  grant.request = *request.id;
  grant.provider = *offer.provider;
  grant.consumer = request.consumer;
  grant.resources = placement.resources;
  grant.devices = placement.devices;
  grant.started = now_;
  grant.expires = now_ + request.content.duration;
  BOURSE_CHECK(state_.engine->take(placement.offer, placement.resources, placement.devices));
  ++request.granted;

  auto bytes = domain::encode(grant);
  record(entry_of(grant, bytes));
  publish(EventKind::kGrantStarted, pubsub::MarketNode::kGrants, domain::to_item_id(grant.id), grant.provider,
          grant.consumer, std::move(bytes));
  plan_.changes.emplace_back(GrantStarted{state_.add_grant(std::move(grant))});
}

void Decision::end_grant(domain::GrantId id, domain::GrantState state, std::string_view reason) {
  const auto& grant = *state_.find_grant(id);
  state_.engine->give_back(state_.handle_of(*state_.find_offer(grant.offer)), grant.resources, grant.devices);
  end_unheld_grant(id, state, reason);
}

void Decision::end_unheld_grant(domain::GrantId id, domain::GrantState state, std::string_view reason) {
  auto grant = state_.take_out_grant(id);
  BOURSE_CHECK(domain::can_become(grant.state, state));
  grant.state = state;
  grant.ended = now_;
  grant.reason = reason;
  freed_.push_back(grant.offer);

  auto bytes = domain::encode(grant);
  record(entry_of(grant, bytes));
  publish(EventKind::kGrantEnded, pubsub::MarketNode::kGrants, domain::to_item_id(id), grant.provider, grant.consumer,
          std::move(bytes));

  auto& request = *state_.find_request(grant.request);
  ended_.push_back(grant.request);
  if (state == domain::GrantState::kRevoked && request.state != domain::RequestState::kCancelled) {
    --request.granted;
    const bool in_time = !request.content.deadline || *request.content.deadline > now_;
    if (request.state == domain::RequestState::kGranted && in_time) want(request);
    write_request(request);
  }
  // With spread, the end of a grant opens its provider's other offers to the request as well.
  if (request.state == domain::RequestState::kWaiting) wanting_.push_back(grant.request);
  plan_.changes.emplace_back(GrantEnded{std::move(grant)});
}

void Decision::retract_grant(const std::string& item_id) {
  const auto* grant = state_.find_grant(domain::grant_id_from_item(item_id));
  const auto actor = command_.actor.bare();
  const bool is_operator = state_.is_operator(actor);
  if (grant == nullptr || (grant->consumer != actor && grant->provider != actor && !is_operator)) {
    return fail(base::Errc::kNotFound, "you have no live grant '" + item_id + "'");
  }
  if (grant->consumer == actor) {
    end_grant(grant->id, domain::GrantState::kReleased, "released by its consumer");
  } else {
    const bool by_provider = grant->provider == actor;
    if (by_provider) state_.find_request(grant->request)->refused.insert(grant->provider);
    end_grant(grant->id, domain::GrantState::kRevoked,
              by_provider ? "revoked by its provider" : "revoked by an operator");
  }
  reply(Acknowledged{});
}

}  // namespace bourse::market
