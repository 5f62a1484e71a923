// Purpose: the engine that finds the best of a million offers without looking at them: offers in trees by what is
//   free of them (offer_table.h), constraints judged once for all offers of a profile (constraints.h), waiting
//   requests found by what an offer has (demand.h). Every change is made in place.
// Lifetime and threads: as Engine.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "matching/appraisals.h"
#include "matching/constraints.h"
#include "matching/demand.h"
#include "matching/engine.h"
#include "matching/offer_table.h"
#include "matching/preference_order.h"
#include "matching/search.h"

namespace bourse::matching {

class IndexEngine final : public Engine {
 public:
  IndexEngine();

  void put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) override;
  void remove_offer(OfferHandle offer) override;
  [[nodiscard]] domain::Offer content(OfferHandle offer) const override;
  [[nodiscard]] std::vector<std::string> values(OfferHandle offer, std::string_view attribute) const override;
  [[nodiscard]] std::int64_t capacity(const std::string& resource) const override;
  void bar(const domain::Jid& provider, bool barred) override;
  void rate(const domain::Jid& provider, const Availability& availability) override;

  [[nodiscard]] bool book(OfferHandle offer, const Booking& booking) override;
  void give_back(OfferHandle offer, BookingId id) override;
  [[nodiscard]] bool begin(OfferHandle offer, BookingId id) override;
  [[nodiscard]] bool prolong(OfferHandle offer, BookingId id, base::Timestamp until, base::Timestamp now) override;

  void put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                   const std::vector<std::string>& groups, const domain::Request& content) override;
  void remove_request(RequestHandle request) override;
  [[nodiscard]] std::optional<Placement> best(RequestHandle request, base::Timestamp now,
                                              const Exclusions& excluded) const override;
  [[nodiscard]] std::vector<RequestHandle> wakes(OfferHandle offer, base::Timestamp now) const override;
  [[nodiscard]] std::vector<RequestHandle> heads() const override { return demands_.heads(); }
  [[nodiscard]] std::optional<RequestHandle> next_in_queue(RequestHandle request) const override {
    return demands_.after(request);
  }

  [[nodiscard]] base::Timestamp next_opening() const override { return offers_.openings().next(); }
  [[nodiscard]] bool advance(base::Timestamp now) override;

  std::optional<Hold> hold(RequestHandle request, base::Timestamp now, const Exclusions& excluded) override;
  std::optional<Hold> hold_another(RequestHandle request, base::Timestamp from, base::Timestamp now,
                                   const Exclusions& excluded) override;
  [[nodiscard]] std::optional<Hold> held_for(RequestHandle request) const override;
  [[nodiscard]] Explanation explain(RequestHandle request, base::Timestamp now,
                                    const Exclusions& excluded) const override;

  [[nodiscard]] std::size_t profile_count() const { return offers_.profiles().size(); }
  // How often a profile came that was not there: whenever that happens, constraints are judged for it.
  [[nodiscard]] std::uint64_t profile_births() const { return offers_.profiles().births(); }

 private:
  [[nodiscard]] Search search_for(RequestHandle request, base::Timestamp now, const Exclusions& excluded) const;
  // `gone`: an offer that is not there any more, with what was held of it.
  void drop_hold(RequestHandle request, std::optional<OfferHandle> gone = {});

  OfferTable offers_;
  ConstraintTable constraints_;
  DemandTable demands_;
  std::unordered_map<RequestHandle, std::vector<OfferHandle>>
      held_;  // what one holds of others than Waiting::hold says
  mutable PreferenceOrders orders_;
  mutable Appraisals appraisals_;
  std::uint64_t growth_ = 1;  // counts what can make room for somebody
};

}  // namespace bourse::matching
