// Purpose: the open offers: what each has and what is free of it, its bookings over time, and where it stands in
//   the trees that a search walks. Every change takes the offer out of the trees, changes it and puts it back where
//   it now belongs.
// Lifetime: one table per engine. Threads: the decider's only.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "matching/box_forest.h"
#include "matching/calendar.h"
#include "matching/engine.h"
#include "matching/openings.h"
#include "matching/profile.h"
#include "matching/providers.h"

namespace bourse::matching {

class OfferTable {
 public:
  OfferTable() : profiles_(openings_) {}

  // One use more of what an offer shares with others, for put() to take over.
  struct Kept {
    ProfileId profile = 0;
    ProviderId provider = 0;
  };
  [[nodiscard]] Kept keep(const domain::Jid& provider, const domain::Offer& content);
  // CHECKs that it is not open.
  void put(OfferHandle offer, const Kept& kept, const domain::Offer& content);
  // Whose holds lay on it.
  std::vector<RequestHandle> remove(OfferHandle offer);
  bool bar(const domain::Jid& provider, bool barred);  // false when it was so already

  // As the port says.
  [[nodiscard]] domain::Offer content(OfferHandle offer) const;
  [[nodiscard]] std::int64_t capacity(const std::string& resource) const;
  [[nodiscard]] bool book(OfferHandle offer, const Booking& booking);
  void give_back(OfferHandle offer, BookingId id);
  [[nodiscard]] bool begin(OfferHandle offer, BookingId id);
  [[nodiscard]] bool prolong(OfferHandle offer, BookingId id, base::Timestamp until, base::Timestamp now);
  // Beside what it holds there.
  void hold(OfferHandle offer, RequestHandle owner, const Interval& when, const domain::Resources& resources,
            const std::vector<domain::DeviceShare>& devices);
  void drop(OfferHandle offer, RequestHandle owner);

  [[nodiscard]] bool is_open(OfferHandle offer) const {
    return offer < places_.size() && places_[offer].profile != kNoProfile;
  }
  [[nodiscard]] ProfileId profile_id(OfferHandle offer) const { return places_[offer].profile; }
  [[nodiscard]] const Profile& profile(OfferHandle offer) const { return profiles_.at(places_[offer].profile); }
  [[nodiscard]] Row row(OfferHandle offer) const { return places_[offer].row; }
  [[nodiscard]] ProviderId provider(OfferHandle offer) const { return profile(offer).providers[row(offer)]; }
  // Null when nothing is booked of it.
  [[nodiscard]] const Calendar* calendar(OfferHandle offer) const { return places_[offer].calendar.get(); }
  [[nodiscard]] Calendar::Whole whole(OfferHandle offer) const {
    return {profile(offer).capacity.total(row(offer)), profile(offer).gpu};
  }
  // Its provider is not barred, and it does not drain.
  [[nodiscard]] bool takes_new(OfferHandle offer) const;
  [[nodiscard]] OfferHandle next_of_provider(OfferHandle offer) const { return places_[offer].next; }
  [[nodiscard]] std::size_t numbers() const { return places_.size(); }  // every handle is below this
  [[nodiscard]] std::size_t size() const { return size_; }

  // What is free now, in lanes (wholly: whatever is in use).
  [[nodiscard]] Lanes free_lanes(OfferHandle offer) const;
  [[nodiscard]] Lanes whole_lanes(OfferHandle offer) const;
  [[nodiscard]] Lane until_lane(base::Timestamp at) const;

  [[nodiscard]] ProfileTable& profiles() { return profiles_; }
  [[nodiscard]] const ProfileTable& profiles() const { return profiles_; }
  [[nodiscard]] Providers& providers() { return providers_; }
  [[nodiscard]] const Providers& providers() const { return providers_; }
  [[nodiscard]] Openings& openings() { return openings_; }
  [[nodiscard]] const Openings& openings() const { return openings_; }

  // Offers that take something new and of which something is free now stand in free(), and in their profile's tree. One
  // with something reserved or held ahead stands in ahead() instead, with what will be left at the worst as its size:
  // what is free of it depends on when. booked() has those of which anything is booked, with their whole amounts.
  [[nodiscard]] const BoxForest& forest() const { return forest_; }
  [[nodiscard]] const Tree& free() const { return free_; }
  [[nodiscard]] const Tree& of_profile(ProfileId profile) const { return by_profile_[profile]; }
  [[nodiscard]] const Tree& ahead() const { return ahead_; }
  [[nodiscard]] const Tree& booked() const { return booked_; }

 private:
  static constexpr ProfileId kNoProfile = ~ProfileId{0};
  struct Place {
    ProfileId profile = kNoProfile;
    Row row = 0;
    OfferHandle previous = kNoOffer;  // of the same provider
    OfferHandle next = kNoOffer;
    std::unique_ptr<Calendar> calendar;
  };
  // The offer is out of the trees while one of these lives.
  class Change;
  struct Share {
    std::vector<std::int64_t> amounts;
    bool known = true;  // it names nothing the offer does not have
  };

  [[nodiscard]] Share aligned(const Profile& profile, const domain::Resources& resources) const;
  Calendar& calendar_of(OfferHandle offer);
  void stand(OfferHandle offer, bool there);
  [[nodiscard]] Point point(OfferHandle offer) const;
  [[nodiscard]] Point point_ahead(OfferHandle offer) const;
  void link(OfferHandle offer, ProviderId provider);
  void unlink(OfferHandle offer, ProviderId provider);
  void count(const Profile& profile, Row row, bool more);
  [[nodiscard]] Lanes lanes(const Profile& profile, Amounts amounts, std::span<const std::uint16_t> devices,
                            const Window& window) const;

  Openings openings_;
  ProfileTable profiles_;
  Providers providers_;
  std::vector<Place> places_;  // by handle
  std::size_t size_ = 0;
  std::vector<std::uint64_t> sums_;     // by resource, of whole amounts
  std::optional<base::Timestamp> era_;  // where the lane of time begins
  BoxForest forest_;
  Tree free_;
  Tree ahead_;
  Tree booked_;
  std::vector<Tree> by_profile_;
};

}  // namespace bourse::matching
