#include "matching/offer_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "matching/feasibility.h"

namespace bourse::matching {
namespace {

using base::Timestamp;
using domain::kMilli;

constexpr base::Duration kTimeStep = std::chrono::minutes(15);
constexpr base::Duration kBeforeEra = std::chrono::hours(24 * 60);
constexpr Lane kLastLane = std::numeric_limits<Lane>::max();

}  // namespace

class OfferTable::Change {
 public:
  Change(OfferTable& table, OfferHandle offer) : table_(table), offer_(offer) { table_.stand(offer_, false); }
  ~Change() {
    auto& calendar = table_.places_[offer_].calendar;
    if (calendar && calendar->empty()) calendar.reset();
    table_.stand(offer_, true);
  }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  OfferTable& table_;
  OfferHandle offer_;
};

// Offers
// ------------------------------------------------------------------------------------------------------------------

OfferTable::Kept OfferTable::keep(const domain::Jid& provider, const domain::Offer& content) {
  return {profiles_.acquire(content, domain::capacity_of(content)), providers_.acquire(provider.bare())};
}

void OfferTable::put(OfferHandle offer, const Kept& kept, const domain::Offer& content) {
  const domain::Resources whole = domain::capacity_of(content);
  const auto [id, provider_id] = kept;
  BOURSE_CHECK(!is_open(offer));
  if (offer >= places_.size()) places_.resize(offer + 1);
  if (id >= by_profile_.size()) by_profile_.resize(id + 1);

  Profile& profile = profiles_.at(id);
  std::vector<std::int64_t> totals;
  for (const auto& entry : whole.entries()) totals.push_back(entry.amount);
  places_[offer].profile = id;
  places_[offer].row = profile.capacity.add(totals);
  profile.offers.push_back(offer);
  profile.providers.push_back(provider_id);
  Window window;
  if (content.starts) window.starts = *content.starts;
  if (content.expires) window.expires = *content.expires;
  if (!window.always()) profile.windows.resize(profile.offers.size() - 1);
  if (!window.always() || !profile.windows.empty()) profile.windows.push_back(window);
  if (content.expires && !era_) era_ = *content.expires - kBeforeEra;

  link(offer, provider_id);
  count(profile, row(offer), true);
  openings_.add(offer, profile.schedule, window);
  ++size_;
  stand(offer, true);
}

std::vector<RequestHandle> OfferTable::remove(OfferHandle offer) {
  BOURSE_CHECK(is_open(offer));
  stand(offer, false);
  Profile& profile = profiles_.at(places_[offer].profile);
  const Row row = places_[offer].row;
  const ProviderId provider = profile.providers[row];
  std::vector<RequestHandle> holders;
  if (places_[offer].calendar) holders = places_[offer].calendar->holders();
  openings_.remove(offer, profile.schedule, profile.window(row));
  count(profile, row, false);
  unlink(offer, provider);

  const auto fill_gap = [row](auto& rows) {
    if (rows.empty()) return;
    rows[row] = rows.back();
    rows.pop_back();
  };
  profile.capacity.remove(row);
  fill_gap(profile.offers);
  fill_gap(profile.providers);
  fill_gap(profile.windows);
  if (row < profile.offers.size()) places_[profile.offers[row]].row = row;
  const ProfileId id = places_[offer].profile;
  places_[offer] = {};
  --size_;
  providers_.release(provider);
  profiles_.release(id);
  return holders;
}

void OfferTable::link(OfferHandle offer, ProviderId provider) {
  Providers::Entry& entry = providers_.at(provider);
  places_[offer].next = entry.first;
  places_[offer].previous = kNoOffer;
  if (entry.first != kNoOffer) places_[entry.first].previous = offer;
  entry.first = offer;
}

void OfferTable::unlink(OfferHandle offer, ProviderId provider) {
  const auto [previous, next] = std::pair{places_[offer].previous, places_[offer].next};
  (previous == kNoOffer ? providers_.at(provider).first : places_[previous].next) = next;
  if (next != kNoOffer) places_[next].previous = previous;
}

void OfferTable::count(const Profile& profile, Row row, bool more) {
  const Amounts totals = profile.capacity.total(row);
  for (std::size_t c = 0; c < totals.size(); ++c) {
    const ResourceId resource = profile.columns[c].resource;
    if (resource >= sums_.size()) sums_.resize(resource + 1);
    const auto amount = static_cast<std::uint64_t>(totals[c]);
    sums_[resource] += more ? amount : 0 - amount;
  }
}

std::int64_t OfferTable::capacity(const std::string& resource) const {
  const auto id = profiles_.names().find(resource);
  return id && *id < sums_.size() ? static_cast<std::int64_t>(sums_[*id]) : 0;
}

domain::Offer OfferTable::content(OfferHandle offer) const {
  const Profile& of = profile(offer);
  const Amounts totals = of.capacity.total(row(offer));
  domain::Offer content = of.content;
  for (std::size_t c = 0; c < of.columns.size(); ++c) {
    if (of.columns[c].is_service) continue;
    BOURSE_CHECK(content.resources.add(profiles_.names().key(of.columns[c].resource), totals[c]).ok());
  }
  const Window window = of.window(row(offer));
  if (window.starts != Timestamp::min()) content.starts = window.starts;
  if (window.expires != Timestamp::max()) content.expires = window.expires;
  return content;
}

bool OfferTable::bar(const domain::Jid& provider, bool barred) {
  const auto known = providers_.find(provider.bare());
  if (barred == (known && providers_.at(*known).barred)) return false;
  const ProviderId id = providers_.acquire(provider.bare());
  const auto each = [&](bool there) {
    for (OfferHandle offer = providers_.at(id).first; offer != kNoOffer; offer = places_[offer].next)
      stand(offer, there);
  };
  each(false);
  (void)providers_.bar(provider.bare(), barred);
  each(true);
  providers_.release(id);
  return true;
}

bool OfferTable::takes_new(OfferHandle offer) const {
  return !profile(offer).content.terms.drain && !providers_.at(provider(offer)).barred;
}

// Bookings
// ----------------------------------------------------------------------------------------------------------------

OfferTable::Share OfferTable::aligned(const Profile& profile, const domain::Resources& resources) const {
  Share share;
  share.amounts.assign(profile.columns.size(), 0);
  for (const auto& entry : resources.entries()) {
    const auto name = profiles_.names().find(entry.name);
    const auto column = name ? profile.column_of(*name) : std::nullopt;
    if (column) {
      share.amounts[*column] = entry.amount;
    } else {
      share.known = false;
    }
  }
  return share;
}

Calendar& OfferTable::calendar_of(OfferHandle offer) {
  auto& calendar = places_[offer].calendar;
  if (!calendar) calendar = std::make_unique<Calendar>();
  return *calendar;
}

bool OfferTable::book(OfferHandle offer, const Booking& booking) {
  BOURSE_CHECK(is_open(offer));
  Profile& of = profiles_.at(places_[offer].profile);
  const Share share = aligned(of, booking.resources);
  if (!share.known) return false;
  const Calendar::Share taken{share.amounts, booking.devices};
  const Calendar::View bookings_only{Timestamp::min(), {}, false, {}};
  const Calendar none;
  const Calendar& calendar = places_[offer].calendar ? *places_[offer].calendar : none;
  if (!calendar.fits(whole(offer), booking.when, bookings_only, taken)) return false;
  const Change change(*this, offer);
  if (!booking.ahead && !of.capacity.take(row(offer), share.amounts, booking.devices)) return false;
  calendar_of(offer).add(booking.id, booking.when, booking.ahead, taken);
  return true;
}

void OfferTable::give_back(OfferHandle offer, BookingId id) {
  BOURSE_CHECK(is_open(offer) && places_[offer].calendar && places_[offer].calendar->has(id));
  const Change change(*this, offer);
  Calendar& calendar = *places_[offer].calendar;
  if (!calendar.is_ahead(id)) {
    Profile& of = profiles_.at(places_[offer].profile);
    BOURSE_CHECK(of.capacity.give_back(row(offer), calendar.amounts(id), calendar.devices(id)));
  }
  calendar.remove(id);
}

bool OfferTable::begin(OfferHandle offer, BookingId id) {
  BOURSE_CHECK(is_open(offer) && places_[offer].calendar && places_[offer].calendar->has(id));
  Calendar& calendar = *places_[offer].calendar;
  if (!calendar.is_ahead(id)) return true;
  const Change change(*this, offer);
  Profile& of = profiles_.at(places_[offer].profile);
  if (!of.capacity.take(row(offer), calendar.amounts(id), calendar.devices(id))) return false;
  calendar.begin(id);
  return true;
}

bool OfferTable::prolong(OfferHandle offer, BookingId id, Timestamp until, Timestamp now) {
  BOURSE_CHECK(is_open(offer) && places_[offer].calendar && places_[offer].calendar->has(id));
  Calendar& calendar = *places_[offer].calendar;
  const Profile& of = profile(offer);
  const Interval when = calendar.when(id);
  const Timestamp from = calendar.is_ahead(id) ? std::max(now, when.from) : now;
  if (!lease_fits(of.content.terms, until - from)) return false;
  if (!openings_.is_open(of.schedule, of.window(row(offer)), {from, until})) return false;
  const Interval more{std::max(now, when.until), until};
  if (more.from < more.until) {
    const auto amounts = calendar.amounts(id);
    const auto devices = calendar.devices(id);
    if (!calendar.fits(whole(offer), more, {now, {}, true, id}, {amounts, devices})) return false;
  }
  const Change change(*this, offer);
  calendar.prolong(id, until);
  return true;
}

void OfferTable::hold(OfferHandle offer, RequestHandle owner, const Interval& when, const domain::Resources& resources,
                      const std::vector<domain::DeviceShare>& devices) {
  BOURSE_CHECK(is_open(offer));
  const Change change(*this, offer);
  calendar_of(offer).hold_another(owner, when, {aligned(profile(offer), resources).amounts, devices});
}

void OfferTable::drop(OfferHandle offer, RequestHandle owner) {
  BOURSE_CHECK(is_open(offer));
  const Change change(*this, offer);
  if (places_[offer].calendar) places_[offer].calendar->drop(owner);
}

// Trees
// -------------------------------------------------------------------------------------------------------------------

Lane OfferTable::until_lane(Timestamp at) const {
  if (!era_ || at == Timestamp::max()) return at == Timestamp::max() ? kLastLane : 0;
  const auto steps = std::clamp<std::int64_t>((at - *era_) / kTimeStep, 0, kLastLane);
  return static_cast<Lane>(steps);
}

Lanes OfferTable::lanes(const Profile& profile, Amounts amounts, std::span<const std::uint16_t> devices,
                        const Window& window) const {
  Lanes lanes;
  for (std::size_t c = 0; c < amounts.size(); ++c) {
    const std::size_t lane = profile.columns[c].lane;
    if (lane != kNoLane) lanes.at[lane] = to_lane(amounts[c]);
  }
  if (profile.gpu) {
    lanes.at[kGpuWholeLane] = to_lane(std::ranges::count(devices, kMilli) * kMilli);
    lanes.at[kGpuPartLane] = devices.empty() ? Lane{0} : to_lane(std::ranges::max(devices));
  }
  lanes.at[kUntilLane] = until_lane(window.expires);
  return lanes;
}

Lanes OfferTable::free_lanes(OfferHandle offer) const {
  const Profile& of = profile(offer);
  const Row at = row(offer);
  return lanes(of, of.capacity.free(at), of.capacity.devices(at), of.window(at));
}

Lanes OfferTable::whole_lanes(OfferHandle offer) const {
  const Profile& of = profile(offer);
  const Amounts totals = of.capacity.total(row(offer));
  const std::uint16_t device = kMilli;
  Lanes whole =
      lanes(of, totals, of.gpu ? std::span(&device, 1) : std::span<const std::uint16_t>(), of.window(row(offer)));
  if (of.gpu) whole.at[kGpuWholeLane] = to_lane(totals[*of.gpu]);
  return whole;
}

Point OfferTable::point(OfferHandle offer) const {
  const Profile& of = profile(offer);
  Point point{free_lanes(offer), 0, offer, places_[offer].profile};
  const Amounts free = of.capacity.free(row(offer));
  for (std::size_t c = 0; c < free.size(); ++c) point.size += static_cast<double>(free[c]) * of.columns[c].weight;
  return point;
}

// Whatever the moment, not less than this is free: as if what is in use were so for ever.
Point OfferTable::point_ahead(OfferHandle offer) const {
  const Profile& of = profile(offer);
  Point point{free_lanes(offer), 0, offer, places_[offer].profile};
  Calendar::Free least;
  places_[offer].calendar->free_throughout(whole(offer), {Timestamp::min(), Timestamp::max()},
                                           {Timestamp::max(), {}, true, {}}, least);
  const Amounts free = of.capacity.free(row(offer));
  for (std::size_t c = 0; c < free.size(); ++c) {
    point.size += static_cast<double>(std::min(free[c], least.amounts[c])) * of.columns[c].weight;
  }
  return point;
}

void OfferTable::stand(OfferHandle offer, bool there) {
  if (!takes_new(offer)) return;
  const Place& place = places_[offer];
  const auto set = [&](Tree& tree, const Point& point) {
    there ? forest_.insert(tree, point) : forest_.remove(tree, point);
  };
  if (place.calendar) set(booked_, {whole_lanes(offer), 0, offer, place.profile});
  const Profile& of = profile(offer);
  if (!of.content.terms.divisible && !of.capacity.untouched(place.row)) return;
  if (place.calendar && !place.calendar->only_in_use()) {
    set(ahead_, point_ahead(offer));
    return;
  }
  const Point at = point(offer);
  set(free_, at);
  set(by_profile_[place.profile], at);
}

}  // namespace bourse::matching
