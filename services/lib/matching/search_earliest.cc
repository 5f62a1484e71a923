// When could an offer serve the request at all: what a hold is put on.
#include <algorithm>

#include "matching/feasibility.h"
#include "matching/search.h"

namespace bourse::matching {
namespace {

using base::Timestamp;

constexpr base::Duration kTick{1};
// Openings after the last booking repeat every week, but for changes of clocks.
constexpr base::Duration kHorizon = std::chrono::hours(24 * 15);
constexpr std::size_t kMostOpenings = 4096;
constexpr std::size_t kMostAsked = 50'000;  // offers, once one was found that can

}  // namespace

// The first moment from which the offer is free and open for as long as the lease takes.
std::optional<Timestamp> Search::earliest_on(OfferHandle offer, Timestamp no_later) {
  const Profile& profile = offers_.profile(offer);
  const Openings& openings = offers_.openings();
  const Window window = profile.window(offers_.row(offer));
  const Calendar* const calendar = offers_.calendar(offer);
  const Calendar::Whole whole = offers_.whole(offer);
  needed_amounts_.assign(profile.columns.size(), 0);
  for (std::size_t i = 0; i < columns_.size(); ++i) needed_amounts_[columns_[i]] = demand_.needs[i].amount;
  const Amounts taken = profile.content.terms.divisible ? Amounts(needed_amounts_) : whole.amounts;

  Timestamp at = std::max(when_.from, window.starts);
  const Timestamp last = std::max({at, calendar != nullptr ? calendar->end() : at, now_ + kTick}) + kHorizon;
  for (std::size_t tries = 0; at <= std::min(last, no_later) && tries < kMostOpenings; ++tries) {
    if (calendar != nullptr) {
      const auto free = calendar->earliest(whole, taken, demand_.duration, at, {now_, own_, true, {}});
      if (!free || *free > no_later) return std::nullopt;
      at = *free;
    }
    if (openings.is_open(profile.schedule, window, {at, at + demand_.duration})) return at;
    if (at + demand_.duration > window.expires) return std::nullopt;
    // Open, but not for long enough, or closed: from the next opening on.
    const Timestamp opening = openings.opening_after(profile.schedule, window, at);
    if (opening <= at || opening == Timestamp::max()) return std::nullopt;
    at = opening;
  }
  return std::nullopt;
}

// Of equally early ones the lowest handle.
std::optional<Engine::Hold> Search::earliest() {
  std::optional<Engine::Hold> best;
  if (demand_.needs.empty()) return best;
  std::size_t asked = 0;
  each_profile([&](ProfileId id) {
    const Profile& profile = offers_.profiles().at(id);
    if (profile.content.terms.drain || !lease_fits(profile.content.terms, demand_.duration)) return;
    if (!profile_serves(profile) || !align(profile)) return;
    for (Row row = 0; row < profile.offers.size() && (!best || asked < kMostAsked); ++row) {
      const OfferHandle offer = profile.offers[row];
      if (best && best->from <= when_.from && offer > best->offer) continue;
      const Amounts totals = profile.capacity.total(row);
      bool enough = true;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        enough = enough && totals[columns_[i]] >= demand_.needs[i].amount;
      }
      if (!enough || !offers_.takes_new(offer) || !offer_admits(offer, {})) continue;
      if (demand_.gpu_milli > domain::kMilli && demand_.gpu_milli % domain::kMilli != 0) continue;
      ++asked;
      const auto from = earliest_on(offer, best ? best->from : Timestamp::max());
      if (!from || (best && (*from > best->from || (*from == best->from && offer > best->offer)))) continue;
      best = Engine::Hold{offer, *from};
    }
  });
  return best;
}

}  // namespace bourse::matching
