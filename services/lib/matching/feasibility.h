// Purpose: may this offer serve this request at all? Each rule on its own, without state: constraints of
//   both sides, lease length, amounts. Devices are the capacity table's business.
// Threads: free functions.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "matching/capacity.h"
#include "matching/profile.h"
#include "matching/verdict_table.h"

namespace bourse::matching {

// min-lease ≤ duration ≤ max-lease, where given.
[[nodiscard]] bool lease_fits(const domain::Terms& terms, base::Duration duration);

// Every column has what is needed of it.
[[nodiscard]] inline bool amounts_fit(Amounts free, Amounts needed) {
  for (std::size_t c = 0; c < free.size(); ++c) {
    if (free[c] < needed[c]) return false;
  }
  return true;
}

// A request's filter over an offer: what domain::lookup gives, with the provider's address as `provider` and its
// domain as `domain` whatever the offer says of itself. kPerOffer when the answer needed an amount or the provider.
[[nodiscard]] Verdict needs_of_profile(const domain::Filter& needs, const Profile& profile,
                                       const Interner<std::string>& names);
// The same for one offer of the profile, by its whole amounts (not by what is free).
[[nodiscard]] bool needs_of_offer(const domain::Filter& needs, const Profile& profile,
                                  const Interner<std::string>& names, Amounts totals, const domain::Jid& provider);

// An offer's filter over a consumer: `jid` and `domain`; anything else is undefined.
[[nodiscard]] bool serves_consumer(const domain::Filter& serves, const domain::Jid& consumer);

}  // namespace bourse::matching
