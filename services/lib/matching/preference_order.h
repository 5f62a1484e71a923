// Purpose: profiles in the order of a preference (<prefers/> as a weighted sum), kept up as profiles come and go,
//   so that a search begins with the best. Where a term asks for an amount, offers of one profile differ: those
//   profiles are listed apart.
// Lifetime: the orders asked for lately, one table per engine. Threads: the decider's only.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/preference.h"
#include "matching/profile.h"

namespace bourse::matching {

// The sum for one offer.
[[nodiscard]] double weighted_sum(const domain::Preference& prefers, const domain::AttributeSource& source);

class PreferenceOrder {
 public:
  explicit PreferenceOrder(domain::Preference prefers) : prefers_(std::move(prefers)) {}
  void catch_up(const ProfileTable& profiles);

  // The highest score first. Numbers of profiles that went may be among them.
  using Order = std::set<std::pair<double, ProfileId>, std::greater<>>;
  [[nodiscard]] const Order& order() const { return order_; }
  [[nodiscard]] const std::set<ProfileId>& mixed() const { return mixed_; }

 private:
  void put(ProfileId id, const ProfileTable& profiles);

  domain::Preference prefers_;
  Order order_;
  std::unordered_map<ProfileId, double> scores_;
  std::set<ProfileId> mixed_;
  std::uint64_t caught_up_ = 0;
  bool ever_ = false;
};

class PreferenceOrders {
 public:
  explicit PreferenceOrders(const ProfileTable& profiles) : profiles_(profiles) {}
  [[nodiscard]] const PreferenceOrder& of(const domain::Preference& prefers);

 private:
  const ProfileTable& profiles_;
  std::list<std::pair<std::string, PreferenceOrder>> lately_;  // the last one asked for first
};

}  // namespace bourse::matching
