// Purpose: the engine that looks at every offer: right first, and quick enough because offers that have a
//   profile in common are judged together and their amounts lie side by side. An engine with an index
//   takes its place behind the same interface.
// Lifetime and threads: as Engine.
#pragma once

#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "matching/demand.h"
#include "matching/engine.h"
#include "matching/profile.h"
#include "matching/ranking.h"

namespace bourse::matching {

class ScanEngine final : public Engine {
 public:
  void put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) override;
  void remove_offer(OfferHandle offer) override;
  [[nodiscard]] bool take(OfferHandle offer, const domain::Resources& resources,
                          const std::vector<domain::DeviceShare>& devices) override;
  void give_back(OfferHandle offer, const domain::Resources& resources,
                 const std::vector<domain::DeviceShare>& devices) override;

  [[nodiscard]] domain::Offer content(OfferHandle offer) const override;

  // A handle that waits already gets the new content.
  void put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                   const domain::Request& content) override;
  void remove_request(RequestHandle request) override;

  [[nodiscard]] std::optional<Placement> best(RequestHandle request,
                                              const std::unordered_set<domain::Jid>& excluded) const override;
  [[nodiscard]] std::vector<RequestHandle> wakes(OfferHandle offer) const override;

  [[nodiscard]] std::size_t profile_count() const { return profiles_.size(); }

 private:
  static constexpr ProfileId kNoProfile = ~ProfileId{0};
  struct Place {
    ProfileId profile = kNoProfile;
    Row row = 0;
  };
  // One run of best(): what it looks for, and what it found so far.
  struct Search {
    const Demand& demand;
    const Consumer& consumer;
    std::optional<Rank> rank;
    Place place;
    bool personal = false;  // something was passed over only because of who asks
  };

  [[nodiscard]] bool is_open(OfferHandle offer) const {
    return offer < offers_.size() && offers_[offer].profile != kNoProfile;
  }
  [[nodiscard]] bool aligned(const Profile& profile, const domain::Resources& resources,
                             std::vector<std::int64_t>& amounts) const;
  [[nodiscard]] bool align_needed(const Profile& profile, const Demand& demand) const;
  [[nodiscard]] bool serves(ProfileId id, const Profile& profile, const Consumer& consumer) const;
  [[nodiscard]] Verdict verdict(ProfileId id, const Profile& profile, const Constraint& constraint) const;
  [[nodiscard]] bool accepts(Verdict verdict, const Profile& profile, Row row, const Constraint& constraint) const;
  [[nodiscard]] bool row_fits(const Profile& profile, Row row, const Demand& demand) const;
  void search_profile(Search& search, ProfileId id) const;
  [[nodiscard]] Placement placement(const Search& search) const;
  void mark(const std::unordered_set<domain::Jid>& providers, bool excluded) const;
  void note(VerdictTable& table, ProfileId id, Verdict verdict) const;
  void size_scratch();
  void forget_verdicts() const;

  ProfileTable profiles_;
  std::vector<Place> offers_;  // by handle
  Interner<domain::Jid> providers_;
  DemandTable demands_;
  std::uint64_t growth_ = 1;  // counts what can make room for somebody

  mutable std::size_t verdict_pages_ = 0;
  // Scratch, kept so that nothing is allocated per search.
  mutable std::vector<std::int64_t> by_resource_;  // all 0 between calls
  mutable std::vector<std::int64_t> needed_;       // per column of the profile being looked at
  mutable std::vector<bool> excluded_;             // by provider number; all false between calls
};

}  // namespace bourse::matching
