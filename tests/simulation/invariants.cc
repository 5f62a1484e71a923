#include "invariants.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "support/reference_engine.h"

namespace bourse::simulation {
namespace {

using domain::GrantState;
using market::GrantRow;

// What some grants take of one offer at one moment.
struct Taken {
  std::map<std::string, std::int64_t> amounts;
  std::map<std::uint16_t, std::int64_t> devices;

  void add(const GrantRow& grant) {
    for (const auto& entry : grant.resources.entries()) amounts[entry.name] += entry.amount;
    for (const auto& share : grant.devices) devices[share.index] += share.milli;
  }
};

void check_capacity(const ShadowOffer& offer, const Taken& taken, const std::string& when,
                    std::vector<std::string>& broken) {
  const auto& capacity = offer.row.resources;
  for (const auto& [name, amount] : taken.amounts) {
    if (amount > capacity.amount(name)) broken.push_back("over-granted " + name + " of " + offer.row.id.value + when);
  }
  for (const auto& [index, milli] : taken.devices) {
    if (milli > domain::kMilli || index >= capacity.gpu_milli() / domain::kMilli) {
      broken.push_back("over-granted gpu/" + std::to_string(index) + " of " + offer.row.id.value + when);
    }
  }
}

void check_offers(const ShadowMarket& shadow, std::vector<std::string>& broken) {
  std::map<std::string, std::vector<const GrantRow*>> by_offer;
  for (const auto& [id, grant] : shadow.live_grants()) {
    by_offer[grant.offer.value].push_back(&grant);
    std::int64_t on_devices = 0;
    for (const auto& share : grant.devices) on_devices += share.milli;
    if (on_devices != grant.resources.gpu_milli()) broken.push_back("gpus that no device gives: " + grant.offer.value);
  }
  for (const auto& [id, grants] : by_offer) {
    const auto offer = shadow.offers().find(id);
    if (offer == shadow.offers().end()) {
      broken.push_back("a live grant of an offer that is not there: " + id);
      continue;
    }
    Taken now;
    std::set<base::Timestamp> beginnings;
    for (const auto* grant : grants) {
      if (grant->is_booked()) now.add(*grant);
      if (grant->ahead) beginnings.insert(grant->started);
    }
    check_capacity(offer->second, now, "", broken);
    if (!offer->second.row.open) continue;
    for (const auto at : beginnings) {
      Taken then;
      for (const auto* grant : grants) {
        if (grant->expires > at && (!grant->ahead || grant->started <= at)) then.add(*grant);
      }
      check_capacity(offer->second, then, " when a reservation begins", broken);
    }
  }
}

void check_grant(const GrantRow& grant, const ShadowMarket& shadow, base::Timestamp now,
                 std::vector<std::string>& broken) {
  const auto name = domain::to_item_id(grant.id) + " (" + std::string(domain::name(grant.state)) + ")";
  const bool has_end_of_state = grant.state == GrantState::kProposed || grant.state == GrantState::kReclaiming ||
                                grant.state == GrantState::kSuspect;
  if (has_end_of_state != grant.state_until.has_value()) broken.push_back("a state's end, or none: " + name);
  const auto ends = std::min(grant.ahead ? grant.started : grant.expires, grant.state_until.value_or(grant.expires));
  if (ends <= now) broken.push_back("its time is over: " + name);
  if (grant.state == GrantState::kReserved && !grant.ahead) broken.push_back("reserved, but begun: " + name);
  if (grant.state == GrantState::kActive && grant.ahead) broken.push_back("active, but not begun: " + name);
  const auto offer = shadow.offers().find(grant.offer.value);
  const bool open = offer != shadow.offers().end() && offer->second.row.open;
  if (!open && grant.state != GrantState::kSuspect && grant.state != GrantState::kReclaiming) {
    broken.push_back("its offer is closed, but it goes on: " + name);
  }
  if (open && grant.state == GrantState::kSuspect) broken.push_back("its offer is open, but it is suspect: " + name);
  if (!shadow.requests().contains(grant.request.value)) broken.push_back("its request is gone: " + name);
}

void check_request(const ShadowRequest& request, const ShadowMarket& shadow, base::Timestamp now,
                   std::vector<std::string>& broken) {
  const auto& row = request.row;
  const auto& content = request.content;
  const auto live = shadow.grants_of(row.id.value).size();
  if (row.granted > content.count + content.spares) broken.push_back("more grants than asked for: " + row.id.value);
  if (live > row.granted) broken.push_back("grants that do not count: " + row.id.value);
  const bool waiting = row.state == domain::RequestState::kWaiting;
  if (waiting && row.granted >= content.count) broken.push_back("it waits, but has all: " + row.id.value);
  if (!waiting && live == 0) broken.push_back("it is over, but not done: " + row.id.value);
  if (waiting && content.deadline && *content.deadline <= now) broken.push_back("past its deadline: " + row.id.value);
}

void check_memory(const ShadowMarket& shadow, market::State& state, std::vector<std::string>& broken) {
  for (const auto& [id, grant] : shadow.live_grants()) {
    const auto* found = state.find_grant(grant.id);
    if (found == nullptr || *found != grant)
      broken.push_back("not in memory as stored: " + domain::to_item_id(grant.id));
  }
  if (state.grant_timers.size() != shadow.live_grants().size()) broken.emplace_back("a grant's timer, too few or many");
  for (const auto& [id, offer] : shadow.offers()) {
    const auto* found = state.find_offer({id});
    const bool same = found != nullptr && found->open == offer.row.open && *found->provider == offer.row.provider &&
                      (found->session == nullptr ? domain::Jid{} : *found->session) == offer.row.session;
    if (!same) broken.push_back("not in memory as stored: offer " + id);
  }
  for (const auto& [id, request] : shadow.requests()) {
    const auto* found = state.find_request({id});
    const bool same = found != nullptr && found->state == request.row.state && found->granted == request.row.granted &&
                      found->refused.size() == request.row.refused.size();
    if (!same) broken.push_back("not in memory as stored: request " + id);
    if (!same) continue;
    const auto proposed = std::ranges::count_if(
        found->grants, [&](auto grant) { return state.find_grant(grant)->state == GrantState::kProposed; });
    if (found->proposed != proposed) broken.push_back("proposals not counted: request " + id);
  }
}

void pass_over(matching::Exclusions& excluded, const std::string& by, const GrantRow& grant,
               const ShadowMarket& shadow) {
  if (by == domain::kByProvider) excluded.providers.push_back(grant.provider);
  if (by == domain::kByDomain) excluded.domains.emplace_back(grant.provider.domain());
  if (by == domain::kByProvider || by == domain::kByDomain) return;
  const auto offer = shadow.offers().find(grant.offer.value);
  if (offer == shadow.offers().end()) return;
  for (const auto& attribute : offer->second.content.attributes) {
    if (attribute.name == by) excluded.values.push_back({by, attribute.text});
  }
}

matching::Exclusions exclusions(const ShadowRequest& request, const ShadowMarket& shadow) {
  matching::Exclusions excluded;
  excluded.providers = request.row.refused;
  const auto& spread = request.content.spread;
  if (!spread.empty() && spread != domain::kByProvider && spread != domain::kByDomain) {
    excluded.values.push_back({spread, {}});
  }
  if (!spread.empty()) {
    for (const auto* grant : shadow.grants_of(request.row.id.value)) pass_over(excluded, spread, *grant, shadow);
  }
  for (const auto& apart : request.content.apart) {
    const auto other = shadow.requests().find(apart.request.value);
    if (other == shadow.requests().end() || other->second.row.consumer != request.row.consumer) continue;
    for (const auto* grant : shadow.grants_of(apart.request.value)) pass_over(excluded, apart.by, *grant, shadow);
  }
  return excluded;
}

bool is_whole_gang(const ShadowRequest& request, const ShadowMarket& shadow) {
  return request.content.gang && !request.complete && shadow.grants_of(request.row.id.value).empty();
}

// The offers where so many grants at once find a place, or nothing; books them to see, and gives back.
std::string finds_places(matching::Engine& engine, matching::RequestHandle handle, const ShadowRequest& request,
                         std::uint32_t wanted, const ShadowMarket& shadow, market::State& state, base::Timestamp now,
                         const std::function<const ShadowOffer&(matching::OfferHandle)>& offer_at) {
  constexpr std::uint64_t kTrial = std::uint64_t{1} << 62;
  auto excluded = exclusions(request, shadow);
  domain::Resources all;
  std::vector<std::pair<matching::OfferHandle, matching::BookingId>> booked;
  while (booked.size() < wanted) {
    const auto place = engine.best(handle, now, excluded);
    if (!place) break;
    for (const auto& entry : place->resources.entries()) all.increase(entry.name, entry.amount);
    if (state.shares.over_quota(request.row.consumer, all)) break;
    if (shadow.is_over_policy(request.row.consumer, booked.size() + 1)) break;
    const auto from = std::max(now, request.content.start.value_or(now));
    const matching::Booking booking{{kTrial + booked.size()},
                                    place->resources,
                                    place->devices,
                                    {from, from + request.content.duration},
                                    from > now};
    BOURSE_CHECK(engine.book(place->offer, booking));
    booked.emplace_back(place->offer, booking.id);
    if (request.content.spread.empty()) continue;
    GrantRow grant;
    grant.offer = offer_at(place->offer).row.id;
    grant.provider = offer_at(place->offer).row.provider;
    pass_over(excluded, request.content.spread, grant, shadow);
  }
  std::string places;
  for (const auto& [offer, id] : booked) {
    engine.give_back(offer, id);
    places += " " + offer_at(offer).row.id.value;
  }
  return booked.size() == wanted ? places : std::string();
}

// Who is banned, or whose domain is, or one above it, has nothing.
void check_bans(const ShadowMarket& shadow, std::vector<std::string>& broken) {
  const auto is_banned = [&shadow](const domain::Jid& who) {
    return std::any_of(shadow.sanctions().begin(), shadow.sanctions().end(), [&who](const auto& entry) {
      const auto& jid = entry.second.jid;
      if (!entry.second.banned) return false;
      return jid == who || jid.text() == who.domain() || who.text().ends_with("." + jid.text());
    });
  };
  for (const auto& [id, offer] : shadow.offers()) {
    if (offer.row.open && is_banned(offer.row.provider)) broken.push_back("an offer of one who is banned: " + id);
  }
  for (const auto& [id, request] : shadow.requests()) {
    if (is_banned(request.row.consumer)) broken.push_back("a request of one who is banned: " + id);
  }
}

// What is held for a gang is there for all of it, and not for longer than until it may be used.
void check_gang_places(market::State& state, base::Timestamp now, std::vector<std::string>& broken) {
  if (!state.gang_places) return;
  const auto& places = *state.gang_places;
  const auto& gang = state.request_at(places.request);
  if (gang.id == nullptr || gang.state != domain::RequestState::kWaiting) {
    broken.emplace_back("places are held for a gang that does not wait");
    return;
  }
  const auto& name = gang.id->value;
  const auto held = state.engine->held_for(places.request);
  if (places.offers.size() != gang.content.count || !held || held->from != places.from) {
    broken.push_back("places are held for a part of a gang: " + name);
  }
  if (places.from <= now) broken.push_back("places are held for a gang that could have them: " + name);
  for (const auto& id : places.offers) {
    const auto* offer = state.find_offer(id);
    if (offer == nullptr || !offer->open) broken.push_back("a place of a closed offer is held for a gang: " + name);
  }
}

}  // namespace

std::vector<std::string> violations(const ShadowMarket& shadow, market::State& state, base::Timestamp now) {
  auto broken = shadow.broken();
  check_offers(shadow, broken);
  for (const auto& [id, grant] : shadow.live_grants()) check_grant(grant, shadow, now, broken);
  for (const auto& [id, request] : shadow.requests()) check_request(request, shadow, now, broken);
  check_memory(shadow, state, broken);
  check_bans(shadow, broken);
  check_gang_places(state, now, broken);
  return broken;
}

std::string servable(const ShadowMarket& shadow, market::State& state, base::Timestamp now) {
  matching::ReferenceEngine engine;
  std::vector<const ShadowOffer*> offers;
  for (const auto& [id, offer] : shadow.offers()) {
    if (!offer.row.open) continue;
    const auto handle = static_cast<matching::OfferHandle>(offers.size());
    offers.push_back(&offer);
    engine.put_offer(handle, offer.row.provider, offer.content);
    engine.bar(offer.row.provider, shadow.is_barred(offer.row.provider, now));
    for (const auto& [number, grant] : shadow.live_grants()) {
      if (grant.offer.value != id) continue;
      if (!engine.book(handle,
                       {grant.id, grant.resources, grant.devices, {grant.started, grant.expires}, grant.ahead})) {
        return "what is stored cannot be booked: " + domain::to_item_id(grant.id);
      }
    }
  }
  (void)engine.advance(now);
  matching::RequestHandle handle = 0;
  for (const auto& [id, request] : shadow.requests()) {
    if (request.row.state != domain::RequestState::kWaiting) continue;
    engine.put_request(++handle, request.row.seq.value, request.row.consumer,
                       state.shares.groups_of(request.row.consumer), request.content);
    const auto wanted = is_whole_gang(request, shadow) ? request.content.count : 1;
    const auto at = [&](auto offer) -> const ShadowOffer& { return *offers.at(offer); };
    const auto places = finds_places(engine, handle, request, wanted, shadow, state, now, at);
    if (!places.empty()) return "free offers (" + places.substr(1) + ") could serve " + id;
  }
  return {};
}

std::string servable_around_holds(const ShadowMarket& shadow, market::State& state, base::Timestamp now) {
  for (const auto& [id, request] : shadow.requests()) {
    if (request.row.state != domain::RequestState::kWaiting) continue;
    const auto handle = state.handle_of(*state.find_request({id}));
    if (is_whole_gang(request, shadow)) {
      const auto at = [&](auto offer) -> const ShadowOffer& {
        return shadow.offers().at(state.offer_at(offer).id->value);
      };
      const auto places = finds_places(*state.engine, handle, request, request.content.count, shadow, state, now, at);
      if (!places.empty()) return "free offers (" + places.substr(1) + ") could serve " + id;
      continue;
    }
    const auto place = state.engine->best(handle, now, exclusions(request, shadow));
    if (!place || state.shares.over_quota(request.row.consumer, place->resources)) continue;
    if (shadow.is_over_policy(request.row.consumer, 1)) continue;
    return "a free offer (" + state.offer_at(place->offer).id->value + ") could serve " + id;
  }
  return {};
}

}  // namespace bourse::simulation
