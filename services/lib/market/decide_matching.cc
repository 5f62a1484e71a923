// Who gets what: requests that want something now, and what came free, offered to those who are due next.
#include <algorithm>

#include "history/together.h"
#include "market/decision.h"

namespace bourse::market {
namespace {

using domain::RequestState;

constexpr int kMostTries = 8;           // of one queue, for one offer that came free
constexpr std::size_t kMostWhole = 64;  // offers looked at for the smallest, when a quota is short

// The first of each, in their order.
template <class Id>
std::vector<Id> without_repeats(std::vector<Id> ids) {
  if (ids.size() < 2) return ids;
  std::unordered_set<Id> seen;
  std::erase_if(ids, [&seen](const Id& id) { return !seen.insert(id).second; });
  return ids;
}

// What one offer can hold at most of a request's grants.
std::uint32_t most_of(const domain::Resources& capacity, const domain::Resources& demand) {
  std::int64_t most = domain::kMaxCount;
  for (const auto& entry : demand.entries()) most = std::min(most, capacity.amount(entry.name) / entry.amount);
  return static_cast<std::uint32_t>(most);
}

}  // namespace

// Requests that lost a grant come before those an offer wakes: they were served first and are owed.
void Decision::settle() {
  while (!wanting_.empty() || !freed_.empty() || (quotas_eased_ && !state_.over_quota.empty())) {
    disband_broken();
    auto wanted = std::exchange(wanting_, {});
    if (std::exchange(quotas_eased_, false)) {
      wanted.insert(wanted.begin(), state_.over_quota.begin(), state_.over_quota.end());
    }
    for (const auto& id : without_repeats(std::move(wanted))) {
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
    for (const auto& id : without_repeats(std::exchange(freed_, {}))) serve(id);
  }
}

// Who serves a request and how likely each stays, as grants are added. Grants of one provider go together: one counts.
struct Decision::Crew {
  std::unordered_set<domain::Jid> providers = {};
  std::vector<double> stays = {};
  std::size_t seen = 0;  // of the request's grants
};

// Who asks for an assurance wants only as many as it takes until so many of all its grants are likely to stay.
bool Decision::wants_spare(const RequestEntry& request, Crew& crew) const {
  const auto& content = request.content;
  if (request.granted >= content.count + content.spares) return false;
  if (content.assurance == 0) return true;
  for (; crew.seen < request.grants.size(); ++crew.seen) {
    const auto& provider = state_.find_grant(request.grants[crew.seen])->provider;
    if (!crew.providers.insert(provider).second) continue;
    crew.stays.push_back(state_.history.up_for(provider, content.duration, now_));
  }
  const double together = history::at_least(content.count, crew.stays, state_.history.correlation(content.duration));
  return together * 1000 < content.assurance;
}

bool Decision::match(RequestEntry& request) {
  if (request.state != RequestState::kWaiting) return true;
  const auto granted_before = request.granted;
  const auto& content = request.content;
  auto passed_over = excluded(request);
  if (waits_as_a_whole(request)) {
    if (!grant_gang(request, passed_over)) return false;
    if (request.granted < content.count + content.spares) passed_over = excluded(request);
  }
  while (request.granted < content.count && grant_one(request, passed_over)) {
  }
  if (request.granted >= content.count) {
    Crew crew;
    while (wants_spare(request, crew) && grant_one(request, passed_over)) {
    }
    request.complete = request.complete || request.proposed == 0;
    stop_wanting(request, RequestState::kGranted);
  }
  if (request.granted != granted_before) {
    write_request(request);
    if (request.state == RequestState::kWaiting) give_up_place(request);  // it was for this grant
  }
  return request.state != RequestState::kWaiting;
}

// `passed_over` grows by what no further grant of the request may have either.
bool Decision::grant_one(RequestEntry& request, matching::Exclusions& passed_over) {
  if (blocked_by_quota(request)) {
    state_.over_quota.insert(*request.id);
    return false;
  }
  auto placement = state_.engine->best(state_.handle_of(request), now_, passed_over);
  // An indivisible offer is more than was asked for.
  for (int tries = 0; placement && over_quota(request, placement->resources, 1); ++tries) {
    state_.over_quota.insert(*request.id);
    if (tries == kMostTries) return false;
    passed_over.offers.push_back(placement->offer);
    placement = state_.engine->best(state_.handle_of(request), now_, passed_over);
  }
  if (!placement) return false;
  auto grant = make_grant(request, *placement);
  BOURSE_CHECK(state_.engine->book(placement->offer, booking_of(grant)));
  exclude_where(passed_over, request, grant);
  start_grant(request, std::move(grant));
  return true;
}

// Booked one by one, because each leaves less for the next; told only when all of them are there.
struct Decision::Gang {
  matching::Exclusions passed_over;
  std::vector<domain::Grant> grants = {};
  domain::Resources all = {};  // of the grants
  bool over_quota = false;     // something was passed over that would be more than its group may hold
};

bool Decision::grant_gang(RequestEntry& request, const matching::Exclusions& passed_over) {
  if (request.missing > 0) return false;
  state_.over_quota.erase(*request.id);
  const auto count = request.content.count;
  Gang gang{passed_over};
  gather(request, gang);
  if (gang.grants.size() < count && gang.over_quota) {
    scatter(gang);
    gang = {.passed_over = passed_over, .over_quota = true};
    gather_the_least(request, gang);
  }
  if (gang.grants.size() == count) {
    for (auto& grant : gang.grants) start_grant(request, std::move(grant));
    return true;
  }
  if (gang.over_quota) {
    state_.over_quota.insert(*request.id);
  } else {
    request.missing = count - static_cast<std::uint32_t>(gang.grants.size());
  }
  scatter(gang);
  return false;
}

// False, and nothing booked, when it would be more than its group may hold.
bool Decision::add_to(Gang& gang, const RequestEntry& request, const matching::Placement& placement) {
  auto with_it = gang.all;
  for (const auto& entry : placement.resources.entries()) with_it.increase(entry.name, entry.amount);
  if (over_quota(request, with_it, gang.grants.size() + 1)) {
    gang.over_quota = true;
    return false;
  }
  gang.all = std::move(with_it);
  auto grant = make_grant(request, placement);
  grant.id.value += gang.grants.size();
  BOURSE_CHECK(state_.engine->book(placement.offer, booking_of(grant)));
  exclude_where(gang.passed_over, request, grant);
  gang.grants.push_back(std::move(grant));
  return true;
}

void Decision::gather(const RequestEntry& request, Gang& gang) {
  const auto handle = state_.handle_of(request);
  for (int tries = 0; gang.grants.size() < request.content.count && tries <= kMostTries;) {
    const auto placement = state_.engine->best(handle, now_, gang.passed_over);
    if (!placement) return;
    if (add_to(gang, request, *placement)) continue;
    gang.passed_over.offers.push_back(placement->offer);  // a smaller offer may still do
    ++tries;
  }
}

// Whatever it prefers: what gives no more than was asked for, and the smallest of what is only given whole. When this
// exceeds the quota, everything does.
void Decision::gather_the_least(const RequestEntry& request, Gang& gang) {
  const auto handle = state_.handle_of(request);
  const auto asked = domain::demand_of(request.content);
  std::vector<std::pair<double, matching::OfferHandle>> whole;
  while (gang.grants.size() < request.content.count && whole.size() <= kMostWhole) {
    const auto placement = state_.engine->best(handle, now_, gang.passed_over);
    if (!placement) break;
    if (placement->resources == asked) {
      if (!add_to(gang, request, *placement)) return;
    } else {
      gang.passed_over.offers.push_back(placement->offer);
      whole.emplace_back(part_of_pool(placement->resources), placement->offer);
    }
  }
  std::ranges::sort(whole);
  for (const auto& [size, offer] : whole) {
    if (gang.grants.size() == request.content.count) return;
    std::erase(gang.passed_over.offers, offer);
    const auto placement = state_.engine->best(handle, now_, gang.passed_over);
    if (!placement || !add_to(gang, request, *placement)) gang.passed_over.offers.push_back(offer);
  }
}

double Decision::part_of_pool(const domain::Resources& resources) const {
  double sum = 0;
  for (const auto& entry : resources.entries()) {
    sum += static_cast<double>(entry.amount) / static_cast<double>(state_.engine->capacity(entry.name));
  }
  return sum;
}

void Decision::scatter(Gang& gang) {
  for (auto grant = gang.grants.rbegin(); grant != gang.grants.rend(); ++grant) {
    state_.engine->give_back(state_.handle_of(*state_.find_offer(grant->offer)), grant->id);
  }
  gang.grants.clear();
}

void Decision::disband_broken() {
  for (const auto& id : without_repeats(std::exchange(broken_gangs_, {}))) {
    auto* request = state_.find_request(id);
    if (request != nullptr && request->state == RequestState::kGranted) disband(*request);
  }
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
    const bool holds = (state_.gang_places && state_.gang_places->request == head) ||
                       std::ranges::find(state_.holders, head) != state_.holders.end();
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

std::optional<std::string> Decision::blocked_by_quota(const RequestEntry& request) const {
  if (!state_.has_quotas()) return std::nullopt;
  return over_quota(request, domain::demand_of(request.content), 1);
}

void Decision::exclude_where(matching::Exclusions& excluded, const std::string& by, const domain::Grant& grant) const {
  if (by == domain::kByProvider) {
    excluded.providers.push_back(grant.provider);
  } else if (by == domain::kByDomain) {
    excluded.domains.emplace_back(grant.provider.domain());
  } else {
    for (auto& value : state_.values(*state_.find_offer(grant.offer), by)) {
      excluded.values.push_back({by, std::move(value)});
    }
  }
}

void Decision::exclude_where(matching::Exclusions& excluded, const RequestEntry& request,
                             const domain::Grant& grant) const {
  if (!request.content.spread.empty()) exclude_where(excluded, request.content.spread, grant);
  for (const auto& apart : request.content.apart) {
    if (apart.request == *request.id) exclude_where(excluded, apart.by, grant);
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
