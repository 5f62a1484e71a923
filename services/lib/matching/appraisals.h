// Purpose: what placements of device requests cost in usefulness of what stays free (fragmentation.h), for offers
//   of any profile: one appraiser for each set of resources, made anew when the mix of requests has changed.
// Lifetime: one per engine. Threads: the decider's only.
#pragma once

#include <string>
#include <unordered_map>

#include "matching/demand_mix.h"
#include "matching/fragmentation.h"
#include "matching/profile.h"

namespace bourse::matching {

class Appraisals {
 public:
  explicit Appraisals(const ProfileTable& profiles) : profiles_(profiles) {}

  void learn(const domain::Resources& needs, std::uint32_t count) { mix_.learn(needs, count); }
  [[nodiscard]] const Appraiser& of(const Profile& profile);

 private:
  const ProfileTable& profiles_;
  DemandMix mix_;
  std::uint64_t version_ = 0;
  std::unordered_map<std::string, Appraiser> by_columns_;
};

}  // namespace bourse::matching
