#include "support/reference_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "matching/ranking.h"

namespace bourse::matching {
namespace {

using base::Timestamp;
using domain::AttributeValue;
using domain::DeviceShare;
using domain::kMilli;

constexpr base::Duration kTick{1};
// Openings after the last booking repeat every week, but for changes of clocks.
constexpr base::Duration kHorizon = std::chrono::hours(24 * 15);

std::string text_of(const AttributeValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* version = std::get_if<domain::Version>(&value)) return version->text;
  return std::get<bool>(value) ? "true" : "false";
}

bool lease_fits(const domain::Terms& terms, base::Duration duration) {
  return !(terms.min_lease && duration < *terms.min_lease) && !(terms.max_lease && duration > *terms.max_lease);
}

}  // namespace

// Offers -----

void ReferenceEngine::put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) {
  if (offers_.contains(offer)) remove_offer(offer);
  auto schedule = domain::WeeklySchedule::parse(content.schedule.text, content.schedule.zone);
  BOURSE_CHECK(schedule.ok());
  offers_[offer] = {provider.bare(), content, domain::capacity_of(content), std::move(schedule).value(), {}};
}

void ReferenceEngine::remove_offer(OfferHandle offer) {
  BOURSE_CHECK(offers_.erase(offer) == 1);
  std::set<RequestHandle> owners;
  for (const auto& [owner, held] : holds_) {
    if (held.hold.offer == offer) owners.insert(owner);
  }
  for (const auto owner : owners) holds_.erase(owner);
}

const ReferenceEngine::Lent& ReferenceEngine::lent(OfferHandle offer) const {
  const auto found = offers_.find(offer);
  BOURSE_CHECK(found != offers_.end());
  return found->second;
}

const ReferenceEngine::Waiting& ReferenceEngine::waiting(RequestHandle request) const {
  const auto found = requests_.find(request);
  BOURSE_CHECK(found != requests_.end());
  return found->second;
}

std::vector<AttributeValue> ReferenceEngine::attribute_of(const domain::Jid& provider, const domain::Offer& offer,
                                                          std::string_view name) {
  if (name == domain::kByProvider) return {AttributeValue(provider.text())};
  if (name == domain::kByDomain) return {AttributeValue(std::string(provider.domain()))};
  return domain::lookup(offer, name);
}

domain::Offer ReferenceEngine::content(OfferHandle offer) const { return lent(offer).content; }

std::vector<std::string> ReferenceEngine::values(OfferHandle offer, std::string_view attribute) const {
  std::vector<std::string> texts;
  for (const AttributeValue& value : attribute_of(lent(offer).provider, lent(offer).content, attribute)) {
    texts.push_back(text_of(value));
  }
  return texts;
}

std::int64_t ReferenceEngine::capacity(const std::string& resource) const {
  std::int64_t sum = 0;
  for (const auto& [handle, offer] : offers_) sum += offer.whole.amount(resource);
  return sum;
}

void ReferenceEngine::bar(const domain::Jid& provider, bool barred) {
  if (barred) {
    barred_.insert(provider.bare());
  } else {
    barred_.erase(provider.bare());
  }
}

void ReferenceEngine::rate(const domain::Jid& provider, const Availability& availability) {
  rates_[provider.bare()] = availability;
}

std::vector<OfferHandle> ReferenceEngine::offers() const {
  std::vector<OfferHandle> all;
  for (const auto& [handle, offer] : offers_) all.push_back(handle);
  return all;
}

// What is free -----

ReferenceEngine::Free ReferenceEngine::free_at(OfferHandle handle, Timestamp at, const View& view) const {
  const Lent& offer = lent(handle);
  Free free;
  for (const auto& entry : offer.whole.entries()) free.amounts[entry.name] = entry.amount;
  free.devices.assign(static_cast<std::size_t>(offer.whole.gpu_milli() / kMilli), kMilli);
  const auto take = [&](const domain::Resources& resources, const std::vector<DeviceShare>& devices) {
    for (const auto& entry : resources.entries()) free.amounts[entry.name] -= entry.amount;
    for (const auto& share : devices) free.devices.at(share.index) -= share.milli;
  };
  for (const auto& [id, booking] : offer.bookings) {
    if (view.without == id || (booking.ahead && !view.ahead)) continue;
    const bool overdue = view.now && at <= *view.now;  // what is in use now is in use now, whatever it said
    const bool taken =
        booking.ahead ? booking.when.from <= at && at < booking.when.until : overdue || at < booking.when.until;
    if (taken) take(booking.resources, booking.devices);
  }
  for (const auto& [owner, held] : holds_) {
    if (!view.holds || view.own == owner || held.hold.offer != handle) continue;
    if (held.when.from <= at && at < held.when.until) take(held.resources, held.devices);
  }
  return free;
}

// Less becomes free only when something ends, so the moments at which something begins are all there is to look at.
ReferenceEngine::Free ReferenceEngine::free_throughout(OfferHandle handle, const Interval& when,
                                                       const View& view) const {
  std::set<Timestamp> moments = {when.from};
  for (const auto& [id, booking] : lent(handle).bookings) moments.insert(booking.when.from);
  for (const auto& [owner, held] : holds_) moments.insert(held.when.from);
  Free least = free_at(handle, when.from, view);
  for (const Timestamp at : moments) {
    if (at <= when.from || at >= when.until) continue;
    const Free free = free_at(handle, at, view);
    for (auto& [name, amount] : least.amounts) amount = std::min(amount, free.amounts.at(name));
    for (std::size_t i = 0; i < least.devices.size(); ++i) {
      least.devices[i] = std::min(least.devices[i], free.devices[i]);
    }
  }
  return least;
}

ReferenceEngine::Free ReferenceEngine::free_of_what_is_in_use(OfferHandle handle) const {
  const Lent& offer = lent(handle);
  Free free;
  for (const auto& entry : offer.whole.entries()) free.amounts[entry.name] = entry.amount;
  free.devices.assign(static_cast<std::size_t>(offer.whole.gpu_milli() / kMilli), kMilli);
  for (const auto& [id, booking] : offer.bookings) {
    if (booking.ahead) continue;
    for (const auto& entry : booking.resources.entries()) free.amounts[entry.name] -= entry.amount;
    for (const auto& share : booking.devices) free.devices.at(share.index) -= share.milli;
  }
  return free;
}

bool ReferenceEngine::covers(const Free& free, const domain::Resources& resources,
                             const std::vector<DeviceShare>& devices) {
  for (const auto& entry : resources.entries()) {
    const auto found = free.amounts.find(entry.name);
    if (found == free.amounts.end() || found->second < entry.amount) return false;
  }
  std::set<std::uint16_t> named;
  std::int64_t sum = 0;
  for (const auto& share : devices) {
    if (share.index >= free.devices.size() || share.milli < 1 || share.milli > kMilli) return false;
    if (free.devices[share.index] < share.milli || !named.insert(share.index).second) return false;
    sum += share.milli;
  }
  return sum == resources.gpu_milli();
}

std::optional<std::vector<DeviceShare>> ReferenceEngine::choose(const Free& free, std::int64_t gpu_milli) {
  std::vector<DeviceShare> chosen;
  if (gpu_milli == 0) return chosen;
  if (gpu_milli < kMilli) {
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < free.devices.size(); ++i) {
      if (free.devices[i] >= gpu_milli && (!least || free.devices[i] < free.devices[*least])) least = i;
    }
    if (!least) return std::nullopt;
    chosen.push_back({static_cast<std::uint16_t>(*least), gpu_milli});
    return chosen;
  }
  if (gpu_milli % kMilli != 0) return std::nullopt;
  for (std::size_t i = 0; i < free.devices.size(); ++i) {
    if (static_cast<std::int64_t>(chosen.size()) == gpu_milli / kMilli) break;
    if (free.devices[i] == kMilli) chosen.push_back({static_cast<std::uint16_t>(i), kMilli});
  }
  if (static_cast<std::int64_t>(chosen.size()) < gpu_milli / kMilli) return std::nullopt;
  return chosen;
}

// Bookings -----

bool ReferenceEngine::book(OfferHandle offer, const Booking& booking) {
  BOURSE_CHECK(!lent(offer).bookings.contains(booking.id));
  const View view{{}, {}, false, {}};
  if (!covers(free_throughout(offer, booking.when, view), booking.resources, booking.devices)) return false;
  if (!booking.ahead && !covers(free_of_what_is_in_use(offer), booking.resources, booking.devices)) return false;
  offers_.at(offer).bookings[booking.id] = booking;
  return true;
}

void ReferenceEngine::give_back(OfferHandle offer, BookingId id) {
  BOURSE_CHECK(lent(offer).bookings.contains(id));
  offers_.at(offer).bookings.erase(id);
}

bool ReferenceEngine::begin(OfferHandle offer, BookingId id) {
  BOURSE_CHECK(lent(offer).bookings.contains(id));
  Booking& booking = offers_.at(offer).bookings.at(id);
  if (!booking.ahead) return true;
  if (!covers(free_of_what_is_in_use(offer), booking.resources, booking.devices)) return false;
  booking.ahead = false;
  return true;
}

bool ReferenceEngine::prolong(OfferHandle handle, BookingId id, Timestamp until, Timestamp now) {
  const Lent& offer = lent(handle);
  BOURSE_CHECK(offer.bookings.contains(id));
  Booking& booking = offers_.at(handle).bookings.at(id);
  const Timestamp from = booking.ahead ? std::max(now, booking.when.from) : now;
  if (!lease_fits(offer.content.terms, until - from) || !is_open(offer, {from, until})) return false;
  const Interval more{std::max(now, booking.when.until), until};
  if (more.from < more.until) {
    const View view{now, {}, true, id};
    if (!covers(free_throughout(handle, more, view), booking.resources, booking.devices)) return false;
  }
  booking.when.until = until;
  return true;
}

std::string ReferenceEngine::broken() const {
  for (const auto& [handle, offer] : offers_) {
    std::vector<std::pair<std::string, Free>> moments = {{"in use", free_of_what_is_in_use(handle)}};
    for (const auto& [id, booking] : offer.bookings) {
      if (!booking.ahead) continue;
      moments.emplace_back("ahead", free_throughout(handle, booking.when, {{}, {}, false, {}}));
    }
    for (const auto& [what, free] : moments) {
      for (const auto& [name, amount] : free.amounts) {
        if (amount < 0) return fmt::format("offer {}, {}: {} of {} too much", handle, what, -amount, name);
      }
      for (std::size_t i = 0; i < free.devices.size(); ++i) {
        if (free.devices[i] < 0) return fmt::format("offer {}, {}: device {} is overbooked", handle, what, i);
      }
    }
  }
  return {};
}

// Requests -----

void ReferenceEngine::put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                                  const std::vector<std::string>& groups, const domain::Request& content) {
  holds_.erase(request);
  requests_[request] = {order, consumer.bare(), groups, content, domain::demand_of(content)};
}

void ReferenceEngine::remove_request(RequestHandle request) {
  BOURSE_CHECK(requests_.erase(request) == 1);
  holds_.erase(request);
}

std::vector<RequestHandle> ReferenceEngine::requests() const {
  std::vector<RequestHandle> all;
  for (const auto& [handle, request] : requests_) all.push_back(handle);
  return all;
}

bool ReferenceEngine::is_open(const Lent& offer, const Interval& when) {
  if (offer.content.starts && when.from < *offer.content.starts) return false;
  if (offer.content.expires && when.until > *offer.content.expires) return false;
  const auto open_until = offer.schedule.open_until(when.from);
  return open_until && *open_until >= when.until;
}

bool ReferenceEngine::excludes(const Exclusions& excluded, OfferHandle handle) const {
  const domain::Jid& provider = lent(handle).provider;
  if (std::ranges::find(excluded.offers, handle) != excluded.offers.end()) return true;
  if (std::ranges::find(excluded.providers, provider) != excluded.providers.end()) return true;
  if (std::ranges::find(excluded.domains, provider.domain()) != excluded.domains.end()) return true;
  return std::ranges::any_of(excluded.values, [&](const Exclusions::Value& value) {
    const auto texts = values(handle, value.attribute);
    return texts.empty() || std::ranges::find(texts, value.text) != texts.end();
  });
}

bool ReferenceEngine::serves_consumer(const Lent& offer, const Waiting& request) {
  return offer.content.serves.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == "jid") return {AttributeValue(request.consumer.text())};
    if (name == "domain") return {AttributeValue(std::string(request.consumer.domain()))};
    std::vector<AttributeValue> groups;
    if (name == "group") groups.assign(request.groups.begin(), request.groups.end());
    return groups;
  });
}

bool ReferenceEngine::suits(const Lent& offer, const Waiting& request) const {
  if (offer.content.terms.drain || barred_.contains(offer.provider)) return false;
  if (!lease_fits(offer.content.terms, request.content.duration)) return false;
  const auto about_offer = [&](std::string_view name) { return attribute_of(offer.provider, offer.content, name); };
  return request.content.needs.accepts(about_offer) && serves_consumer(offer, request);
}

bool ReferenceEngine::admits(OfferHandle offer, const Waiting& request, const Exclusions& excluded) const {
  return suits(lent(offer), request) && !excludes(excluded, offer);
}

std::optional<Placement> ReferenceEngine::placement_at(OfferHandle handle, RequestHandle request, const Interval& when,
                                                       const View& view) const {
  const Lent& offer = lent(handle);
  const domain::Resources& demand = waiting(request).demand;
  if (demand.empty() || !is_open(offer, when)) return std::nullopt;
  for (const auto& entry : demand.entries()) {
    if (offer.whole.amount(entry.name) < entry.amount) return std::nullopt;
  }
  const domain::Resources& taken = offer.content.terms.divisible ? demand : offer.whole;
  const Free free = free_throughout(handle, when, view);
  // Devices first asked for as what is taken: an indivisible offer gives all of them. But a part, or an odd number,
  // that no device could give is not served by giving everything.
  Free whole;
  whole.devices.assign(free.devices.size(), kMilli);
  if (!choose(whole, demand.gpu_milli())) return std::nullopt;
  const auto devices = choose(free, taken.gpu_milli());
  if (!devices || !covers(free, taken, *devices)) return std::nullopt;
  return Placement{handle, taken, *devices};
}

std::optional<Placement> ReferenceEngine::placement_on(OfferHandle offer, RequestHandle request, Timestamp now,
                                                       const Exclusions& excluded) const {
  const Waiting& asked = waiting(request);
  if (!admits(offer, asked, excluded)) return std::nullopt;
  const Timestamp from = std::max(now, asked.content.start.value_or(now));
  return placement_at(offer, request, {from, from + asked.content.duration}, {now, request, true, {}});
}

bool ReferenceEngine::feasible(RequestHandle request, const Placement& placement, Timestamp now,
                               const Exclusions& excluded) const {
  const auto mine = placement_on(placement.offer, request, now, excluded);
  if (!mine || mine->resources != placement.resources) return false;
  const Waiting& asked = waiting(request);
  const std::int64_t gpu = placement.resources.gpu_milli();
  // A part of one device, or whole ones.
  if (gpu > 0 && gpu < kMilli && placement.devices.size() != 1) return false;
  if (gpu >= kMilli && placement.devices.size() != static_cast<std::size_t>(gpu / kMilli)) return false;
  const Timestamp from = std::max(now, asked.content.start.value_or(now));
  const Free free = free_throughout(placement.offer, {from, from + asked.content.duration}, {now, request, true, {}});
  return covers(free, placement.resources, placement.devices);
}

double ReferenceEngine::score(RequestHandle request, OfferHandle handle) const {
  const Lent& offer = lent(handle);
  const domain::Preference& prefers = waiting(request).content.prefers;
  if (prefers.kind() == domain::Preference::Kind::kBestFit) return 0;
  if (prefers.kind() == domain::Preference::Kind::kAvailability) {
    const auto rate = rates_.find(offer.provider);
    return rate == rates_.end() ? 0 : rate->second[horizon_of(waiting(request).content.duration)];
  }
  double sum = 0;
  for (const auto& term : prefers.terms()) {
    for (const AttributeValue& value : attribute_of(offer.provider, offer.content, term.attribute)) {
      if (const auto* number = std::get_if<double>(&value)) {
        sum += term.counts(*number);
        break;
      }
    }
  }
  return sum;
}

double ReferenceEngine::left_over(RequestHandle request, OfferHandle handle, Timestamp now) const {
  const Waiting& asked = waiting(request);
  const Timestamp from = std::max(now, asked.content.start.value_or(now));
  const Free free = free_throughout(handle, {from, from + asked.content.duration}, {now, request, true, {}});
  double sum = 0;
  for (const auto& [name, amount] : free.amounts) {
    sum += static_cast<double>(amount - asked.demand.amount(name)) * weight_of(name);
  }
  return sum;
}

std::optional<Placement> ReferenceEngine::best(RequestHandle request, Timestamp now, const Exclusions& excluded) const {
  std::optional<Placement> best;
  std::tuple<double, double, OfferHandle> best_rank;
  for (const auto& [handle, offer] : offers_) {
    auto placement = placement_on(handle, request, now, excluded);
    if (!placement) continue;
    const std::tuple rank{-score(request, handle), left_over(request, handle, now), handle};
    if (best && !(rank < best_rank)) continue;
    best = std::move(placement);
    best_rank = rank;
  }
  return best;
}

// Queues -----

bool ReferenceEngine::same_queue(RequestHandle a, RequestHandle b) const {
  const auto key = [&](RequestHandle handle) {
    const Waiting& request = waiting(handle);
    const domain::Request& content = request.content;
    return std::tuple(request.consumer, request.groups, content.needs.text(), content.duration, content.start,
                      content.gang ? content.count : 0);
  };
  return waiting(a).demand == waiting(b).demand && key(a) == key(b);
}

bool ReferenceEngine::before(RequestHandle a, RequestHandle b) const {
  const Waiting& first = waiting(a);
  const Waiting& second = waiting(b);
  return std::tuple(-first.content.priority, first.order, a) < std::tuple(-second.content.priority, second.order, b);
}

std::vector<std::vector<RequestHandle>> ReferenceEngine::queues() const {
  std::vector<std::vector<RequestHandle>> all;
  for (const auto& [handle, request] : requests_) {
    const auto mine = std::ranges::find_if(all, [&](const auto& queue) { return same_queue(queue.front(), handle); });
    if (mine == all.end()) {
      all.push_back({handle});
    } else {
      mine->push_back(handle);
    }
  }
  for (auto& queue : all) std::ranges::sort(queue, [&](auto a, auto b) { return before(a, b); });
  std::ranges::sort(all, [&](const auto& a, const auto& b) {
    return std::pair(waiting(a.front()).order, a.front()) < std::pair(waiting(b.front()).order, b.front());
  });
  return all;
}

std::vector<RequestHandle> ReferenceEngine::wakes(OfferHandle offer, Timestamp now) const {
  std::vector<RequestHandle> woken;
  for (const auto& queue : queues()) {
    const auto serves = [&](RequestHandle request) { return placement_on(offer, request, now, {}).has_value(); };
    if (std::ranges::any_of(queue, serves)) woken.push_back(queue.front());
  }
  return woken;
}

std::vector<RequestHandle> ReferenceEngine::heads() const {
  std::vector<RequestHandle> first;
  for (const auto& queue : queues()) first.push_back(queue.front());
  return first;
}

std::optional<RequestHandle> ReferenceEngine::next_in_queue(RequestHandle request) const {
  std::optional<RequestHandle> next;
  for (const auto& [handle, other] : requests_) {
    if (handle == request || !same_queue(handle, request) || !before(request, handle)) continue;
    if (!next || before(handle, *next)) next = handle;
  }
  return next;
}

// Time -----

Timestamp ReferenceEngine::opening_after(const Lent& offer, Timestamp at) {
  const Timestamp starts = offer.content.starts.value_or(Timestamp::min());
  const bool opens_by_starting = starts > at && offer.schedule.open_until(starts);
  const Timestamp opening = opens_by_starting ? starts : offer.schedule.next_opening(std::max(at, starts));
  return offer.content.expires && opening >= *offer.content.expires ? Timestamp::max() : opening;
}

Timestamp ReferenceEngine::next_opening() const {
  Timestamp next = Timestamp::max();
  for (const auto& [handle, offer] : offers_) next = std::min(next, opening_after(offer, advanced_));
  return next;
}

bool ReferenceEngine::advance(Timestamp now) {
  const bool opened = next_opening() <= now;
  advanced_ = now;
  return opened;
}

// Backfill -----

std::optional<Timestamp> ReferenceEngine::earliest_on(OfferHandle handle, RequestHandle request, Timestamp now,
                                                      const Exclusions& excluded) const {
  const Timestamp from = std::max(now, waiting(request).content.start.value_or(now));
  return earliest_on(handle, request, from, excluded, {now, request, true, {}});
}

std::optional<Timestamp> ReferenceEngine::earliest_on(OfferHandle handle, RequestHandle request, Timestamp from,
                                                      const Exclusions& excluded, const View& view) const {
  const Lent& offer = lent(handle);
  const Waiting& asked = waiting(request);
  if (!admits(handle, asked, excluded)) return std::nullopt;
  // Nothing changes for the better but when something ends (what is overdue at any moment now) or the offer opens.
  std::set<Timestamp> moments = {from, std::max(from, *view.now + kTick),
                                 std::max(from, offer.content.starts.value_or(from))};
  for (const auto& [id, booking] : offer.bookings) moments.insert(std::max(from, booking.when.until));
  for (const auto& [owner, held] : holds_) {
    if (held.hold.offer == handle) moments.insert(std::max(from, held.when.until));
  }
  const Timestamp horizon = *moments.rbegin() + kHorizon;
  for (Timestamp at = opening_after(offer, from); at <= horizon; at = opening_after(offer, at)) moments.insert(at);
  for (const Timestamp at : moments) {
    if (placement_at(handle, request, {at, at + asked.content.duration}, view)) return at;
  }
  return std::nullopt;
}

std::optional<Engine::Hold> ReferenceEngine::hold(RequestHandle request, Timestamp now, const Exclusions& excluded) {
  holds_.erase(request);
  return hold_another(request, now, now, excluded);
}

std::optional<Engine::Hold> ReferenceEngine::hold_another(RequestHandle request, Timestamp from, Timestamp now,
                                                          const Exclusions& excluded) {
  const View view{now, {}, true, {}};
  std::optional<Hold> best;
  for (const auto& [handle, offer] : offers_) {
    const auto begin = std::max({now, from, waiting(request).content.start.value_or(now)});
    const auto earliest = earliest_on(handle, request, begin, excluded, view);
    if (earliest && (!best || *earliest < best->from)) best = Hold{handle, *earliest};
  }
  if (!best) return std::nullopt;
  const Interval when{best->from, best->from + waiting(request).content.duration};
  auto placement = placement_at(best->offer, request, when, view);
  BOURSE_CHECK(placement.has_value());
  holds_.emplace(request, Held{*best, when, std::move(placement->resources), std::move(placement->devices)});
  return best;
}

std::optional<Engine::Hold> ReferenceEngine::held_for(RequestHandle request) const {
  std::optional<Hold> latest;
  const auto [begin, end] = holds_.equal_range(request);
  for (auto held = begin; held != end; ++held) {
    if (!latest || held->second.hold.from >= latest->from) latest = held->second.hold;
  }
  return latest;
}

}  // namespace bourse::matching
