// What the parties of a grant do with it: release, take back, confirm, decline, renew; and what comes of providers that
// fail again and again.
#include <algorithm>

#include "base/config.h"
#include "domain/records.h"
#include "market/decision.h"
#include "market/reliability.h"

namespace bourse::market {

using audit::EntryKind;
using base::Errc;
using domain::GrantState;

void Decision::retract_grant(const std::string& item_id) {
  const auto* grant = state_.find_grant(domain::grant_id_from_item(item_id));
  const auto actor = command_.actor.bare();
  const bool is_operator = state_.is_operator(actor);
  if (grant == nullptr || (grant->consumer != actor && grant->provider != actor && !is_operator)) {
    return fail(Errc::kNotFound, "you have no live grant '" + item_id + "'");
  }
  if (grant->consumer == actor) {
    end_grant(grant->id, GrantState::kReleased, "released by its consumer");
  } else if (grant->provider == actor && grant->state == GrantState::kProposed) {
    return decline(*grant, {});
  } else {
    return reclaim(*grant, std::nullopt, {});
  }
  reply(Acknowledged{});
}

void Decision::operator()(const GrantAction& action) {
  const auto* grant = state_.find_grant(action.grant);
  const auto actor = command_.actor.bare();
  const auto item_id = domain::to_item_id(action.grant);
  const bool is_provider = grant != nullptr && grant->provider == actor;
  const bool is_consumer = grant != nullptr && grant->consumer == actor;
  const bool is_operator = state_.is_operator(actor);
  if (grant == nullptr || (!is_provider && !is_consumer && !is_operator)) {
    return fail(Errc::kNotFound, "you have no live grant '" + item_id + "'");
  }
  const auto only = [&](bool may, std::string_view whose) {
    if (!may) fail(Errc::kForbidden, "grant '" + item_id + "': this is " + std::string(whose) + " to do");
    return may;
  };
  switch (action.kind) {
    case GrantAction::Kind::kConfirm:
      if (only(is_provider, "its provider's")) confirm(*grant);
      return;
    case GrantAction::Kind::kDecline:
      if (only(is_provider, "its provider's")) decline(*grant, action.reason);
      return;
    case GrantAction::Kind::kRenew:
      if (only(is_consumer, "its consumer's")) renew(*grant, action.duration);
      return;
    case GrantAction::Kind::kReclaim:
      if (only(is_provider || is_operator, "its provider's")) reclaim(*grant, action.duration, action.reason);
      return;
  }
}

// Confirmed twice is confirmed.
void Decision::confirm(const domain::Grant& grant) {
  if (grant.state == GrantState::kProposed) {
    auto confirmed = grant;
    confirmed.state_until.reset();
    const auto state = grant.ahead ? GrantState::kReserved : GrantState::kActive;
    change_grant(std::move(confirmed), state, EntryKind::kGrantConfirmed, {});
    note_complete(*state_.find_request(grant.request));
  }
  reply(Acknowledged{});
}

void Decision::note_complete(RequestEntry& request) {
  if (request.complete || request.state != domain::RequestState::kGranted) return;
  if (request.granted < request.content.count || request.proposed > 0) return;
  request.complete = true;
  write_request(request);
}

void Decision::refuse_provider(RequestEntry& request, const domain::Jid& provider) {
  if (request.refused.insert(provider).second) write_request(request);
}

void Decision::decline(const domain::Grant& grant, const std::string& reason) {
  const auto name = domain::to_item_id(grant.id);
  if (grant.state != GrantState::kProposed) {
    return fail(Errc::kConflict, "grant '" + name + "' is " + std::string(domain::name(grant.state)) +
                                     ", not proposed: take it back with <reclaim/> instead");
  }
  const auto provider = grant.provider;
  refuse_provider(*state_.find_request(grant.request), provider);
  end_grant(grant.id, GrantState::kDeclined, reason.empty() ? "declined by its provider" : reason);
  note_failure_of(provider, name + " was declined");
  reply(Acknowledged{});
}

void Decision::renew(const domain::Grant& grant, std::optional<base::Duration> duration) {
  const auto name = domain::to_item_id(grant.id);
  const auto refuse = [&](Errc code, const std::string& why) { fail(code, "grant '" + name + "' " + why); };
  if (grant.state != GrantState::kActive) {
    return refuse(Errc::kConflict,
                  "is " + std::string(domain::name(grant.state)) + ": only an active one can be renewed");
  }
  const auto longer = duration.value_or(state_.find_request(grant.request)->content.duration);
  if (longer <= base::Duration::zero() || longer > domain::kMaxDuration) {
    return refuse(Errc::kBadRequest, "cannot be renewed for " + base::format_duration(longer) +
                                         ": say a duration of more than nothing and at most 365 days");
  }
  auto renewed = grant;
  renewed.expires = std::max(grant.expires, now_ + longer);
  if (renewed.expires > grant.expires) {
    const auto& offer = *state_.find_offer(grant.offer);
    if (!state_.engine->prolong(state_.handle_of(offer), grant.id, renewed.expires, now_)) {
      return refuse(Errc::kConflict, "cannot be renewed for " + base::format_duration(longer) +
                                         ": its offer is reserved for others, closes before, or does not lend so long; "
                                         "ask for less, or submit another request");
    }
    change_grant(std::move(renewed), GrantState::kActive, EntryKind::kGrantRenewed, {});
  }
  reply(Acknowledged{});
}

// Its provider promised the grace its offer says: it may give more, not less. An operator may do either.
void Decision::reclaim(const domain::Grant& grant, std::optional<base::Duration> grace, const std::string& reason) {
  const bool by_provider = grant.provider == command_.actor.bare();
  if (grant.state == GrantState::kProposed && by_provider) return decline(grant, reason);
  const auto promised = state_.find_offer(grant.offer)->grace;
  auto given = grace.value_or(promised);
  if (by_provider) given = std::max(given, promised);
  given = std::clamp(given, base::Duration::zero(), state_.config.rules.most_grace);
  if (by_provider) refuse_provider(*state_.find_request(grant.request), grant.provider);
  std::string why = by_provider ? "revoked by its provider" : "revoked by an operator";
  if (!reason.empty()) why += ": " + reason;
  take_back(grant.id, given, why);
  reply(Acknowledged{});
}

// Of one that nobody could see it is not known that it failed.
void Decision::note_loss_by(const domain::Jid& provider, domain::GrantId grant) {
  if (state_.history.running(provider)) note_failure_of(provider, domain::to_item_id(grant) + " was lost");
}

void Decision::note_failure_of(const domain::Jid& provider, std::string_view what) {
  auto& row = state_.sanctions.try_emplace(provider, SanctionRow{.jid = provider, .since = now_}).first->second;
  const auto until = row.quarantined_until;
  const bool quarantined = note_failure(row, state_.config.rules, what, now_);
  if (until && until != row.quarantined_until) state_.quarantine_ends.erase({*until, provider});
  if (row.quarantined_until) state_.quarantine_ends.emplace(*row.quarantined_until, provider);
  plan_.changes.emplace_back(row);
  if (quarantined) record({.kind = EntryKind::kQuarantined, .provider = provider, .reason = row.quarantine_reason});
  state_.judge(provider, now_);
}

void Decision::end_quarantine(const domain::Jid& provider) {
  auto& row = state_.sanctions.at(provider);
  row.quarantined_until.reset();
  row.quarantine_reason.clear();
  plan_.changes.emplace_back(row);
  record({.kind = EntryKind::kQuarantineLifted, .provider = provider, .reason = "its time is over"});
  state_.judge(provider, now_);
  for (auto& id : state_.offers_of(provider)) free_offer(id);
}

}  // namespace bourse::market
