// What operators decide about a JID: drained, banned, and back.
#include "market/decision.h"
#include "market/reliability.h"

namespace bourse::market {
namespace {

// The sanction as it is from now on. A reason stays until another is given.
SanctionRow follow(const SanctionRow* before, const Sanction& sanction, base::Timestamp now) {
  SanctionRow row{.jid = sanction.jid.bare(), .since = now};
  if (before != nullptr) row = *before;
  const bool drained = sanction.drained.value_or(row.drained);
  const bool banned = sanction.banned.value_or(row.banned);
  if (drained == row.drained && banned == row.banned) return row;
  row.drained = drained;
  row.banned = banned;
  row.since = now;
  if (!sanction.reason.empty()) row.reason = sanction.reason;
  if (!drained && !banned) row.reason.clear();
  return row;
}

std::string in_words(std::string_view what, const std::string& reason) {
  return reason.empty() ? std::string(what) : std::string(what) + ": " + reason;
}

}  // namespace

void Decision::operator()(const Sanction& sanction) {
  const auto jid = sanction.jid.bare();
  if (!state_.is_operator(command_.actor.bare())) {
    return fail(base::Errc::kForbidden, "only operators of this market may drain or ban");
  }
  if (jid.empty()) return fail(base::Errc::kBadRequest, "whom? name the JID to drain or ban");
  if (sanction.banned.value_or(false) && state_.is_operator(jid)) {
    return fail(base::Errc::kNotAllowed,
                "'" + jid.text() + "' is an operator of this market: take it out of the settings before you ban it");
  }
  const auto found = state_.sanctions.find(jid);
  const auto* before = found == state_.sanctions.end() ? nullptr : &found->second;
  const bool was_drained = before != nullptr && before->drained;
  const bool was_banned = before != nullptr && before->banned;
  const auto row = follow(before, sanction, now_);
  if (row.drained == was_drained && row.banned == was_banned) return reply(Acknowledged{});

  plan_.changes.emplace_back(row);
  if (is_void(row, state_.config.rules, now_)) {
    state_.sanctions.erase(jid);
  } else {
    state_.sanctions.insert_or_assign(jid, row);
  }
  state_.follow_ban(row);
  state_.judge(jid, now_);
  const auto note = [&](std::string_view what, bool was, bool is) {
    if (was == is) return;
    record({.kind = is ? audit::EntryKind::kSanctioned : audit::EntryKind::kSanctionLifted,
            .provider = jid,
            .reason = in_words(what, sanction.reason)});
  };
  note(row.drained ? "drained" : "not drained any more", was_drained, row.drained);
  note(row.banned ? "banned" : "not banned any more", was_banned, row.banned);
  if (row.banned != was_banned) plan_.policy = std::make_shared<const AccessPolicy>(state_.access);
  if (row.banned && !was_banned) expel(jid);
  if (was_drained && !row.drained) {
    for (const auto& id : state_.offers_of(jid)) free_offer(id);  // requests that wait may have them again
  }
  reply(Acknowledged{});
}

void Decision::expel_offer(OfferEntry& entry) {
  constexpr std::string_view kBanned = "its provider was banned";
  if (entry.open) return withdraw_offer(entry, kBanned);
  const auto held = entry.grants;
  for (const auto grant : held) end_grant(grant, domain::GrantState::kRevoked, kBanned);
}

// Requests before offers: what waits for others is not matched onto an offer that is about to go.
void Decision::expel(const domain::Jid& banned) {
  for (const auto& id : state_.requests_of(banned)) {
    auto* entry = state_.find_request(id);
    if (entry != nullptr && !state_.is_operator(entry->consumer)) expel_request(*entry);
  }
  for (const auto& id : state_.offers_of(banned)) {
    auto* entry = state_.find_offer(id);
    if (entry != nullptr && !state_.is_operator(*entry->provider)) expel_offer(*entry);
  }
  auto context = node_context();
  context.actor = {};  // nobody asked for it but the service itself
  take(state_.nodes.decide(context, pubsub::DropSubscriber{banned, "banned", banned.local().empty()}));
}

void Decision::expel_request(RequestEntry& entry) {
  constexpr std::string_view kBanned = "its consumer was banned";
  stop_wanting(entry, domain::RequestState::kCancelled);
  const auto held = entry.grants;
  for (const auto grant : held) end_grant(grant, domain::GrantState::kReleased, kBanned);
  close_request(entry, domain::RequestState::kCancelled, audit::EntryKind::kRequestCancelled, kBanned);
}

}  // namespace bourse::market
