// Requests for devices: of the offers that would do, the one whose rest stays most useful (fragmentation.h).
#include <algorithm>
#include <unordered_set>

#include "matching/search.h"

namespace bourse::matching {
namespace {

constexpr std::size_t kMostAppraised = 32;

}  // namespace

bool Search::breaks_up() const {
  if (demand_.gpu_milli > 0) return true;
  return offers_.size() <= kSmallMarket && offers_.capacity(std::string(domain::kGpu)) > 0;
}

void Search::least_broken_up(Appraisals& appraisals) {
  const std::size_t most = offers_.size() <= kSmallMarket ? kSmallMarket : kMostAppraised;
  std::unordered_set<std::string> states;
  std::vector<std::uint16_t> devices;
  double least_cost = std::numeric_limits<double>::infinity();
  const Bound any{std::numeric_limits<double>::infinity(), kNoOffer};
  std::size_t patience = 256 + 2 * (constraint_.all() ? offers_.profiles().size() : constraint_.count);

  const auto appraise = [&](const Point& point) {
    if (!profile_does(point.profile, {})) return false;
    const auto size = candidate(point.id);
    if (!size) return false;
    const Profile& profile = offers_.profile(point.id);
    const Row row = offers_.row(point.id);
    const bool plain = offers_.calendar(point.id) == nullptr || (!later_ && offers_.calendar(point.id)->only_in_use());
    const Amounts free = plain ? profile.capacity.free(row) : Amounts(free_.amounts);
    devices.clear();
    if (plain) {
      devices.assign(profile.capacity.devices(row).begin(), profile.capacity.devices(row).end());
    } else {
      for (const std::int32_t milli : free_.devices) devices.push_back(static_cast<std::uint16_t>(std::max(milli, 0)));
    }
    // Of offers in the same state the one that came first stands for all, unless its handle is higher.
    std::string state(reinterpret_cast<const char*>(free.data()), free.size_bytes());
    state.append(reinterpret_cast<const char*>(devices.data()), devices.size() * sizeof devices[0]);
    state.append(reinterpret_cast<const char*>(&point.profile), sizeof point.profile);
    const bool fresh = states.insert(std::move(state)).second;
    if (!fresh && !(*size == found_.size && point.id < found_.offer)) return true;

    const bool divisible = profile.content.terms.divisible;
    needed_amounts_.assign(profile.columns.size(), 0);
    for (std::size_t i = 0; i < columns_.size(); ++i) needed_amounts_[columns_[i]] = demand_.needs[i].amount;
    const Amounts taken = divisible ? Amounts(needed_amounts_) : profile.capacity.total(row);
    const auto cost = appraisals.of(profile).cost(free, devices, taken, profile.gpu ? taken[*profile.gpu] : 0);
    const bool better =
        cost.cost < least_cost || (cost.cost == least_cost && Bound{found_.size, found_.offer}.admits(*size, point.id));
    if (!better) return true;
    least_cost = cost.cost;
    found_ = {0, *size, point.id};
    device_ = cost.device;
    return true;
  };
  // False ends the search: enough were appraised.
  const auto visit = [&](const Point& point) {
    if (!appraise(point) && patience > 0) --patience;
    return states.size() < most;
  };
  const Tree* const ahead[] = {&offers_.ahead()};
  (void)offers_.forest().search(ahead, needed_, kWeightless, any, visit);
  const Tree* const booked[] = {&offers_.booked()};
  if (later_) (void)offers_.forest().search(booked, needed_, kWeightless, any, visit);
  const Tree* const all[] = {&offers_.free()};
  (void)offers_.forest().search(all, needed_, offers_.profiles().weights(), any,
                                [&](const Point& point) { return visit(point) && patience > 0; });
  if (states.size() >= most || patience > 0) return;
  std::vector<const Tree*> trees;
  each_profile([&](ProfileId id) {
    const Tree& tree = offers_.of_profile(id);
    if (tree.count > 0 && covers(tree.box.most, needed_) && profile_does(id, {})) trees.push_back(&tree);
  });
  (void)offers_.forest().search(trees, needed_, offers_.profiles().weights(), any, visit);
}

}  // namespace bourse::matching
