// Who gets what: requests that want something now, and what came free, offered to those who are due next.
#include <algorithm>

#include "market/decision.h"

namespace bourse::market {
namespace {

using domain::RequestState;

constexpr base::Duration kSoon = std::chrono::seconds(10);
constexpr std::size_t kMostPlaces = 256;  // looked for at once
constexpr int kMostTries = 8;             // of one queue, for one offer that came free

// What one offer can hold at most of a request's grants.
std::uint32_t most_of(const domain::Resources& capacity, const domain::Resources& demand) {
  std::int64_t most = domain::kMaxCount;
  for (const auto& entry : demand.entries()) most = std::min(most, capacity.amount(entry.name) / entry.amount);
  return static_cast<std::uint32_t>(most);
}

}  // namespace

// Requests that lost a grant come before those an offer wakes: they were served first and are owed.
void Decision::settle() {
  while (!wanting_.empty() || !freed_.empty()) {
    for (const auto& id : std::exchange(wanting_, {})) {
      auto* request = state_.find_request(id);
      if (request == nullptr || request->state != RequestState::kWaiting) continue;
      request->missing = 0;
      state_.over_quota.erase(id);
      if (request->content.gang && !request->complete && request->grants.empty() && request->granted > 0) {
        request->granted = 0;  // what ended before the gang was complete is of no use
        write_request(*request);
      }
      match(*request);
      if (request->content.gang && !request->complete && !request->grants.empty() &&
          request->state == RequestState::kWaiting) {
        disband(*request);
      }
    }
    for (const auto& id : std::exchange(freed_, {})) serve(id);
  }
}

bool Decision::match(RequestEntry& request) {
  if (request.state != RequestState::kWaiting) return true;
  const auto granted_before = request.granted;
  const auto& content = request.content;
  if (content.gang && !request.complete && request.grants.empty()) {
    if (!grant_gang(request)) return false;
  }
  while (request.granted < content.count && grant_one(request)) {
  }
  if (request.granted >= content.count) {
    while (request.granted < content.count + content.spares && grant_one(request)) {
    }
    request.complete = request.complete || is_all_confirmed(request);
    stop_wanting(request, RequestState::kGranted);
  }
  if (request.granted != granted_before) {
    write_request(request);
    if (request.state == RequestState::kWaiting) give_up_place(request);  // it was for this grant
  }
  return request.state != RequestState::kWaiting;
}

void Decision::give_up_place(RequestEntry& request) {
  const auto held = state_.engine->held_for(state_.handle_of(request));
  if (!held) return;
  free_offer(*state_.offer_at(held->offer).id);
  state_.drop_hold(request);
}

bool Decision::grant_one(RequestEntry& request) {
  if (blocked_by_quota(request)) {
    state_.over_quota.insert(*request.id);
    return false;
  }
  auto passed_over = excluded(request);
  auto placement = state_.engine->best(state_.handle_of(request), now_, passed_over);
  // An indivisible offer is more than was asked for.
  for (int tries = 0; placement && state_.shares.over_quota(request.consumer, placement->resources); ++tries) {
    state_.over_quota.insert(*request.id);
    if (tries == kMostTries) return false;
    passed_over.offers.push_back(placement->offer);
    placement = state_.engine->best(state_.handle_of(request), now_, passed_over);
  }
  if (!placement) return false;
  auto grant = make_grant(request, *placement);
  BOURSE_CHECK(state_.engine->book(placement->offer, booking_of(grant)));
  start_grant(request, std::move(grant));
  return true;
}

// Booked one by one, because each leaves less for the next; told only when all of them are there.
bool Decision::grant_gang(RequestEntry& request) {
  if (request.missing > 0) return false;
  state_.over_quota.erase(*request.id);
  auto passed_over = excluded(request);
  domain::Resources all;
  std::vector<domain::Grant> gang;
  for (int tries = 0; gang.size() < request.content.count && tries <= kMostTries;) {
    const auto placement = state_.engine->best(state_.handle_of(request), now_, passed_over);
    if (!placement) break;
    auto with_it = all;
    for (const auto& entry : placement->resources.entries()) with_it.increase(entry.name, entry.amount);
    if (state_.shares.over_quota(request.consumer, with_it)) {  // a smaller offer may still do
      state_.over_quota.insert(*request.id);
      passed_over.offers.push_back(placement->offer);
      ++tries;
      continue;
    }
    all = std::move(with_it);
    auto grant = make_grant(request, *placement);
    grant.id.value += gang.size();
    BOURSE_CHECK(state_.engine->book(placement->offer, booking_of(grant)));
    gang.push_back(std::move(grant));
    if (!request.content.spread.empty()) exclude_where(passed_over, request.content.spread, gang.back());
  }
  const bool complete = gang.size() == request.content.count;
  if (complete) {
    for (auto& grant : gang) start_grant(request, std::move(grant));
    return true;
  }
  if (!state_.over_quota.contains(*request.id)) {
    request.missing = request.content.count - static_cast<std::uint32_t>(gang.size());
  }
  for (auto grant = gang.rbegin(); grant != gang.rend(); ++grant) {
    state_.engine->give_back(state_.handle_of(*state_.find_offer(grant->offer)), grant->id);
  }
  return false;
}

void Decision::disband(RequestEntry& request) {
  const auto held = request.grants;
  for (const auto id : held) end_grant(id, domain::GrantState::kReleased, "its gang could not be completed");
  request.granted = 0;
  write_request(request);
}

// Nothing that waits could be served before this offer came free, so when it is full nobody else need be asked.
void Decision::serve(const domain::OfferId& freed) {
  const auto* offer = state_.find_offer(freed);
  if (offer == nullptr || !offer->open) return;
  const auto handle = state_.handle_of(*offer);
  std::unordered_set<matching::RequestHandle> in_vain;    // this offer does not help them
  std::unordered_set<matching::RequestHandle> exhausted;  // heads of queues in which it helps nobody
  auto heads = state_.engine->wakes(handle, now_);
  while (!heads.empty()) {
    const auto at = next_due(heads);
    if (serve_queue(heads[at], handle, in_vain)) {
      heads = state_.engine->wakes(handle, now_);
      std::erase_if(heads, [&](auto head) { return exhausted.contains(head); });
    } else {
      exhausted.insert(heads[at]);
      heads.erase(heads.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

// True when one of the queue got something. What holds up its head (quota, spread, who refused it) need not hold up the
// next ones.
bool Decision::serve_queue(matching::RequestHandle head, matching::OfferHandle freed,
                           std::unordered_set<matching::RequestHandle>& in_vain) {
  int tries = 0;
  for (std::optional<matching::RequestHandle> next = head; next && tries < kMostTries;) {
    auto& request = state_.request_at(*next);
    const auto after = state_.engine->next_in_queue(*next);
    if (!in_vain.contains(*next)) {
      ++tries;
      count_in(request, freed);
      const auto granted_before = request.granted;
      if (match(request) || request.granted != granted_before) return true;
      in_vain.insert(*next);
    }
    next = after;
  }
  return false;
}

// What a gang is short of, this offer brings at most as often as it holds one of its grants.
void Decision::count_in(RequestEntry& request, matching::OfferHandle freed) {
  if (!request.content.gang || request.missing == 0) return;
  const auto capacity = domain::capacity_of(state_.engine->content(freed));
  request.missing -= std::min(request.missing, most_of(capacity, domain::demand_of(request.content)));
}

void Decision::serve_all() {
  auto heads = state_.engine->heads();
  while (!heads.empty()) {
    const auto at = next_due(heads);
    auto& request = state_.request_at(heads[at]);
    request.missing = 0;
    const auto next = state_.engine->next_in_queue(heads[at]);
    if (match(request) && next) {
      heads[at] = *next;
    } else {
      heads.erase(heads.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

// For whom an offer is held comes first, since others are kept waiting for it; then who has the least of the pool; then
// who came first.
std::size_t Decision::next_due(const std::vector<matching::RequestHandle>& heads) const {
  if (heads.size() == 1) return 0;
  const auto rank = [this](matching::RequestHandle head) {
    const auto& request = state_.request_at(head);
    const bool holds = std::ranges::find(state_.holders, head) != state_.holders.end();
    return std::tuple(!holds, holds ? 0.0 : state_.shares.dominant_share(request.consumer, now_), request.seq.value);
  };
  std::size_t best = 0;
  auto best_rank = rank(heads[0]);
  for (std::size_t i = 1; i < heads.size(); ++i) {
    auto other = rank(heads[i]);
    if (!(other < best_rank)) continue;
    best = i;
    best_rank = other;
  }
  return best;
}

// Places are kept in the order in which free offers are given, for one request of a consumer at a time; who was not
// looked at soon is.
void Decision::look_after_starving() {
  const auto& rules = state_.config.rules;
  std::unordered_map<domain::Jid, matching::RequestHandle> first;
  while (!state_.starving.empty() && state_.starving.begin()->first <= now_) {
    auto& request = state_.request_at(state_.starving.begin()->second);
    first.try_emplace(request.consumer, state_.handle_of(request));
    state_.look_after(request, now_ + kSoon);
  }
  std::vector<matching::RequestHandle> due;
  for (const auto& [consumer, handle] : first) due.push_back(handle);
  std::ranges::sort(due, {}, [&](auto handle) {
    const auto& request = state_.request_at(handle);
    return std::tuple(state_.shares.dominant_share(request.consumer, now_), request.seq.value);
  });
  if (due.size() > kMostPlaces) due.resize(kMostPlaces);
  for (const auto handle : due) {
    auto& request = state_.request_at(handle);
    state_.look_after(request, now_ + std::max(rules.starving_after / 4, kSoon));
    keep_place(request);
  }
}

// EASY backfill: the earliest place it can have is kept for it, and others are served around it.
void Decision::keep_place(RequestEntry& request) {
  const auto& rules = state_.config.rules;
  const auto handle = state_.handle_of(request);
  const bool may_hold = !request.content.gang && !blocked_by_quota(request);
  if (const auto held = state_.engine->held_for(handle)) {
    if (may_hold && held->from > now_) return;
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
  // Then it is served, or the place is of no use to it.
  if (hold->from > now_) state_.look_after(request, std::min(request.looked_after, hold->from));
}

std::optional<std::string> Decision::blocked_by_quota(const RequestEntry& request) const {
  if (state_.config.rules.groups.empty()) return std::nullopt;
  return state_.shares.over_quota(request.consumer, domain::demand_of(request.content));
}

void Decision::exclude_where(matching::Exclusions& excluded, const std::string& by, const domain::Grant& grant) const {
  if (by == domain::kByProvider) {
    excluded.providers.push_back(grant.provider);
  } else if (by == domain::kByDomain) {
    excluded.domains.emplace_back(grant.provider.domain());
  } else if (const auto* offer = state_.find_offer(grant.offer); offer->open) {
    for (auto& value : state_.engine->values(state_.handle_of(*offer), by)) {
      excluded.values.push_back({by, std::move(value)});
    }
  }
}

matching::Exclusions Decision::excluded(const RequestEntry& request) const {
  matching::Exclusions excluded;
  excluded.providers.assign(request.refused.begin(), request.refused.end());
  const auto& spread = request.content.spread;
  if (!spread.empty()) {
    if (spread != domain::kByProvider && spread != domain::kByDomain) excluded.values.push_back({spread, {}});
    for (const auto id : request.grants) exclude_where(excluded, spread, *state_.find_grant(id));
  }
  for (const auto& apart : request.content.apart) {
    const auto* other = state_.find_request(apart.request);
    if (other == nullptr || other->consumer != request.consumer) continue;
    for (const auto id : other->grants) exclude_where(excluded, apart.by, *state_.find_grant(id));
  }
  return excluded;
}

}  // namespace bourse::market
