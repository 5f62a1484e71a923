// Purpose: the port between the market and whatever decides who can serve a request, and who best.
//   The market keeps identity (ids, JIDs, sessions, states of grants); an engine keeps what matching needs, under
//   handles the market gives out: small dense numbers, reused after removal.
// Lifetime: one engine per pool, rebuilt from the store at start. Threads: the decider's only. Time is what the caller
//   says it is; it may be the same again, and step back a little.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "matching/explanation.h"

namespace bourse::matching {

using OfferHandle = std::uint32_t;
using RequestHandle = std::uint32_t;
using BookingId = domain::GrantId;

// What one grant would take of one offer. An indivisible offer is taken whole.
struct Placement {
  OfferHandle offer = 0;
  domain::Resources resources;
  std::vector<domain::DeviceShare> devices;
};

// [from, until)
struct Interval {
  base::Timestamp from;
  base::Timestamp until;
};

// A grant's share of an offer. What is `ahead` takes nothing before begin(), but nothing else may be placed so that
// both would not fit at any moment of its interval. What is not ahead is in use until give_back(), whatever its
// interval says; that it will be free after `until` is what reservations count on.
struct Booking {
  BookingId id;
  domain::Resources resources;
  std::vector<domain::DeviceShare> devices;
  Interval when;
  bool ahead = false;
};

// Offers one search passes over.
struct Exclusions {
  struct Value {
    std::string attribute;  // an offer without it is passed over as well (spread by it)
    std::string text;       // empty: only those without it
  };
  std::vector<domain::Jid> providers;  // bare
  std::vector<std::string> domains;    // of providers
  std::vector<Value> values;           // text as values() gives it
  std::vector<OfferHandle> offers;
  [[nodiscard]] bool empty() const { return providers.empty() && domains.empty() && values.empty() && offers.empty(); }
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Offers -----------------------------------------------------------------------------------------------------------

  // New, or replaced with nothing booked: the caller books again what live grants hold.
  virtual void put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) = 0;
  virtual void remove_offer(OfferHandle offer) = 0;  // its bookings go with it
  // What an open offer says of itself, its whole resources included, whatever is booked of them.
  [[nodiscard]] virtual domain::Offer content(OfferHandle offer) const = 0;
  // All values of an attribute of the offer (as filters see it; `provider` and `domain` too), as text.
  [[nodiscard]] virtual std::vector<std::string> values(OfferHandle offer, std::string_view attribute) const = 0;
  // Σ of all offers' whole amounts (domain::capacity_of), in stored units.
  [[nodiscard]] virtual std::int64_t capacity(const std::string& resource) const = 0;

  // Offers of a barred provider get nothing new (drained, quarantined). Providers may have no offer (yet).
  virtual void bar(const domain::Jid& provider, bool barred) = 0;
  // For those who prefer availability: how likely it stays for as long as each of kHorizons; higher is better, 0 for
  // those nobody rated, less for those with a bad name. A lease goes by the first horizon that is not shorter.
  static constexpr std::array<base::Duration, 4> kHorizons{std::chrono::hours(1), std::chrono::hours(4),
                                                           std::chrono::hours(12), std::chrono::hours(48)};
  using Availability = std::array<double, kHorizons.size()>;
  [[nodiscard]] static std::size_t horizon_of(base::Duration lease) {
    std::size_t horizon = 0;
    while (horizon + 1 < kHorizons.size() && kHorizons[horizon] < lease) ++horizon;
    return horizon;
  }
  virtual void rate(const domain::Jid& provider, const Availability& availability) = 0;

  // Bookings
  // -----------------------------------------------------------------------------------------------------------

  // False, and nothing changed, when it does not fit (a booking ahead: at some moment of its interval), whatever holds
  // say.
  [[nodiscard]] virtual bool book(OfferHandle offer, const Booking& booking) = 0;
  // CHECKs that it is there.
  virtual void give_back(OfferHandle offer, BookingId id) = 0;
  // What was ahead is in use from now on; false, and nothing changed, when something else is in its place.
  [[nodiscard]] virtual bool begin(OfferHandle offer, BookingId id) = 0;
  // Moves its end; false, and nothing changed, when a booking ahead or a hold is in the way, or the offer is not open
  // that long (schedule, expires), or lends no lease of that length from `now`.
  [[nodiscard]] virtual bool prolong(OfferHandle offer, BookingId id, base::Timestamp until, base::Timestamp now) = 0;

  // Requests
  // -----------------------------------------------------------------------------------------------------------

  // Waiting requests queue by what they ask for and who asks: within a queue, higher priority first, then lower
  // `order`. A handle that waits already gets the new content. Requests of a group see it as `group` in offers' serves
  // filters.
  virtual void put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                           const std::vector<std::string>& groups, const domain::Request& content) = 0;
  virtual void remove_request(RequestHandle request) = 0;  // and its hold

  // The best placement for one grant of a waiting request, for a lease that begins now, or at its start where that is
  // later; it is not booked. None when nothing fits.
  [[nodiscard]] virtual std::optional<Placement> best(RequestHandle request, base::Timestamp now,
                                                      const Exclusions& excluded) const = 0;

  // Of each queue that what is free of this offer now may serve: its first request. In order of `order`.
  [[nodiscard]] virtual std::vector<RequestHandle> wakes(OfferHandle offer, base::Timestamp now) const = 0;
  // The first of every queue, in order of `order`.
  [[nodiscard]] virtual std::vector<RequestHandle> heads() const = 0;
  // The one after it in its queue.
  [[nodiscard]] virtual std::optional<RequestHandle> next_in_queue(RequestHandle request) const = 0;

  // Time
  // ---------------------------------------------------------------------------------------------------------------

  // When next an offer opens that is closed (its schedule, its `starts`); Timestamp::max(): never.
  [[nodiscard]] virtual base::Timestamp next_opening() const = 0;
  // True when something opened since it was last asked: heads() may be served.
  [[nodiscard]] virtual bool advance(base::Timestamp now) = 0;

  // Backfill
  // -----------------------------------------------------------------------------------------------------------

  // Keeps for a waiting request the offer that can serve it earliest (EASY backfill): from the moment its bookings will
  // have made room, no one else's placement may overlap. One hold a request; again: chosen anew. None when no offer
  // could serve it even empty.
  struct Hold {
    OfferHandle offer = 0;
    base::Timestamp from;
  };
  virtual std::optional<Hold> hold(RequestHandle request, base::Timestamp now, const Exclusions& excluded) = 0;
  // One place more beside those it holds, which count as taken, not before `from`: for the members of a gang. They go
  // together, also when one of their offers goes.
  virtual std::optional<Hold> hold_another(RequestHandle request, base::Timestamp from, base::Timestamp now,
                                           const Exclusions& excluded) = 0;
  [[nodiscard]] virtual std::optional<Hold> held_for(RequestHandle request) const = 0;  // of several the latest

  // Why nothing serves it now, looking at every offer; of very many at a part, drawn evenly.
  [[nodiscard]] virtual Explanation explain(RequestHandle request, base::Timestamp now,
                                            const Exclusions& excluded) const = 0;
};

}  // namespace bourse::matching
