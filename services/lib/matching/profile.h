// Purpose: everything of an offer but its amounts, its provider and its window. Machines of a kind publish the same, so
//   equal profiles are one object: constraints are judged once for all its offers, and an offer costs a row of numbers.
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
#include "matching/lanes.h"
#include "matching/openings.h"
#include "matching/profile_attributes.h"

namespace bourse::matching {

using ResourceId = InternId;
using ProviderId = InternId;

struct Profile {
  struct Column {
    ResourceId resource = 0;
    double weight = 0;  // of a unit of it (ranking.h)
    std::size_t lane = kNoLane;
    bool is_service = false;  // seats, which no filter sees
  };

  Profile(domain::Offer what, std::vector<Column> amounts, std::optional<std::size_t> gpu_column)
      : content(std::move(what)), columns(std::move(amounts)), gpu(gpu_column), capacity(columns.size(), gpu) {}

  domain::Offer content;  // without resources and window
  std::vector<Column> columns;
  std::optional<std::size_t> gpu;
  ScheduleId schedule = 0;
  std::uint64_t serves = 0;  // which `serves` text; 0: everybody

  // One row per offer, parallel; windows only when an offer has one.
  CapacityTable capacity;
  std::vector<OfferHandle> offers;
  std::vector<ProviderId> providers;
  std::vector<Window> windows;

  [[nodiscard]] Window window(Row row) const { return windows.empty() ? Window{} : windows[row]; }
  [[nodiscard]] std::optional<std::size_t> column_of(ResourceId resource) const;
};

class ProfileTable {
 public:
  explicit ProfileTable(Openings& openings) : openings_(openings) { BOURSE_CHECK(names_.acquire("").id == 0); }

  // One use more of the profile of offers like this; `capacity` is its domain::capacity_of.
  ProfileId acquire(const domain::Offer& offer, const domain::Resources& capacity);
  // One use less; the profile goes with the last one.
  void release(ProfileId id);

  [[nodiscard]] Profile& at(ProfileId id) { return *profiles_[id]; }
  [[nodiscard]] const Profile& at(ProfileId id) const { return *profiles_[id]; }
  [[nodiscard]] bool exists(ProfileId id) const { return id < profiles_.size() && profiles_[id]; }
  [[nodiscard]] std::size_t numbers() const { return profiles_.size(); }  // every id is below this
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] const ProfileAttributes& attributes() const { return attributes_; }

  // Every profile there ever was, in order: what is noted about profiles catches up with it. A number in it may have
  // been given to another profile since, which then comes again later. Those before first_birth() are forgotten.
  [[nodiscard]] std::uint64_t births() const { return first_birth_ + births_.size(); }
  [[nodiscard]] std::uint64_t first_birth() const { return first_birth_; }
  [[nodiscard]] ProfileId born(std::uint64_t birth) const { return births_[birth - first_birth_]; }

  // Numbers of resource names, one use more or less: requests use the same ones. 0 names nothing.
  ResourceId acquire_name(const std::string& name);
  void release_name(ResourceId id);
  [[nodiscard]] const Interner<std::string>& names() const { return names_; }
  [[nodiscard]] std::size_t lane_of(ResourceId resource) const {
    return resource < lanes_.size() ? lanes_[resource] : kNoLane;
  }
  [[nodiscard]] const LaneWeights& weights() const { return weights_; }

 private:
  void remember_birth(ProfileId id);

  Openings& openings_;
  Interner<std::string> keys_;
  Interner<std::string> names_;
  std::vector<std::unique_ptr<Profile>> profiles_;
  ProfileAttributes attributes_;
  std::vector<ProfileId> births_;
  std::uint64_t first_birth_ = 0;
  std::vector<std::size_t> lanes_;         // by resource
  std::array<ResourceId, kLanes> kept_{};  // whose lane it is, of those that are given out; 0: nobody's
  LaneWeights weights_;
  Interner<std::string> serves_;
  std::vector<std::uint64_t> serves_serials_;  // by number of the text: unlike it never used again
  std::uint64_t next_serves_ = 1;
};

// Equal exactly for offers that have equal profiles.
[[nodiscard]] std::string profile_key(const domain::Offer& offer);

}  // namespace bourse::matching
