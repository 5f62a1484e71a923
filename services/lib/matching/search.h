// Purpose: one question about one waiting request: which offer serves it best, or earliest, or whether a certain one
// does.
//   It walks the trees of the table of offers, smallest first, and asks what the trees cannot know (constraints,
//   leases, time, bookings ahead) of the offers they come to. When most of those are turned away, it goes profile by
//   profile instead, over those alone that the constraint accepts.
// Lifetime: of one call. Threads: the decider's only.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "matching/appraisals.h"
#include "matching/calendar.h"
#include "matching/demand.h"
#include "matching/explainer.h"
#include "matching/offer_table.h"
#include "matching/preference_order.h"

namespace bourse::matching {

class Search {
 public:
  // `own`: whose hold does not count; the request's own, where it has one.
  Search(const OfferTable& offers, const Demand& demand, const Constraint& constraint, const Consumer& consumer,
         std::optional<RequestHandle> own, base::Timestamp now, const Exclusions& excluded);

  [[nodiscard]] std::optional<Placement> best(const domain::Preference& prefers, PreferenceOrders& orders,
                                              Appraisals& appraisals);
  // Rules that are known to hold.
  struct RuledIn {
    bool constraint = false;
    bool consumer = false;
  };
  [[nodiscard]] bool serves(OfferHandle offer, const RuledIn& ruled_in);
  [[nodiscard]] std::optional<Engine::Hold> earliest();
  void not_before(base::Timestamp from) {
    when_ = {std::max(when_.from, from), std::max(when_.from, from) + demand_.duration};
  }
  [[nodiscard]] Placement placement(OfferHandle offer, const Interval& when);
  // As the request itself says it. Looks at every offer, of very many at some that are drawn evenly.
  [[nodiscard]] Explanation explain(const domain::Request& asked);
  static constexpr std::size_t kMostTold = 8192;

  // Something was in the way that another moment or another consumer would not meet.
  [[nodiscard]] bool fleeting() const { return fleeting_; }

 private:
  struct Found {
    double score = 0;
    double size = std::numeric_limits<double>::infinity();
    OfferHandle offer = kNoOffer;
  };

  // Rules.
  [[nodiscard]] bool profile_does(ProfileId profile, const RuledIn& ruled_in);
  [[nodiscard]] bool profile_serves(const Profile& profile);
  [[nodiscard]] bool offer_does(OfferHandle offer, const RuledIn& ruled_in);
  [[nodiscard]] bool offer_admits(OfferHandle offer, const RuledIn& ruled_in);  // whatever the time
  [[nodiscard]] std::optional<base::Timestamp> earliest_on(OfferHandle offer, base::Timestamp no_later);
  [[nodiscard]] bool is_excluded(OfferHandle offer) const;
  [[nodiscard]] bool align(const Profile& profile);
  [[nodiscard]] std::optional<double> room(OfferHandle offer, const Interval& when);
  [[nodiscard]] std::optional<double> room_by_calendar(OfferHandle offer, const Interval& when);
  [[nodiscard]] std::optional<double> candidate(OfferHandle offer);
  [[nodiscard]] double score_of(const domain::Preference& prefers, OfferHandle offer) const;

  [[nodiscard]] base::Duration room_for(OfferHandle offer);
  void tell(OfferHandle offer, const Explainer::Profile& facts, Explainer& explainer);

  // Ways to go.
  void best_fit();
  // In a small market every offer is appraised, in a large one only the first that are found, which fit best.
  static constexpr std::size_t kSmallMarket = 4096;
  // Whoever does not need devices may still be in the way of who does.
  [[nodiscard]] bool breaks_up() const;
  void least_broken_up(Appraisals& appraisals);
  void all_at_once();
  void by_profile();
  void look_ahead();
  void most_available(const domain::Preference& prefers);
  void highest(const domain::Preference& prefers, PreferenceOrders& orders);
  void among(const std::vector<const Tree*>& trees);
  template <class Judge>
  void each_out_of_order(Judge judge);
  template <class Visit>
  void each_profile(Visit visit);
  bool take(const Point& point);

  const OfferTable& offers_;
  const Demand& demand_;
  const Constraint& constraint_;
  const Consumer& consumer_;
  std::optional<RequestHandle> own_;
  base::Timestamp now_;
  Interval when_;
  const Exclusions& excluded_;
  std::vector<ProviderId> excluded_providers_;
  Lanes needed_;
  bool later_ = false;  // the lease begins after now

  Found found_;
  Bound bound_{std::numeric_limits<double>::infinity(), kNoOffer};
  std::function<bool(OfferHandle)> only_;  // empty: any
  static constexpr LaneWeights kWeightless{};
  std::optional<std::uint16_t> device_;  // to take a part of, where that was chosen
  bool fleeting_ = false;
  std::vector<std::size_t> columns_;  // of each need, of the profile looked at last
  std::vector<std::int64_t> needed_amounts_;
  Calendar::Free free_;
};

// That the constraint may accept.
template <class Visit>
void Search::each_profile(Visit visit) {
  const auto look = [&](std::size_t number) {
    const auto id = static_cast<ProfileId>(number);
    if (offers_.profiles().exists(id)) visit(id);
  };
  if (constraint_.all()) {
    for (std::size_t id = 0; id < offers_.profiles().numbers(); ++id) look(id);
    return;
  }
  constraint_.yes.each(look);
  constraint_.per_offer.each(look);
}

}  // namespace bourse::matching
