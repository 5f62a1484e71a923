// Who waited too long: a place is kept, and others are served around it (EASY backfill).
#include <algorithm>

#include "market/decision.h"

namespace bourse::market {
namespace {

constexpr base::Duration kSoon = std::chrono::seconds(10);
constexpr std::size_t kMostPlaces = 256;  // looked for at once
constexpr std::size_t kMostGangs = 8;     // likewise: each looks for many
constexpr int kMostMoments = 16;          // at which a gang's places may come together

}  // namespace

// Places are kept in the order in which free offers are given, for one request of a consumer at a time; who was not
// looked at soon is.
void Decision::look_after_starving() {
  std::unordered_map<domain::Jid, matching::RequestHandle> first;
  std::vector<matching::RequestHandle> gangs;
  while (!state_.starving.empty() && state_.starving.begin()->first <= now_) {
    auto& request = state_.request_at(state_.starving.begin()->second);
    if (waits_as_a_whole(request)) {
      gangs.push_back(state_.handle_of(request));
    } else {
      first.try_emplace(request.consumer, state_.handle_of(request));
    }
    state_.look_after(request, now_ + kSoon);
  }
  std::vector<matching::RequestHandle> due;
  for (const auto& [consumer, handle] : first) due.push_back(handle);
  std::ranges::sort(due, {}, [&](auto handle) {
    const auto& request = state_.request_at(handle);
    return std::tuple(state_.shares.dominant_share(request.consumer, now_), request.seq.value);
  });
  if (due.size() > kMostPlaces) due.resize(kMostPlaces);
  look_after_gangs(std::move(gangs));
  for (const auto handle : due) {
    auto& request = state_.request_at(handle);
    look_again_later(request);
    keep_place(request);
  }
}

void Decision::look_again_later(RequestEntry& request) {
  state_.look_after(request, now_ + std::max(state_.config.rules.starving_after / 4, kSoon));
}

// The oldest that can have places gets them; the others wait for their turn. One at a time, so that no two gangs keep
// from each other what neither can use.
void Decision::look_after_gangs(std::vector<matching::RequestHandle> gangs) {
  std::ranges::sort(gangs, {}, [&](auto handle) { return state_.request_at(handle).seq; });
  std::size_t tries = 0;
  for (const auto handle : gangs) {
    auto& gang = state_.request_at(handle);
    if (state_.gang_places && state_.gang_places->request != handle) continue;
    if (state_.gang_places && state_.gang_places->from > now_) {
      state_.look_after(gang, std::min(gang.looked_after, state_.gang_places->from));
      continue;
    }
    if (++tries > kMostGangs) return;
    look_again_later(gang);
    keep_places(gang);
  }
}

bool Decision::waits_as_a_whole(const RequestEntry& request) {
  return request.content.gang && !request.complete && request.grants.empty();
}

void Decision::give_up_place(RequestEntry& request) {
  const auto places = state_.places_of(request);
  if (places.empty()) return;
  for (const auto& id : places) free_offer(id);
  state_.drop_hold(request);
}

// It goes, or is another one now: what a gang has left is of no use to it.
void Decision::give_up_places_on(const domain::OfferId& id) {
  if (!state_.gang_places || std::ranges::find(state_.gang_places->offers, id) == state_.gang_places->offers.end()) {
    return;
  }
  auto& gang = state_.request_at(state_.gang_places->request);
  give_up_place(gang);
  state_.look_after(gang, now_);
}

// The earliest place it can have.
void Decision::keep_place(RequestEntry& request) {
  const auto& rules = state_.config.rules;
  const auto handle = state_.handle_of(request);
  const bool may_hold = !blocked_by_quota(request);
  if (const auto held = state_.engine->held_for(handle)) {
    if (may_hold && held->from > now_) return state_.look_after(request, std::min(request.looked_after, held->from));
    if (match(request)) return;
    give_up_place(request);
  }
  if (!may_hold) return;
  std::erase_if(state_.holders, [this](auto holder) { return !state_.engine->held_for(holder); });
  const bool has_one = std::ranges::any_of(
      state_.holders, [&](auto holder) { return state_.request_at(holder).consumer == request.consumer; });
  if (has_one || state_.holders.size() >= rules.most_holds) return;
  const auto hold = state_.engine->hold(handle, now_, excluded(request));
  if (!hold) return;
  state_.holders.push_back(handle);
  // Then it is served, or the place is of no use to it (its quota), and would only be in the way of others.
  if (hold->from > now_) {
    state_.look_after(request, std::min(request.looked_after, hold->from));
  } else if (!match(request)) {
    give_up_place(request);
  }
}

// The earliest moment from which all of a gang has a place. Each place is sought by itself; the latest says from when
// they are sought again, until all begin together.
void Decision::keep_places(RequestEntry& gang) {
  const bool had_its_turn = state_.gang_places.has_value();
  gang.missing = 0;
  if (match(gang)) return;
  if (had_its_turn) return give_up_place(gang);  // they were of no use: others may try
  if (gang.content.count > state_.config.rules.most_holds || whole_blocked_by_quota(gang)) return;
  auto from = now_;
  for (int moments = 0; moments < kMostMoments; ++moments) {
    auto offers = hold_all(gang, from);
    const auto held = state_.engine->held_for(state_.handle_of(gang));
    if (offers.size() == gang.content.count && held->from == from && from > now_) {
      state_.gang_places = {state_.handle_of(gang), from, std::move(offers)};
      state_.look_after(gang, std::min(gang.looked_after, from));
      return;
    }
    state_.drop_hold(gang);
    if (offers.size() < gang.content.count || held->from == from) return;
    from = held->from;
  }
}

// So many places as there are, each as early as can be, not before `from`.
std::vector<domain::OfferId> Decision::hold_all(RequestEntry& gang, base::Timestamp from) {
  auto passed_over = excluded(gang);
  std::vector<domain::OfferId> offers;
  while (offers.size() < gang.content.count) {
    const auto hold = state_.engine->hold_another(state_.handle_of(gang), from, now_, passed_over);
    if (!hold) break;
    const auto& offer = state_.offer_at(hold->offer);
    offers.push_back(*offer.id);
    domain::Grant there;
    there.offer = *offer.id;
    there.provider = *offer.provider;
    exclude_where(passed_over, gang, there);
  }
  return offers;
}

bool Decision::whole_blocked_by_quota(const RequestEntry& gang) const {
  if (!state_.has_quotas()) return false;
  auto all = domain::demand_of(gang.content);
  const auto one = all;
  for (const auto& entry : one.entries()) {
    for (std::uint32_t i = 1; i < gang.content.count; ++i) all.increase(entry.name, entry.amount);
  }
  return over_quota(gang, all, gang.content.count).has_value();
}

}  // namespace bourse::market
