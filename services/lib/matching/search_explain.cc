// Why nothing serves the request: every offer is told to the explainer, what offers have in common once a profile.
#include <algorithm>

#include "domain/ascii.h"
#include "matching/explainer.h"
#include "matching/feasibility.h"
#include "matching/search.h"

namespace bourse::matching {
namespace {

using base::Timestamp;

constexpr base::Duration kTick{1};

// What of the offer counts for each resource asked for; of gpu what devices can give at once.
std::vector<std::int64_t> asked_of(const Demand& demand, const Profile& profile, const Calendar::Free& free) {
  std::vector<std::int64_t> amounts;
  for (const Need& need : demand.needs) {
    const auto column = profile.column_of(need.resource);
    if (column && column == profile.gpu) {
      amounts.push_back(givable(free.devices, demand.gpu_milli));
    } else {
      amounts.push_back(column ? free.amounts[*column] : 0);
    }
  }
  return amounts;
}

bool is_amount(const Profile& profile, const Interner<std::string>& names, std::string_view name) {
  return std::ranges::any_of(profile.columns, [&](const Profile::Column& column) {
    return !column.is_service && domain::equal_folded(names.key(column.resource), name);
  });
}

}  // namespace

// From when the lease would begin until reservations are in the way of it.
base::Duration Search::room_for(OfferHandle offer) {
  const Profile& profile = offers_.profile(offer);
  const Calendar* const calendar = offers_.calendar(offer);
  Timestamp until = when_.from;
  const auto fits = [&](Timestamp to) {
    return align(profile) && (calendar == nullptr ? room(offer, when_) : room_by_calendar(offer, {when_.from, to}));
  };
  if (!fits(until + kTick)) return {};
  if (calendar == nullptr || calendar->only_in_use()) return base::Duration::max();
  std::vector<Timestamp> begins = calendar->beginnings();
  std::ranges::sort(begins);
  for (const Timestamp at : begins) {
    if (at > when_.from && !fits(at + kTick)) return at - when_.from;
  }
  return base::Duration::max();
}

void Search::tell(OfferHandle offer, const Explainer::Profile& facts, Explainer& explainer) {
  const Profile& profile = offers_.profile(offer);
  const Row row = offers_.row(offer);
  const Calendar* const calendar = offers_.calendar(offer);
  const Calendar::Whole whole = offers_.whole(offer);
  const Calendar none;
  const Calendar& bookings = calendar != nullptr ? *calendar : none;
  Calendar::Free untouched;
  Calendar::Free unused;
  Calendar::Free free;
  none.free_throughout(whole, when_, {}, untouched);
  bookings.free_throughout(whole, when_, {now_, own_, false, {}, false}, unused);
  bookings.free_throughout(whole, when_, {now_, own_, true, {}}, free);

  const auto whole_amounts = asked_of(demand_, profile, untouched);
  const auto unused_amounts = asked_of(demand_, profile, unused);
  const auto free_amounts = asked_of(demand_, profile, free);
  const OfferSource values(profile, offers_.profiles().names(), whole.amounts,
                           offers_.providers().jid(offers_.provider(offer)));
  const domain::Filter::Source source = [&](std::string_view name) { return values.values(name); };
  const std::function<std::optional<Timestamp>()> from = [&]() -> std::optional<Timestamp> {
    if (!offers_.takes_new(offer) || !constraint_.may_accept(offers_.profile_id(offer)) || !profile_serves(profile) ||
        !lease_fits(profile.content.terms, demand_.duration) || !offer_admits(offer, {}) || !align(profile)) {
      return std::nullopt;
    }
    return earliest_on(offer, Timestamp::max());
  };

  Explainer::View view;
  view.offer = offer;
  view.whole = whole_amounts;
  view.unused = unused_amounts;
  view.free = free_amounts;
  view.touched = unused.amounts != untouched.amounts;
  view.promised = free.amounts != unused.amounts;
  view.barred = offers_.providers().at(offers_.provider(offer)).barred;
  view.excluded = !excluded_.empty() && is_excluded(offer);
  const Window window = profile.window(row);
  const auto open_until = offers_.openings().open_until(profile.schedule, when_.from);
  if (open_until && when_.from >= window.starts) {
    const Timestamp until = std::min(*open_until, window.expires);
    if (until > when_.from) view.open_for = until - when_.from;
  }
  view.room_for = room_for(offer);
  view.source = &source;
  view.from = &from;
  explainer.add(facts, view);
}

// The decider's thread waits for it, so it must not take longer the larger the market is.
Explanation Search::explain(const domain::Request& asked) {
  Explainer explainer(asked, now_);
  const std::size_t step = (offers_.size() + kMostTold - 1) / kMostTold;
  std::size_t passed = 0;  // since the last one that was told
  const ProfileTable& profiles = offers_.profiles();
  for (ProfileId id = 0; id < profiles.numbers(); ++id) {
    if (!profiles.exists(id)) continue;
    const Profile& profile = profiles.at(id);
    if (passed + profile.offers.size() < step) {
      passed += profile.offers.size();
      continue;
    }
    const auto common = [&](std::string_view name) -> std::optional<std::vector<domain::AttributeValue>> {
      const bool offer_tells =
          name == domain::kByProvider || name == domain::kByDomain || is_amount(profile, profiles.names(), name);
      if (offer_tells) return std::nullopt;
      return domain::lookup(profile.content, name);
    };
    const auto facts = explainer.judge(profile.content.terms, profile_serves(profile), common);
    for (const OfferHandle offer : profile.offers) {
      if (++passed < step) continue;
      passed = 0;
      tell(offer, facts, explainer);
    }
  }
  auto explanation = explainer.finish();
  explanation.drawn_from = offers_.size();
  return explanation;
}

}  // namespace bourse::matching
