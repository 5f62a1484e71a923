#include "matching/search.h"

#include <algorithm>

#include "matching/feasibility.h"

namespace bourse::matching {
namespace {

using base::Timestamp;

constexpr std::size_t kFewProfiles = 32;  // so few are gone through one by one at once
constexpr std::uint32_t kSmallProfile = 256;
constexpr std::size_t kPatience = 256;       // points turned away before a search goes profile by profile
constexpr std::size_t kMostRated = 20'000;   // offers asked for the sake of availability, then the best fit will do
constexpr std::size_t kMostBooked = 50'000;  // booked offers asked for a later moment, once something was found

}  // namespace

Search::Search(const OfferTable& offers, const Demand& demand, const Constraint& constraint, const Consumer& consumer,
               std::optional<RequestHandle> own, Timestamp now, const Exclusions& excluded)
    : offers_(offers),
      demand_(demand),
      constraint_(constraint),
      consumer_(consumer),
      own_(own),
      now_(now),
      excluded_(excluded),
      needed_(demand.lanes) {
  const Timestamp from = std::max(now, demand.start.value_or(now));
  when_ = {from, from + demand.duration};
  later_ = from > now;
  needed_.at[kUntilLane] = offers.until_lane(when_.until);
  for (const auto& provider : excluded.providers) {
    if (const auto id = offers.providers().find(provider)) excluded_providers_.push_back(*id);
  }
}

// Rules
// -------------------------------------------------------------------------------------------------------------------

bool Search::profile_does(ProfileId id, const RuledIn& ruled_in) {
  if (!ruled_in.constraint && !constraint_.may_accept(id)) return false;
  const Profile& profile = offers_.profiles().at(id);
  if (!lease_fits(profile.content.terms, demand_.duration)) return false;
  const auto open_until = offers_.openings().open_until(profile.schedule, when_.from);
  if (!open_until || *open_until < when_.until) {
    fleeting_ = true;
    return false;
  }
  return ruled_in.consumer || profile_serves(profile);
}

bool Search::profile_serves(const Profile& profile) {
  if (profile.serves == 0) return true;
  const auto [known, fresh] = consumer_.served.try_emplace(profile.serves, false);
  if (fresh) known->second = matching::serves_consumer(profile.content.serves, consumer_.jid, consumer_.groups);
  if (!known->second) fleeting_ = true;
  return known->second;
}

bool Search::offer_does(OfferHandle offer, const RuledIn& ruled_in) {
  const Profile& profile = offers_.profile(offer);
  const Window window = profile.window(offers_.row(offer));
  if (when_.from < window.starts || when_.until > window.expires) {
    fleeting_ = true;
    return false;
  }
  return offer_admits(offer, ruled_in);
}

bool Search::offer_admits(OfferHandle offer, const RuledIn& ruled_in) {
  const Profile& profile = offers_.profile(offer);
  if (!excluded_.empty() && is_excluded(offer)) {
    fleeting_ = true;
    return false;
  }
  if (ruled_in.constraint || !constraint_.asks_offers(offers_.profile_id(offer))) return true;
  const OfferSource source(profile, offers_.profiles().names(), profile.capacity.total(offers_.row(offer)),
                           offers_.providers().jid(offers_.provider(offer)));
  return constraint_.needs.accepts([&](std::string_view name) { return source.values(name); });
}

bool Search::is_excluded(OfferHandle offer) const {
  if (std::ranges::find(excluded_.offers, offer) != excluded_.offers.end()) return true;
  const ProviderId provider = offers_.provider(offer);
  if (std::ranges::find(excluded_providers_, provider) != excluded_providers_.end()) return true;
  const domain::Jid& jid = offers_.providers().jid(provider);
  if (std::ranges::find(excluded_.domains, jid.domain()) != excluded_.domains.end()) return true;
  const Profile& profile = offers_.profile(offer);
  const OfferSource source(profile, offers_.profiles().names(), profile.capacity.total(offers_.row(offer)), jid);
  return std::ranges::any_of(excluded_.values, [&](const Exclusions::Value& excluded) {
    const auto values = source.values(excluded.attribute);
    return values.empty() ||
           std::ranges::any_of(values, [&](const auto& value) { return text_of(value) == excluded.text; });
  });
}

bool Search::align(const Profile& profile) {
  columns_.clear();
  for (const Need& need : demand_.needs) {
    const auto column = profile.column_of(need.resource);
    if (!column) return false;
    columns_.push_back(*column);
  }
  return true;
}

// What is free of the offer throughout, in ranking.h's measure, when it is enough. What is taken is left out of no
// size, so sizes compare as what would be left over does.
std::optional<double> Search::room(OfferHandle offer, const Interval& when) {
  const Profile& profile = offers_.profile(offer);
  if (!align(profile)) return std::nullopt;
  const Calendar* const calendar = offers_.calendar(offer);
  if (calendar != nullptr && (when.from > now_ || !calendar->only_in_use())) return room_by_calendar(offer, when);
  const Row row = offers_.row(offer);
  const Amounts free = profile.capacity.free(row);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (free[columns_[i]] < demand_.needs[i].amount) return std::nullopt;
  }
  if (!profile.content.terms.divisible && !profile.capacity.untouched(row)) return std::nullopt;
  if (!profile.capacity.devices_fit(row, demand_.gpu_milli)) return std::nullopt;
  double size = 0;
  for (std::size_t c = 0; c < free.size(); ++c) size += static_cast<double>(free[c]) * profile.columns[c].weight;
  return size;
}

std::optional<double> Search::room_by_calendar(OfferHandle offer, const Interval& when) {
  const Profile& profile = offers_.profile(offer);
  const Calendar::Whole whole = offers_.whole(offer);
  offers_.calendar(offer)->free_throughout(whole, when, {now_, own_, true, {}}, free_);
  bool fits = true;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    fits = fits && free_.amounts[columns_[i]] >= demand_.needs[i].amount;
  }
  if (!profile.content.terms.divisible) fits = fits && std::ranges::equal(free_.amounts, whole.amounts);
  if (!fits || !choose_devices(free_.devices, demand_.gpu_milli)) {
    fleeting_ = true;
    return std::nullopt;
  }
  double size = 0;
  for (std::size_t c = 0; c < free_.amounts.size(); ++c) {
    size += static_cast<double>(free_.amounts[c]) * profile.columns[c].weight;
  }
  return size;
}

// Its size, when it can serve the request and is looked for.
std::optional<double> Search::candidate(OfferHandle offer) {
  if (!offer_does(offer, {}) || (only_ && !only_(offer))) return std::nullopt;
  return room(offer, when_);
}

bool Search::serves(OfferHandle offer, const RuledIn& ruled_in) {
  return !demand_.needs.empty() && offers_.takes_new(offer) && profile_does(offers_.profile_id(offer), ruled_in) &&
         offer_does(offer, ruled_in) && room(offer, when_);
}

Placement Search::placement(OfferHandle offer, const Interval& when) {
  const Profile& profile = offers_.profile(offer);
  const Row row = offers_.row(offer);
  const auto& names = offers_.profiles().names();
  Placement placement;
  placement.offer = offer;
  const auto put = [&](ResourceId resource, std::int64_t amount) {
    BOURSE_CHECK(placement.resources.add(names.key(resource), amount).ok());
  };
  if (profile.content.terms.divisible) {
    for (const Need& need : demand_.needs) put(need.resource, need.amount);
  } else {
    for (std::size_t c = 0; c < profile.columns.size(); ++c)
      put(profile.columns[c].resource, profile.capacity.total(row)[c]);
  }
  const std::int64_t gpu = placement.resources.gpu_milli();
  if (gpu == 0) return placement;
  const Calendar* const calendar = offers_.calendar(offer);
  if (device_ && gpu < domain::kMilli) {
    placement.devices = {{*device_, gpu}};
  } else if (calendar == nullptr) {
    placement.devices = profile.capacity.choose_devices(row, gpu);
  } else {
    calendar->free_throughout(offers_.whole(offer), when, {now_, own_, true, {}}, free_);
    auto devices = choose_devices(free_.devices, gpu);
    BOURSE_CHECK(devices.has_value());
    placement.devices = std::move(*devices);
  }
  return placement;
}

// Ways to go
// --------------------------------------------------------------------------------------------------------------

std::optional<Placement> Search::best(const domain::Preference& prefers, PreferenceOrders& orders,
                                      Appraisals& appraisals) {
  using Kind = domain::Preference::Kind;
  if (demand_.needs.empty()) return std::nullopt;
  switch (prefers.kind()) {
    case Kind::kBestFit:
      breaks_up() ? least_broken_up(appraisals) : best_fit();
      break;
    case Kind::kAvailability:
      most_available(prefers);
      break;
    case Kind::kFastest:
    case Kind::kWeighted:
      highest(prefers, orders);
      break;
  }
  if (found_.offer == kNoOffer) return std::nullopt;
  return placement(found_.offer, when_);
}

// A point that the trees came to. Its size is the offer's, or, in ahead() and booked(), less.
bool Search::take(const Point& point) {
  if (!profile_does(point.profile, {})) return false;
  const auto size = candidate(point.id);
  if (!size) return false;
  if (bound_.admits(*size, point.id)) {
    bound_ = {*size, point.id};
    found_ = {found_.score, *size, point.id};
  }
  return true;
}

void Search::best_fit() {
  look_ahead();
  if (!constraint_.all() && constraint_.count <= kFewProfiles) {
    by_profile();
  } else {
    all_at_once();
  }
}

// Offers of which something is booked ahead; for a later moment all of which anything is booked, too.
void Search::look_ahead() {
  std::size_t asked = 0;
  const auto visit = [&](const Point& point) {
    (void)take(point);
    return ++asked < kMostBooked || found_.offer == kNoOffer;
  };
  const Tree* const ahead[] = {&offers_.ahead()};
  (void)offers_.forest().search(ahead, needed_, kWeightless, bound_, visit);
  if (!later_) return;
  const Tree* const booked[] = {&offers_.booked()};
  (void)offers_.forest().search(booked, needed_, kWeightless, bound_, visit);
}

void Search::all_at_once() {
  const std::size_t accepted = constraint_.all() ? offers_.profiles().size() : constraint_.count;
  std::size_t patience = kPatience + 2 * accepted;
  const Tree* const all[] = {&offers_.free()};
  using Sift = BoxForest::Sift;
  const auto sift = [&](ProfileId profile) {
    if (constraint_.may_accept(profile)) return Sift::kKeep;
    return --patience > 0 ? Sift::kDrop : Sift::kEnd;
  };
  const bool done = offers_.forest().search(all, needed_, offers_.profiles().weights(), bound_, sift,
                                            [&](const Point& point) { return take(point) || --patience > 0; });
  if (!done) by_profile();
}

void Search::by_profile() {
  std::vector<const Tree*> trees;
  each_profile([&](ProfileId id) {
    const Tree& tree = offers_.of_profile(id);
    if (tree.count == 0 || !covers(tree.box.most, needed_) || !bound_.admits(tree.box.size, tree.box.first)) return;
    // take() asks the profile as well: of small ones it is enough to ask those that the search comes to.
    if (tree.count <= kSmallProfile || profile_does(id, {})) trees.push_back(&tree);
  });
  among(trees);
}

void Search::among(const std::vector<const Tree*>& trees) {
  (void)offers_.forest().search(trees, needed_, offers_.profiles().weights(), bound_, [this](const Point& point) {
    (void)take(point);
    return true;
  });
}

double Search::score_of(const domain::Preference& prefers, OfferHandle offer) const {
  const ProviderId provider = offers_.provider(offer);
  if (prefers.kind() == domain::Preference::Kind::kAvailability) {
    return offers_.providers().at(provider).rate[Engine::horizon_of(demand_.duration)];
  }
  const Profile& profile = offers_.profile(offer);
  return weighted_sum(prefers,
                      OfferSource(profile, offers_.profiles().names(), profile.capacity.total(offers_.row(offer)),
                                  offers_.providers().jid(provider)));
}

// Calls judge(offer) for those whose place in the trees says little of them.
template <class Judge>
void Search::each_out_of_order(Judge judge) {
  std::size_t asked = 0;
  const Bound any{std::numeric_limits<double>::infinity(), kNoOffer};
  const auto visit = [&](const Point& point) {
    if (profile_does(point.profile, {})) judge(point.id);
    return ++asked < kMostBooked || found_.offer == kNoOffer;
  };
  const Tree* const ahead[] = {&offers_.ahead()};
  (void)offers_.forest().search(ahead, needed_, kWeightless, any, visit);
  if (!later_) return;
  const Tree* const booked[] = {&offers_.booked()};
  (void)offers_.forest().search(booked, needed_, kWeightless, any, visit);
}

// Provider by provider, the most available first. Only when something fits at all, so that the way is not gone in vain.
void Search::most_available(const domain::Preference& prefers) {
  best_fit();
  if (found_.offer == kNoOffer) return;
  const Found fits = found_;
  std::size_t asked = 0;
  const auto go_through = [&](const std::set<ProviderId>& providers) {
    found_ = {};
    for (const ProviderId provider : providers) {
      OfferHandle offer = offers_.providers().at(provider).first;
      for (; offer != kNoOffer && asked < kMostRated; offer = offers_.next_of_provider(offer), ++asked) {
        if (!offers_.takes_new(offer) || !profile_does(offers_.profile_id(offer), {})) continue;
        const auto size = candidate(offer);
        if (size && Bound{found_.size, found_.offer}.admits(*size, offer)) found_ = {0, *size, offer};
      }
    }
    return found_.offer != kNoOffer;
  };
  const auto& rated = offers_.providers().rated(Engine::horizon_of(demand_.duration));
  for (auto group = rated.begin(); group != rated.end() && group->first > 0 && asked < kMostRated; ++group) {
    if (go_through(group->second)) return;
  }
  if (asked >= kMostRated) {
    if (found_.offer == kNoOffer) found_ = fits;
    return;
  }
  // Nobody with a good name: those without a name, then those with a bad one.
  found_ = {};
  bound_ = {std::numeric_limits<double>::infinity(), kNoOffer};
  only_ = [&](OfferHandle offer) { return score_of(prefers, offer) >= 0; };
  best_fit();
  only_ = nullptr;
  if (found_.offer != kNoOffer) return;
  for (const auto& [rate, providers] : rated) {
    if (rate < 0 && go_through(providers)) return;
  }
  if (found_.offer == kNoOffer) found_ = fits;
}

// Profile by profile, the highest sum first; those whose offers differ in it, before, offer by offer.
void Search::highest(const domain::Preference& prefers, PreferenceOrders& orders) {
  const PreferenceOrder& order = orders.of(prefers);
  found_.score = -std::numeric_limits<double>::infinity();
  const auto judge = [&](OfferHandle offer) {
    const double score = score_of(prefers, offer);
    if (score < found_.score) return;
    const auto size = candidate(offer);
    if (!size) return;
    if (score > found_.score || Bound{found_.size, found_.offer}.admits(*size, offer)) found_ = {score, *size, offer};
  };
  each_out_of_order(judge);
  const Bound any{std::numeric_limits<double>::infinity(), kNoOffer};
  for (const ProfileId id : order.mixed()) {
    if (!offers_.profiles().exists(id) || !profile_does(id, {})) continue;
    const Tree* const tree[] = {&offers_.of_profile(id)};
    (void)offers_.forest().search(tree, needed_, kWeightless, any, [&](const Point& point) {
      judge(point.id);
      return true;
    });
  }
  bound_ = {found_.size, found_.offer};
  for (const auto& [score, id] : order.order()) {
    if (score < found_.score) break;
    if (!offers_.profiles().exists(id)) continue;
    const Tree& tree = offers_.of_profile(id);
    if (tree.count == 0 || !covers(tree.box.most, needed_) || !profile_does(id, {})) continue;
    if (score > found_.score) bound_ = any;
    const OfferHandle before = found_.offer;
    among({&tree});
    if (found_.offer != before) found_.score = score;
    bound_ = {found_.size, found_.offer};
  }
}

}  // namespace bourse::matching
