#include "matching/index_engine.h"

#include <algorithm>
#include <utility>

#include "matching/feasibility.h"

namespace bourse::matching {

using base::Timestamp;

IndexEngine::IndexEngine()
    : constraints_(offers_.profiles()),
      demands_(offers_.profiles(), constraints_),
      orders_(offers_.profiles()),
      appraisals_(offers_.profiles()) {}

// Offers
// ------------------------------------------------------------------------------------------------------------------

void IndexEngine::put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) {
  // What the new content shares with the old one is not to go and come back: constraints are judged for it.
  const OfferTable::Kept kept = offers_.keep(provider, content);
  if (offers_.is_open(offer)) remove_offer(offer);
  offers_.put(offer, kept, content);
  ++growth_;
}

void IndexEngine::remove_offer(OfferHandle offer) {
  for (const RequestHandle owner : offers_.remove(offer)) drop_hold(owner, offer);
}

domain::Offer IndexEngine::content(OfferHandle offer) const {
  BOURSE_CHECK(offers_.is_open(offer));
  return offers_.content(offer);
}

std::vector<std::string> IndexEngine::values(OfferHandle offer, std::string_view attribute) const {
  BOURSE_CHECK(offers_.is_open(offer));
  const Profile& profile = offers_.profile(offer);
  const OfferSource source(profile, offers_.profiles().names(), profile.capacity.total(offers_.row(offer)),
                           offers_.providers().jid(offers_.provider(offer)));
  std::vector<std::string> texts;
  for (const auto& value : source.values(attribute)) texts.push_back(text_of(value));
  return texts;
}

std::int64_t IndexEngine::capacity(const std::string& resource) const { return offers_.capacity(resource); }

void IndexEngine::bar(const domain::Jid& provider, bool barred) {
  if (offers_.bar(provider, barred) && !barred) ++growth_;
}

void IndexEngine::rate(const domain::Jid& provider, const Availability& availability) {
  offers_.providers().rate(provider.bare(), availability);
}

// Bookings
// ----------------------------------------------------------------------------------------------------------------

bool IndexEngine::book(OfferHandle offer, const Booking& booking) { return offers_.book(offer, booking); }

void IndexEngine::give_back(OfferHandle offer, BookingId id) {
  offers_.give_back(offer, id);
  ++growth_;
}

bool IndexEngine::begin(OfferHandle offer, BookingId id) {
  ++growth_;  // what was in use for its interval only may end when it says
  return offers_.begin(offer, id);
}

bool IndexEngine::prolong(OfferHandle offer, BookingId id, Timestamp until, Timestamp now) {
  ++growth_;  // it may be shorter
  return offers_.prolong(offer, id, until, now);
}

// Requests
// ----------------------------------------------------------------------------------------------------------------

void IndexEngine::put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                              const std::vector<std::string>& groups, const domain::Request& content) {
  const bool fresh = !demands_.waits(request);
  if (!fresh) remove_request(request);
  demands_.put(request, order, consumer, groups, content);
  // A request that is put again is no more demand than before. Devices may come later: what was asked until then
  // counts.
  if (fresh) appraisals_.learn(domain::demand_of(content), content.count);
}

void IndexEngine::remove_request(RequestHandle request) {
  BOURSE_CHECK(demands_.waits(request));
  drop_hold(request);
  demands_.remove(request);
}

Search IndexEngine::search_for(RequestHandle request, Timestamp now, const Exclusions& excluded) const {
  BOURSE_CHECK(demands_.waits(request));
  const Demand& demand = demands_.demand_of(request);
  return {offers_,
          demand,
          constraints_.at(demand.constraint),
          demands_.consumer(demands_.queue_of(request).consumer),
          demands_.request(request).hold ? std::optional(request) : std::nullopt,
          now,
          excluded};
}

std::optional<Placement> IndexEngine::best(RequestHandle request, Timestamp now, const Exclusions& excluded) const {
  BOURSE_CHECK(demands_.waits(request));
  const Demand& demand = demands_.demand_of(request);
  if (demand.barren == growth_ && now >= demand.barren_since) return std::nullopt;
  Search search = search_for(request, now, excluded);
  auto placement = search.best(demands_.request(request).prefers, orders_, appraisals_);
  if (!placement && !search.fleeting() && !demand.start) {
    demand.barren = growth_;
    demand.barren_since = now;
  }
  return placement;
}

std::vector<RequestHandle> IndexEngine::wakes(OfferHandle offer, Timestamp now) const {
  BOURSE_CHECK(offers_.is_open(offer));
  if (demands_.empty() || !offers_.takes_new(offer)) return {};
  const Profile& profile = offers_.profile(offer);
  const OfferSource source(profile, offers_.profiles().names(), profile.capacity.total(offers_.row(offer)),
                           offers_.providers().jid(offers_.provider(offer)));
  const Calendar* const calendar = offers_.calendar(offer);
  const auto holders = calendar != nullptr ? calendar->holders() : std::vector<RequestHandle>();
  const Lanes whole = offers_.whole_lanes(offer);
  const Exclusions none;
  std::vector<std::pair<std::uint64_t, RequestHandle>> woken;
  const auto visit = [&](DemandId id) {
    const Demand& demand = demands_.demand(id);
    for (const QueueId queue_id : demand.queues) {
      const Queue& queue = demands_.queue(queue_id);
      const auto served = [&](std::optional<RequestHandle> own) {
        Search search(offers_, demand, constraints_.known(demand.constraint), demands_.consumer(queue.consumer), own,
                      now, none);
        return search.serves(offer, {.constraint = true});
      };
      bool wake = served(std::nullopt);
      for (std::size_t i = 0; i < holders.size() && !wake; ++i) {
        wake = demands_.request(holders[i]).queue == queue_id && served(holders[i]);
      }
      if (wake) woken.emplace_back(demands_.request(queue.head()).order, queue.head());
    }
  };
  demands_.each_served({offers_.free_lanes(offer), whole, offers_.profile_id(offer)}, source, visit);

  std::ranges::sort(woken);
  std::vector<RequestHandle> requests(woken.size());
  std::ranges::transform(woken, requests.begin(), [](const auto& entry) { return entry.second; });
  return requests;
}

// Time
// --------------------------------------------------------------------------------------------------------------------

bool IndexEngine::advance(Timestamp now) {
  const bool opened = offers_.openings().advance(now);
  if (opened) ++growth_;
  return opened;
}

// Backfill
// ----------------------------------------------------------------------------------------------------------------

void IndexEngine::drop_hold(RequestHandle request, std::optional<OfferHandle> gone) {
  const auto hold = demands_.request(request).hold;
  if (!hold) return;
  std::vector<OfferHandle> held{hold->offer};
  if (const auto others = held_.extract(request))
    held.insert(held.end(), others.mapped().begin(), others.mapped().end());
  for (const OfferHandle offer : held) {
    if (offer != gone) offers_.drop(offer, request);
  }
  demands_.note_hold(request, std::nullopt);
  ++growth_;
}

std::optional<Engine::Hold> IndexEngine::hold(RequestHandle request, Timestamp now, const Exclusions& excluded) {
  BOURSE_CHECK(demands_.waits(request));
  drop_hold(request);
  Search search = search_for(request, now, excluded);
  const auto hold = search.earliest();
  if (!hold) return std::nullopt;
  const Interval when{hold->from, hold->from + demands_.demand_of(request).duration};
  const Placement placement = search.placement(hold->offer, when);
  offers_.hold(hold->offer, request, when, placement.resources, placement.devices);
  demands_.note_hold(request, hold);
  return hold;
}

std::optional<Engine::Hold> IndexEngine::hold_another(RequestHandle request, Timestamp from, Timestamp now,
                                                      const Exclusions& excluded) {
  BOURSE_CHECK(demands_.waits(request));
  const Demand& demand = demands_.demand_of(request);
  Search search(offers_, demand, constraints_.at(demand.constraint),
                demands_.consumer(demands_.queue_of(request).consumer), std::nullopt, now, excluded);
  search.not_before(from);
  const auto hold = search.earliest();
  if (!hold) return std::nullopt;
  const Interval when{hold->from, hold->from + demand.duration};
  const Placement placement = search.placement(hold->offer, when);
  offers_.hold(hold->offer, request, when, placement.resources, placement.devices);
  const auto before = demands_.request(request).hold;
  if (before) held_[request].push_back(before->from > hold->from ? hold->offer : before->offer);
  if (!before || before->from <= hold->from) demands_.note_hold(request, hold);
  return hold;
}

std::optional<Engine::Hold> IndexEngine::held_for(RequestHandle request) const {
  if (!demands_.waits(request)) return std::nullopt;
  return demands_.request(request).hold;
}

Explanation IndexEngine::explain(RequestHandle request, Timestamp now, const Exclusions& excluded) const {
  BOURSE_CHECK(demands_.waits(request));
  const Waiting& waiting = demands_.request(request);
  domain::Request asked = demands_.demand_of(request).asked;
  asked.spread = waiting.spread;
  asked.apart = waiting.apart;
  return search_for(request, now, excluded).explain(asked);
}

}  // namespace bourse::matching
