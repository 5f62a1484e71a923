// Purpose: the whole engine port in the plainest way: every question looks at every offer and every booking, nothing is
//   remembered. What it says is right by reading it; the index is compared with it, and it says more than the port asks
//   for so that choices which may differ (among equals, which devices) can be judged as well.
// Lifetime: as Engine. Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/weekly_schedule.h"
#include "matching/engine.h"

namespace bourse::matching {

class ReferenceEngine final : public Engine {
 public:
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
  // Best fit as ranking.h says, of what is free throughout the lease; devices as choose_devices() says.
  [[nodiscard]] std::optional<Placement> best(RequestHandle request, base::Timestamp now,
                                              const Exclusions& excluded) const override;
  // A queue is woken when one of its requests could be served.
  [[nodiscard]] std::vector<RequestHandle> wakes(OfferHandle offer, base::Timestamp now) const override;
  [[nodiscard]] std::vector<RequestHandle> heads() const override;
  [[nodiscard]] std::optional<RequestHandle> next_in_queue(RequestHandle request) const override;

  // Openings after the moment last given to advance().
  [[nodiscard]] base::Timestamp next_opening() const override;
  [[nodiscard]] bool advance(base::Timestamp now) override;

  // Of equally early offers the lowest handle. Gone with its offer, also when that is put anew.
  std::optional<Hold> hold(RequestHandle request, base::Timestamp now, const Exclusions& excluded) override;
  std::optional<Hold> hold_another(RequestHandle request, base::Timestamp from, base::Timestamp now,
                                   const Exclusions& excluded) override;
  [[nodiscard]] std::optional<Hold> held_for(RequestHandle request) const override;
  [[nodiscard]] Explanation explain(RequestHandle request, base::Timestamp now,
                                    const Exclusions& excluded) const override;

  // Beyond the port: what another engine's answers are judged by

  // Whether a grant of the request could be exactly this: the amounts as they must be, any devices that are free.
  [[nodiscard]] bool feasible(RequestHandle request, const Placement& placement, base::Timestamp now,
                              const Exclusions& excluded) const;
  // What would be given of this offer; nothing when it cannot serve the request.
  [[nodiscard]] std::optional<Placement> placement_on(OfferHandle offer, RequestHandle request, base::Timestamp now,
                                                      const Exclusions& excluded) const;
  // Higher is better: availability or the weighted sum; 0 for best fit.
  [[nodiscard]] double score(RequestHandle request, OfferHandle offer) const;
  // Lower is better, among equal scores.
  [[nodiscard]] double left_over(RequestHandle request, OfferHandle offer, base::Timestamp now) const;
  // From when the offer could serve it, as hold() counts; the request's own hold left out.
  [[nodiscard]] std::optional<base::Timestamp> earliest_on(OfferHandle offer, RequestHandle request,
                                                           base::Timestamp now, const Exclusions& excluded) const;
  [[nodiscard]] bool same_queue(RequestHandle a, RequestHandle b) const;
  // Σ in use ≤ capacity of every offer and every device, and of what is ahead at every moment. What went wrong, or
  // empty.
  [[nodiscard]] std::string broken() const;
  [[nodiscard]] const std::map<BookingId, Booking>& bookings(OfferHandle offer) const { return lent(offer).bookings; }
  [[nodiscard]] std::vector<OfferHandle> offers() const;
  [[nodiscard]] std::vector<RequestHandle> requests() const;

 private:
  struct Lent {
    domain::Jid provider;  // bare
    domain::Offer content;
    domain::Resources whole;
    domain::WeeklySchedule schedule;
    std::map<BookingId, Booking> bookings;
  };
  struct Waiting {
    std::uint64_t order = 0;
    domain::Jid consumer;  // bare
    std::vector<std::string> groups;
    domain::Request content;
    domain::Resources demand;
  };
  struct Held {
    Hold hold;
    Interval when;
    domain::Resources resources;
    std::vector<domain::DeviceShare> devices;
  };
  struct Free {
    std::map<std::string, std::int64_t> amounts;
    std::vector<std::int64_t> devices;
  };
  // What counts when it is asked what is free.
  struct View {
    std::optional<base::Timestamp> now = {};  // none: what is in use ends when it said it would
    std::optional<RequestHandle> own = {};    // whose hold does not count
    bool holds = true;
    std::optional<BookingId> without = {};
    bool ahead = true;
  };

  [[nodiscard]] std::optional<base::Timestamp> earliest_on(OfferHandle offer, RequestHandle request,
                                                           base::Timestamp from, const Exclusions& excluded,
                                                           const View& view) const;
  [[nodiscard]] const Lent& lent(OfferHandle offer) const;
  [[nodiscard]] const Waiting& waiting(RequestHandle request) const;
  [[nodiscard]] Free free_at(OfferHandle offer, base::Timestamp at, const View& view) const;
  [[nodiscard]] Free free_throughout(OfferHandle offer, const Interval& when, const View& view) const;
  [[nodiscard]] Free free_of_what_is_in_use(OfferHandle offer) const;
  [[nodiscard]] static bool covers(const Free& free, const domain::Resources& resources,
                                   const std::vector<domain::DeviceShare>& devices);
  [[nodiscard]] static std::optional<std::vector<domain::DeviceShare>> choose(const Free& free, std::int64_t gpu_milli);
  [[nodiscard]] static bool is_open(const Lent& offer, const Interval& when);
  [[nodiscard]] static base::Timestamp opening_after(const Lent& offer, base::Timestamp at);
  [[nodiscard]] bool excludes(const Exclusions& excluded, OfferHandle offer) const;
  [[nodiscard]] static std::vector<domain::AttributeValue> attribute_of(const domain::Jid& provider,
                                                                        const domain::Offer& offer,
                                                                        std::string_view name);
  [[nodiscard]] static bool serves_consumer(const Lent& offer, const Waiting& request);
  // Everything but time and amounts.
  [[nodiscard]] bool suits(const Lent& offer, const Waiting& request) const;
  [[nodiscard]] bool admits(OfferHandle offer, const Waiting& request, const Exclusions& excluded) const;
  [[nodiscard]] std::optional<Placement> placement_at(OfferHandle offer, RequestHandle request, const Interval& when,
                                                      const View& view) const;
  // For how long from then the offer has what is asked, were it open.
  [[nodiscard]] base::Duration room_for(OfferHandle offer, RequestHandle request, base::Timestamp from,
                                        base::Timestamp now) const;
  // The order within a queue, and of what.
  [[nodiscard]] bool before(RequestHandle a, RequestHandle b) const;
  [[nodiscard]] std::vector<std::vector<RequestHandle>> queues() const;

  std::map<OfferHandle, Lent> offers_;
  std::map<RequestHandle, Waiting> requests_;
  std::multimap<RequestHandle, Held> holds_;
  std::set<domain::Jid> barred_;
  std::map<domain::Jid, Availability> rates_;
  base::Timestamp advanced_;
};

}  // namespace bourse::matching
