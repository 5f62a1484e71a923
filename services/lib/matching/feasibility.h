// Purpose: may this offer serve this request at all? Each rule on its own, without state: constraints of both
//   sides, lease length, amounts. What a constraint says of a whole profile is ProfileAttributes' business, devices
//   are the capacity table's.
// Threads: free functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"
#include "domain/offer.h"
#include "matching/capacity.h"
#include "matching/profile.h"

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

// All that filters may ask of one offer: what domain::lookup gives, by its whole amounts, with the provider's address
// as `provider` and its domain as `domain` whatever the offer says of itself.
class OfferSource final : public domain::AttributeSource {
 public:
  OfferSource(const Profile& profile, const Interner<std::string>& names, Amounts totals, const domain::Jid& provider)
      : profile_(profile), names_(names), totals_(totals), provider_(provider) {}
  [[nodiscard]] std::vector<domain::AttributeValue> values(std::string_view name) const override;
  void each(const std::function<void(std::string_view name, const domain::AttributeValue& value)>& take) const override;

 private:
  const Profile& profile_;
  const Interner<std::string>& names_;
  Amounts totals_;
  const domain::Jid& provider_;
};

// As it compares with the text of another value.
[[nodiscard]] std::string text_of(const domain::AttributeValue& value);

// An offer's filter over a consumer: `jid`, `domain` and every `group`; anything else is undefined.
[[nodiscard]] bool serves_consumer(const domain::Filter& serves, const domain::Jid& consumer,
                                   std::span<const std::string> groups);

}  // namespace bourse::matching
