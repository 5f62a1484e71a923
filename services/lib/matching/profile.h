// Purpose: everything of an offer but its amounts and its provider. Machines of a kind publish the same,
//   so equal profiles are one object: constraints are judged once for all its offers, and an offer costs
//   a row of numbers.
// Lifetime: from the first offer that has it to the last. Threads: the decider's only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/offer.h"
#include "matching/capacity.h"
#include "matching/engine.h"
#include "matching/intern.h"

namespace bourse::matching {

using ProfileId = InternId;
using ResourceId = InternId;
using ProviderId = InternId;

struct Profile {
  Profile(domain::Offer what, std::vector<ResourceId> names, std::vector<double> counts, std::optional<std::size_t> gpu)
      : content(std::move(what)),
        columns(std::move(names)),
        weights(std::move(counts)),
        capacity(columns.size(), gpu) {}

  domain::Offer content;            // attributes, services, gpu model, serves and terms; the rest is empty
  std::vector<ResourceId> columns;  // of the amounts, by name
  std::vector<double> weights;      // of a unit of each (ranking.h)

  // One row per offer, parallel.
  CapacityTable capacity;
  std::vector<OfferHandle> offers;
  std::vector<ProviderId> providers;

  [[nodiscard]] std::optional<std::size_t> column_of(ResourceId resource) const;
};

class ProfileTable {
 public:
  // One use more of the profile that `offer` has.
  ProfileId acquire(const domain::Offer& offer);
  // One use less; the profile goes with the last one.
  void release(ProfileId id);

  [[nodiscard]] Profile& at(ProfileId id) { return *profiles_[id]; }
  [[nodiscard]] const Profile& at(ProfileId id) const { return *profiles_[id]; }
  // By id; null where a number is not in use.
  [[nodiscard]] const std::vector<std::unique_ptr<Profile>>& all() const { return profiles_; }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

  // Numbers of profiles that went are not used again before everything noted under them was forgotten:
  // true when that is worth doing now; forgotten() then says it has been done.
  [[nodiscard]] bool wants_forgetting() const { return resting_.size() > 1024 + keys_.size(); }
  void forgotten();

  // Numbers of resource names: requests use the same ones. 0 names nothing.
  Interner<std::string>& names() { return names_; }
  [[nodiscard]] const Interner<std::string>& names() const { return names_; }

  ProfileTable();

 private:
  Interner<std::string> keys_;
  Interner<std::string> names_;
  std::vector<std::unique_ptr<Profile>> profiles_;
  std::vector<ProfileId> resting_;
};

// Equal exactly for offers that have equal profiles.
[[nodiscard]] std::string profile_key(const domain::Offer& offer);

}  // namespace bourse::matching
