// Offers: published, replaced, withdrawn; and what follows for the provider's availability.
#include <algorithm>

#include "domain/records.h"
#include "market/decision.h"
#include "market/recipients.h"

namespace bourse::market {

void Decision::operator()(const PublishOffer& publish) {
  if (auto may = state_.nodes.may_publish_to_market(pubsub::MarketNode::kOffers, command_.actor); !may) {
    return reply(may.error());
  }
  auto* entry = state_.find_offer(publish.id);
  const bool is_new = entry == nullptr || (*entry->provider == command_.actor.bare() && !entry->open);
  if (is_new && !has_room_for(Bounded::kOffers, "open offers")) return;
  if (entry == nullptr) {
    open_offer(state_.add_offer(publish.id, command_.actor.bare()), publish);
  } else if (*entry->provider != command_.actor.bare()) {
    return fail(base::Errc::kForbidden,
                "offer '" + publish.id.value + "' was published by someone else; use another item id");
  } else if (!entry->open) {
    open_offer(*entry, publish);
  } else {
    replace_offer(*entry, publish);
  }
  reply(Published{state_.node(pubsub::MarketNode::kOffers), publish.id.value});
}

// Grants of it that are there already were suspect, or have a grace period, while it was away.
void Decision::open_offer(OfferEntry& entry, const PublishOffer& publish) {
  const auto& provider = *entry.provider;
  state_.reopen(entry);
  put_offer(entry, publish, nullptr);
  if (state_.count_offers(provider, +1) == 1) change_availability(provider, domain::Presence::kUp);
  state_.judge(provider, now_);
  book_again(entry);
}

// The same content from the same session is the same offer: nothing happened.
void Decision::replace_offer(OfferEntry& entry, const PublishOffer& publish) {
  const bool same_session = (entry.session != nullptr && *entry.session == command_.actor) ||
                            (entry.session == nullptr && state_.find_session(command_.actor) == nullptr);
  if (same_session && entry.content == ContentDigest::of(publish.record)) return;
  const auto before = filtered_content(entry);
  put_offer(entry, publish, before ? &*before : nullptr);
  book_again(entry);
}

// What live grants hold stays theirs as long as the offer still has it, the oldest first.
void Decision::book_again(OfferEntry& entry) {
  const auto handle = state_.handle_of(entry);
  const auto held = entry.grants;
  for (const auto id : held) {
    const auto& grant = *state_.find_grant(id);
    if (!state_.engine->book(handle, booking_of(grant))) {
      end_unbooked_grant(id, domain::GrantState::kRevoked, "the offer became too small for it");
      continue;
    }
    if (grant.state != domain::GrantState::kSuspect) continue;
    auto recovered = grant;
    recovered.state_until.reset();
    const auto state = grant.ahead ? domain::GrantState::kReserved : domain::GrantState::kActive;
    change_grant(std::move(recovered), state, audit::EntryKind::kGrantRecovered, "its provider is back");
  }
  // It may say other things of itself, so that those may come near that had to keep away.
  for (const auto id : entry.grants) want_what_keeps_away_from(state_.find_grant(id)->request);
}

std::optional<domain::Offer> Decision::filtered_content(const OfferEntry& entry) const {
  if (!state_.nodes.has_filters(state_.node(pubsub::MarketNode::kOffers))) return std::nullopt;
  return state_.engine->content(state_.handle_of(entry));
}

void Decision::put_offer(OfferEntry& entry, const PublishOffer& publish, const domain::Offer* before) {
  const auto& provider = *entry.provider;
  give_up_places_on(*entry.id);
  entry.content = ContentDigest::of(publish.record);
  state_.keep_terms(entry, publish.offer);
  state_.bind(entry, state_.find_session(command_.actor) != nullptr ? command_.actor : domain::Jid{});
  state_.set_expiry(entry, publish.offer.expires.value_or(base::Timestamp::max()));
  state_.engine->put_offer(state_.handle_of(entry), provider, publish.offer);

  const auto seq = this->publish(EventKind::kPublished, pubsub::MarketNode::kOffers, publish.id.value, provider, {},
                                 publish.record, recipients_of_offer(state_, &publish.offer, before));
  plan_.changes.emplace_back(OfferRow{.id = publish.id,
                                      .provider = provider,
                                      .session = entry.session != nullptr ? *entry.session : domain::Jid{},
                                      .open = true,
                                      .resources = domain::capacity_of(publish.offer),
                                      .record = publish.record,
                                      .seq = seq,
                                      .published = now_});
  record(
      {.kind = audit::EntryKind::kOfferPublished, .provider = provider, .offer = publish.id, .record = publish.record});
  freed_.push_back(publish.id);
}

void Decision::retract_offer(const domain::OfferId& id) {
  auto* entry = state_.find_offer(id);
  if (entry == nullptr || !entry->open) return fail(base::Errc::kNotFound, "there is no open offer '" + id.value + "'");
  const auto actor = command_.actor.bare();
  if (*entry->provider != actor && !state_.is_operator(actor)) {
    return fail(base::Errc::kForbidden, "offer '" + id.value + "' was published by someone else");
  }
  withdraw_offer(*entry, "the offer was withdrawn", entry->grace);
  reply(Acknowledged{});
}

void Decision::withdraw_offer(OfferEntry& entry, std::string_view reason, base::Duration grace) {
  const auto held = entry.grants;
  for (const auto id : held) take_back(id, grace, reason);
  close_offer(entry, reason);
}

// A proposal nobody is there to answer is void at once; what is being taken back goes on being so.
void Decision::lose_sight_of(OfferEntry& entry, std::string_view why) {
  const auto held = entry.grants;
  for (const auto id : held) {
    auto grant = *state_.find_grant(id);
    if (grant.state == domain::GrantState::kProposed) {
      end_grant(id, domain::GrantState::kLost, why);
    } else if (grant.state != domain::GrantState::kReclaiming) {
      grant.state_until = now_ + state_.config.rules.suspect_for;
      change_grant(std::move(grant), domain::GrantState::kSuspect, audit::EntryKind::kGrantSuspect, why);
    }
  }
  close_offer(entry, why);
}

void Decision::expire_offer(OfferEntry& entry) {
  state_.set_expiry(entry, base::Timestamp::max());
  withdraw_offer(entry, "the offer expired", entry.grace);
}

void Decision::close_offer(OfferEntry& entry, std::string_view reason) {
  const domain::OfferId id = *entry.id;
  const domain::Jid provider = *entry.provider;
  const auto content = filtered_content(entry);
  give_up_places_on(id);
  state_.close(entry);

  const auto seq = publish(EventKind::kRetracted, pubsub::MarketNode::kOffers, id.value, provider, {}, {},
                           recipients_of_offer(state_, nullptr, content ? &*content : nullptr));
  plan_.changes.emplace_back(OfferRow{.id = id,
                                      .provider = provider,
                                      .session = {},
                                      .open = false,
                                      .resources = {},
                                      .record = {},
                                      .seq = seq,
                                      .published = now_});
  record({.kind = audit::EntryKind::kOfferWithdrawn, .provider = provider, .offer = id, .reason = std::string(reason)});
  if (state_.count_offers(provider, -1) > 0) return;
  if (unobserved_) return lose_track_of(provider);
  change_availability(provider, domain::Presence::kDown);
}

}  // namespace bourse::market
