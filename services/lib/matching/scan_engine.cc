#include "matching/scan_engine.h"

#include <algorithm>
#include <utility>

#include "matching/feasibility.h"

namespace bourse::matching {
namespace {

constexpr std::size_t kMaxVerdictPages = 64 * 1024;  // 64 MiB of notes; then they are made anew

}  // namespace

void ScanEngine::put_offer(OfferHandle offer, const domain::Jid& provider, const domain::Offer& content) {
  // The new profile first: an equal old one must not go and come back.
  const ProfileId id = profiles_.acquire(content);
  const ProviderId provider_id = providers_.acquire(provider.bare()).id;
  if (is_open(offer)) remove_offer(offer);
  if (offer >= offers_.size()) offers_.resize(offer + 1);

  Profile& profile = profiles_.at(id);
  std::vector<std::int64_t> totals;
  for (const auto& entry : content.resources.entries()) totals.push_back(entry.amount);
  offers_[offer] = {id, profile.capacity.add(totals)};
  profile.offers.push_back(offer);
  profile.providers.push_back(provider_id);
  size_scratch();
  ++growth_;
}

void ScanEngine::remove_offer(OfferHandle offer) {
  BOURSE_CHECK(is_open(offer));
  const Place gone = std::exchange(offers_[offer], {});
  Profile& profile = profiles_.at(gone.profile);
  const ProviderId provider = profile.providers[gone.row];

  profile.capacity.remove(gone.row);
  profile.offers[gone.row] = profile.offers.back();
  profile.providers[gone.row] = profile.providers.back();
  profile.offers.pop_back();
  profile.providers.pop_back();
  if (gone.row < profile.offers.size()) offers_[profile.offers[gone.row]].row = gone.row;

  if (providers_.release(provider)) providers_.reuse(provider);
  profiles_.release(gone.profile);
  if (profiles_.wants_forgetting()) {
    forget_verdicts();
    profiles_.forgotten();
  }
}

domain::Offer ScanEngine::content(OfferHandle offer) const {
  BOURSE_CHECK(is_open(offer));
  const Place& place = offers_[offer];
  const Profile& profile = profiles_.at(place.profile);
  const Amounts totals = profile.capacity.total(place.row);
  domain::Offer content = profile.content;
  for (std::size_t c = 0; c < profile.columns.size(); ++c) {
    BOURSE_CHECK(content.resources.add(profiles_.names().key(profile.columns[c]), totals[c]).ok());
  }
  return content;
}

bool ScanEngine::aligned(const Profile& profile, const domain::Resources& resources,
                         std::vector<std::int64_t>& amounts) const {
  amounts.assign(profile.columns.size(), 0);
  for (const auto& entry : resources.entries()) {
    const auto name = profiles_.names().find(entry.name);
    const auto column = name ? profile.column_of(*name) : std::nullopt;
    if (!column) return false;
    amounts[*column] = entry.amount;
  }
  return true;
}

bool ScanEngine::take(OfferHandle offer, const domain::Resources& resources,
                      const std::vector<domain::DeviceShare>& devices) {
  BOURSE_CHECK(is_open(offer));
  const Place place = offers_[offer];
  Profile& profile = profiles_.at(place.profile);
  std::vector<std::int64_t> amounts;
  return aligned(profile, resources, amounts) && profile.capacity.take(place.row, amounts, devices);
}

void ScanEngine::give_back(OfferHandle offer, const domain::Resources& resources,
                           const std::vector<domain::DeviceShare>& devices) {
  BOURSE_CHECK(is_open(offer));
  const Place place = offers_[offer];
  Profile& profile = profiles_.at(place.profile);
  std::vector<std::int64_t> amounts;
  BOURSE_CHECK(aligned(profile, resources, amounts));
  BOURSE_CHECK(profile.capacity.give_back(place.row, amounts, devices));
  ++growth_;
}

void ScanEngine::put_request(RequestHandle request, std::uint64_t order, const domain::Jid& consumer,
                             const domain::Request& content) {
  if (demands_.waits(request)) remove_request(request);
  demands_.put(request, order, consumer, content, profiles_.names());
  size_scratch();
}

void ScanEngine::remove_request(RequestHandle request) { demands_.remove(request, profiles_.names()); }

std::optional<Placement> ScanEngine::best(RequestHandle request,
                                          const std::unordered_set<domain::Jid>& excluded) const {
  BOURSE_CHECK(demands_.waits(request));
  const Waiting& waiting = demands_.request(request);
  const Demand& demand = demands_.demand(waiting.demand);
  if (demand.barren == growth_ || demand.needs.empty()) return std::nullopt;

  mark(excluded, true);
  for (const Need& need : demand.needs) by_resource_[need.resource] = need.amount;
  Search search{demand, demands_.consumer(waiting.consumer), std::nullopt, {}};
  for (ProfileId id = 0; id < profiles_.all().size(); ++id) {
    if (profiles_.all()[id]) search_profile(search, id);
  }
  for (const Need& need : demand.needs) by_resource_[need.resource] = 0;
  mark(excluded, false);

  if (search.rank) return placement(search);
  if (!search.personal) demand.barren = growth_;
  return std::nullopt;
}

void ScanEngine::search_profile(Search& search, ProfileId id) const {
  const Profile& profile = profiles_.at(id);
  if (!lease_fits(profile.content.terms, search.demand.duration) || !align_needed(profile, search.demand)) return;
  const Constraint& constraint = demands_.constraint(search.demand.constraint);
  Verdict known = constraint.verdicts.at(id);
  if (known == Verdict::kNo) return;

  // Constraints cost most, so only a row that would win is asked for them.
  for (Row row = 0; row < profile.capacity.rows(); ++row) {
    if (!row_fits(profile, row, search.demand)) continue;
    const Rank rank{left_over(profile.capacity.free(row), needed_, profile.weights), profile.offers[row]};
    if (search.rank && !(rank < *search.rank)) continue;
    if (excluded_[profile.providers[row]]) {
      search.personal = true;
      continue;
    }
    if (known == Verdict::kUnknown) known = verdict(id, profile, constraint);
    if (known == Verdict::kNo) return;
    if (!accepts(known, profile, row, constraint)) continue;
    if (!serves(id, profile, search.consumer)) {
      search.personal = true;
      return;
    }
    search.rank = rank;
    search.place = {id, row};
  }
}

// Puts the demand into the profile's columns (needed_); false when one of its resources is not among them.
bool ScanEngine::align_needed(const Profile& profile, const Demand& demand) const {
  needed_.resize(profile.columns.size());
  std::size_t found = 0;
  for (std::size_t c = 0; c < profile.columns.size(); ++c) {
    needed_[c] = by_resource_[profile.columns[c]];
    if (needed_[c] > 0) ++found;
  }
  return found == demand.needs.size();
}

bool ScanEngine::row_fits(const Profile& profile, Row row, const Demand& demand) const {
  return amounts_fit(profile.capacity.free(row), needed_) && profile.capacity.devices_fit(row, demand.gpu_milli) &&
         (profile.content.terms.divisible || profile.capacity.untouched(row));
}

Verdict ScanEngine::verdict(ProfileId id, const Profile& profile, const Constraint& constraint) const {
  if (constraint.needs.empty()) return Verdict::kYes;
  Verdict known = constraint.verdicts.at(id);
  if (known == Verdict::kUnknown) {
    known = needs_of_profile(constraint.needs, profile, profiles_.names());
    note(constraint.verdicts, id, known);
  }
  return known;
}

bool ScanEngine::accepts(Verdict verdict, const Profile& profile, Row row, const Constraint& constraint) const {
  if (verdict != Verdict::kPerOffer) return verdict == Verdict::kYes;
  return needs_of_offer(constraint.needs, profile, profiles_.names(), profile.capacity.total(row),
                        providers_.key(profile.providers[row]));
}

bool ScanEngine::serves(ProfileId id, const Profile& profile, const Consumer& consumer) const {
  if (profile.content.serves.empty()) return true;
  Verdict known = consumer.verdicts.at(id);
  if (known == Verdict::kUnknown) {
    known = serves_consumer(profile.content.serves, consumer.jid) ? Verdict::kYes : Verdict::kNo;
    note(consumer.verdicts, id, known);
  }
  return known == Verdict::kYes;
}

Placement ScanEngine::placement(const Search& search) const {
  const Profile& profile = profiles_.at(search.place.profile);
  const Row row = search.place.row;
  Placement placement;
  placement.offer = profile.offers[row];
  const bool whole = !profile.content.terms.divisible;
  const auto put = [&](ResourceId resource, std::int64_t amount) {
    BOURSE_CHECK(placement.resources.add(profiles_.names().key(resource), amount).ok());
  };
  if (whole) {
    for (std::size_t c = 0; c < profile.columns.size(); ++c) put(profile.columns[c], profile.capacity.total(row)[c]);
  } else {
    for (const Need& need : search.demand.needs) put(need.resource, need.amount);
  }
  placement.devices = profile.capacity.choose_devices(row, placement.resources.gpu_milli());
  return placement;
}

std::vector<RequestHandle> ScanEngine::wakes(OfferHandle offer) const {
  BOURSE_CHECK(is_open(offer));
  if (demands_.empty()) return {};
  const Place place = offers_[offer];
  const Profile& profile = profiles_.at(place.profile);
  if (!profile.content.terms.divisible && !profile.capacity.untouched(place.row)) return {};

  const Amounts free = profile.capacity.free(place.row);
  for (std::size_t c = 0; c < free.size(); ++c) by_resource_[profile.columns[c]] = free[c];
  std::vector<std::pair<std::uint64_t, RequestHandle>> woken;
  demands_.each_covered(by_resource_, [&](const Demand& demand) {
    if (!lease_fits(profile.content.terms, demand.duration)) return;
    if (!profile.capacity.devices_fit(place.row, demand.gpu_milli)) return;
    const Constraint& constraint = demands_.constraint(demand.constraint);
    if (!accepts(verdict(place.profile, profile, constraint), profile, place.row, constraint)) return;
    for (const RequestHandle member : demand.members) {
      const Waiting& waiting = demands_.request(member);
      if (serves(place.profile, profile, demands_.consumer(waiting.consumer)))
        woken.emplace_back(waiting.order, member);
    }
  });
  for (const ResourceId column : profile.columns) by_resource_[column] = 0;

  std::ranges::sort(woken);
  std::vector<RequestHandle> requests(woken.size());
  std::ranges::transform(woken, requests.begin(), [](const auto& entry) { return entry.second; });
  return requests;
}

void ScanEngine::mark(const std::unordered_set<domain::Jid>& providers, bool excluded) const {
  for (const domain::Jid& provider : providers) {
    if (const auto id = providers_.find(provider)) excluded_[*id] = excluded;
  }
}

void ScanEngine::note(VerdictTable& table, ProfileId id, Verdict verdict) const {
  if (table.set(id, verdict) && ++verdict_pages_ > kMaxVerdictPages) forget_verdicts();
}

void ScanEngine::forget_verdicts() const {
  demands_.forget_verdicts();
  verdict_pages_ = 0;
}

void ScanEngine::size_scratch() {
  by_resource_.resize(profiles_.names().numbers());
  excluded_.resize(providers_.numbers());
}

}  // namespace bourse::matching
