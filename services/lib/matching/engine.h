// Purpose: the port between the market and whatever decides who can serve a request, and who best.
//   The market keeps identity (ids, JIDs, sessions); an engine keeps what matching needs, under handles
//   the market gives out: small dense numbers, reused after removal.
// Lifetime: one engine per pool, rebuilt from the store at start. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "domain/grant.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::matching {

using OfferHandle = std::uint32_t;
using RequestHandle = std::uint32_t;

// What one grant would take of one offer. An indivisible offer is taken whole.
struct Placement {
  OfferHandle offer = 0;
  domain::Resources resources;
  std::vector<domain::DeviceShare> devices;
};

class Engine {
 public:
  virtual ~Engine() = default;

  // New, or replaced with nothing in use: the caller takes again what live grants hold.
  virtual void put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) = 0;
  virtual void remove_offer(OfferHandle offer) = 0;

  // Marks a grant's share as in use; false, and nothing changed, when it is not free.
  [[nodiscard]] virtual bool take(OfferHandle offer, const domain::Resources& resources,
                                  const std::vector<domain::DeviceShare>& devices) = 0;
  // CHECKs that it was in use.
  virtual void give_back(OfferHandle offer, const domain::Resources& resources,
                         const std::vector<domain::DeviceShare>& devices) = 0;

  // Waiting requests, in the order of arrival that `order` gives (lower first).
  virtual void put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                           const domain::Request& content) = 0;
  virtual void remove_request(RequestHandle request) = 0;

  // What an open offer says of itself, its whole resources included, whatever is in use of them.
  [[nodiscard]] virtual domain::Offer content(OfferHandle offer) const = 0;

  // The best placement for one grant of a waiting request now, without taking it; none when nothing
  // fits. `excluded` providers (bare JIDs) are passed over (spread).
  [[nodiscard]] virtual std::optional<Placement> best(RequestHandle request,
                                                      const std::unordered_set<domain::Jid>& excluded) const = 0;
  // The waiting requests that what is free of this offer may serve, oldest first.
  [[nodiscard]] virtual std::vector<RequestHandle> wakes(OfferHandle offer) const = 0;
};

}  // namespace bourse::matching
