#include "matching/preference_order.h"

#include <algorithm>

#include "domain/ascii.h"
#include "matching/feasibility.h"

namespace bourse::matching {
namespace {

constexpr std::size_t kMostOrders = 32;

}  // namespace

double weighted_sum(const domain::Preference& prefers, const domain::AttributeSource& source) {
  double sum = 0;
  for (const auto& term : prefers.terms()) {
    for (const auto& value : source.values(term.attribute)) {
      const auto* const number = std::get_if<double>(&value);
      if (number == nullptr) continue;
      sum += term.counts(*number);
      break;
    }
  }
  return sum;
}

void PreferenceOrder::put(ProfileId id, const ProfileTable& profiles) {
  if (const auto known = scores_.find(id); known != scores_.end()) {
    order_.erase({known->second, id});
    scores_.erase(known);
  }
  mixed_.erase(id);
  if (!profiles.exists(id)) return;
  const Profile& profile = profiles.at(id);
  const std::vector<std::int64_t> nothing(profile.columns.size());
  const domain::Jid nobody;
  const OfferSource source(profile, profiles.names(), nothing, nobody);
  const double score = weighted_sum(prefers_, source);
  const auto is_amount = [&](const Profile::Column& column) {
    if (column.is_service) return false;
    const std::string& name = profiles.names().key(column.resource);
    return std::ranges::any_of(prefers_.terms(),
                               [&](const auto& term) { return domain::equal_folded(name, term.attribute); });
  };
  if (std::ranges::any_of(profile.columns, is_amount)) {
    mixed_.insert(id);
  } else {
    order_.insert({score, id});
    scores_[id] = score;
  }
}

void PreferenceOrder::catch_up(const ProfileTable& profiles) {
  const std::uint64_t births = profiles.births();
  if (!ever_ || caught_up_ < profiles.first_birth()) {
    for (ProfileId id = 0; id < profiles.numbers(); ++id) put(id, profiles);
  } else {
    for (; caught_up_ < births; ++caught_up_) put(profiles.born(caught_up_), profiles);
  }
  ever_ = true;
  caught_up_ = births;
}

const PreferenceOrder& PreferenceOrders::of(const domain::Preference& prefers) {
  const std::string text = prefers.text();
  const auto found = std::ranges::find(lately_, text, &std::pair<std::string, PreferenceOrder>::first);
  if (found != lately_.end()) {
    lately_.splice(lately_.begin(), lately_, found);
  } else {
    lately_.emplace_front(text, PreferenceOrder(prefers));
    if (lately_.size() > kMostOrders) lately_.pop_back();
  }
  lately_.front().second.catch_up(profiles_);
  return lately_.front().second;
}

}  // namespace bourse::matching
