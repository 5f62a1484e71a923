// Purpose: who lends: one number per provider, whether its offers may get anything new, and how available it is.
// Lifetime: a number lives while the provider has an offer, is barred or is rated. Threads: the decider's only.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "domain/jid.h"
#include "matching/engine.h"
#include "matching/intern.h"
#include "matching/profile.h"

namespace bourse::matching {

inline constexpr OfferHandle kNoOffer = ~OfferHandle{0};

class Providers {
 public:
  struct Entry {
    bool barred = false;
    Engine::Availability rate{};   // by horizon
    OfferHandle first = kNoOffer;  // of a list through the table of offers
  };

  ProviderId acquire(const domain::Jid& provider);
  void release(ProviderId id);
  [[nodiscard]] const domain::Jid& jid(ProviderId id) const { return jids_.key(id); }
  [[nodiscard]] std::optional<ProviderId> find(const domain::Jid& provider) const { return jids_.find(provider); }
  [[nodiscard]] Entry& at(ProviderId id) { return entries_[id]; }
  [[nodiscard]] const Entry& at(ProviderId id) const { return entries_[id]; }

  // False when it was so already.
  bool bar(const domain::Jid& provider, bool barred);
  [[nodiscard]] static double rounded(double availability);
  void rate(const domain::Jid& provider, Engine::Availability availability);
  // Those whose rate is not 0, the best first, by horizon.
  using Rated = std::map<double, std::set<ProviderId>, std::greater<>>;
  [[nodiscard]] const Rated& rated(std::size_t horizon) const { return rated_[horizon]; }

 private:
  Interner<domain::Jid> jids_;
  std::vector<Entry> entries_;
  std::array<Rated, Engine::kHorizons.size()> rated_;
};

}  // namespace bourse::matching
