// The engine against a market that is searched in the plainest way, on random markets.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "matching/scan_engine.h"
#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using domain::DeviceShare;
using testing::jid;

struct OracleOffer {
  domain::Jid provider;
  domain::Offer content;
  std::map<std::string, std::int64_t> free;
  std::vector<std::int64_t> devices;
};
struct OracleRequest {
  std::uint64_t order = 0;
  domain::Jid consumer;
  domain::Request content;
};
struct Held {
  OfferHandle offer = 0;
  domain::Resources resources;
  std::vector<DeviceShare> devices;
};

bool feasible(const OracleOffer& offer, const OracleRequest& request) {
  for (const auto& entry : request.content.resources.entries()) {
    const auto found = offer.free.find(entry.name);
    if (found == offer.free.end() || found->second < entry.amount) return false;
  }
  const std::int64_t gpu = request.content.resources.gpu_milli();
  if (gpu >= 1000 && std::ranges::count(offer.devices, 1000) * 1000 < gpu) return false;
  if (gpu > 0 && gpu < 1000 && (offer.devices.empty() || std::ranges::max(offer.devices) < gpu)) return false;
  const domain::Terms& terms = offer.content.terms;
  if (!terms.divisible) {
    for (const auto& entry : offer.content.resources.entries()) {
      if (offer.free.at(entry.name) != entry.amount) return false;
    }
  }
  if (terms.min_lease.value_or(base::Duration::min()) > request.content.duration) return false;
  if (terms.max_lease.value_or(base::Duration::max()) < request.content.duration) return false;
  const auto about_offer = [&](std::string_view name) -> std::vector<domain::AttributeValue> {
    if (name == "provider") return {offer.provider.text()};
    if (name == "domain") return {std::string(offer.provider.domain())};
    return domain::lookup(offer.content, name);
  };
  const auto about_consumer = [&](std::string_view name) -> std::vector<domain::AttributeValue> {
    if (name == "jid") return {request.consumer.text()};
    if (name == "domain") return {std::string(request.consumer.domain())};
    return {};
  };
  return (request.content.needs.empty() || request.content.needs.accepts(about_offer)) &&
         (offer.content.serves.empty() || offer.content.serves.accepts(about_consumer));
}

double score(const OracleOffer& offer, const OracleRequest& request) {
  double left = 0;
  for (const auto& [name, free] : offer.free) {
    const auto amount = static_cast<double>(free - request.content.resources.amount(name));
    if (name == "gpu") left += amount / 1000 * 16;
    if (name == "cpu" || name == "fpga") left += amount / 1000;
    if (name == "memory") left += amount / (4.0 * (1 << 30));
  }
  return left;
}

const std::vector<std::string> kNeeds = {
    "",           "(arch=x86_64)",    "(!(arch=x86_64))", "(cpu>=3)",       "(&(arch=*)(memory<=2147483648))",
    "(gpu>=2)",   "(gpu.model=V100)", "(rack>=2)",        "(domain=a.org)", "(|(provider=p1@b.org)(arch=arm64))",
    "(!(fpga=1))"};
const std::vector<std::string> kServes = {"", "", "(domain=c.edu)", "(!(jid=c2@d.edu))", "(group=x)"};

template <class T>
T one_of(const std::vector<T>& values) {
  return *rc::gen::elementOf(values);
}

domain::Offer random_offer() {
  domain::Offer offer;
  const auto add = [&](const char* name, std::int64_t amount) {
    if (amount > 0) RC_ASSERT(offer.resources.add(name, amount).ok());
  };
  add("cpu", *rc::gen::inRange<std::int64_t>(0, 5) * 1000);
  add("memory", *rc::gen::inRange<std::int64_t>(0, 4) << 30);
  add("gpu", one_of<std::int64_t>({0, 1000, 2000, 2000, 3000}));
  add("fpga", *rc::gen::inRange<std::int64_t>(0, 2) * 1000);
  if (offer.resources.empty()) add("cpu", 1000);
  if (offer.resources.gpu_milli() > 0) offer.gpu_model = one_of<std::string>({"", "V100", "T4"});
  const auto arch = one_of<std::string>({"", "x86_64", "arm64"});
  if (!arch.empty()) offer = testing::with(offer, "arch", arch);
  if (*rc::gen::arbitrary<bool>()) offer = testing::with(offer, "rack", std::to_string(*rc::gen::inRange(1, 4)));
  offer.terms.divisible = *rc::gen::inRange(0, 4) > 0;
  if (*rc::gen::inRange(0, 4) == 0) offer.terms.min_lease = std::chrono::hours(2);
  if (*rc::gen::inRange(0, 4) == 0) offer.terms.max_lease = std::chrono::hours(3);
  offer.serves = testing::filter(one_of(kServes));
  return offer;
}

domain::Request random_request() {
  domain::Request request;
  const auto add = [&](const char* name, std::int64_t amount) {
    if (amount > 0) RC_ASSERT(request.resources.add(name, amount).ok());
  };
  add("gpu", one_of<std::int64_t>({0, 0, 250, 500, 600, 700, 1000, 2000}));
  if (request.resources.gpu_milli() > 0 && *rc::gen::arbitrary<bool>()) return request;
  add("cpu", *rc::gen::inRange<std::int64_t>(0, 7) * 500);
  add("memory", *rc::gen::inRange<std::int64_t>(0, 4) << 29);
  add("fpga", *rc::gen::inRange(0, 6) == 0 ? 1000 : 0);
  if (request.resources.empty()) add("cpu", 1);
  request.needs = testing::filter(one_of(kNeeds));
  request.duration = std::chrono::hours(*rc::gen::inRange(1, 5));
  return request;
}

class Market {
 public:
  void put_offer() {
    const auto handle = *rc::gen::inRange<OfferHandle>(0, 8);
    OracleOffer offer{jid(one_of<std::string>({"p1@a.org", "p2@a.org", "p1@b.org"})), random_offer(), {}, {}};
    for (const auto& entry : offer.content.resources.entries()) offer.free[entry.name] = entry.amount;
    offer.devices.assign(static_cast<std::size_t>(offer.content.resources.gpu_milli() / 1000), 1000);
    std::erase_if(held_, [&](const Held& held) { return held.offer == handle; });
    engine_.put_offer(handle, offer.provider, offer.content);
    offers_[handle] = std::move(offer);
  }

  void remove_offer() {
    if (offers_.empty()) return;
    const OfferHandle handle = random_key(offers_);
    engine_.remove_offer(handle);
    offers_.erase(handle);
    std::erase_if(held_, [&](const Held& held) { return held.offer == handle; });
  }

  void put_request() {
    const auto handle = *rc::gen::inRange<RequestHandle>(0, 8);
    OracleRequest request{next_order_++, jid(one_of<std::string>({"c1@c.edu", "c2@d.edu"})), random_request()};
    if (!requests_.empty() && *rc::gen::arbitrary<bool>()) {  // nearly or wholly as another one
      const domain::Request& other = requests_.at(random_key(requests_)).content;
      const int same = *rc::gen::inRange(0, 3);
      request.content.resources = other.resources;
      if (same != 1) request.content.needs = other.needs;
      if (same != 2) request.content.duration = other.duration;
    }
    engine_.put_request(handle, request.order, request.consumer, request.content);
    requests_[handle] = std::move(request);
  }

  void remove_request() {
    if (requests_.empty()) return;
    const RequestHandle handle = random_key(requests_);
    engine_.remove_request(handle);
    requests_.erase(handle);
  }

  void grant() {
    if (requests_.empty()) return;
    const RequestHandle handle = random_key(requests_);
    const auto placement = engine_.best(handle, {});
    if (!placement) return;
    check_placement(*placement, requests_.at(handle));
    RC_ASSERT(engine_.take(placement->offer, placement->resources, placement->devices));
    change(offers_.at(placement->offer), placement->resources, placement->devices, -1);
    held_.push_back({placement->offer, placement->resources, placement->devices});
  }

  void give_back() {
    if (held_.empty()) return;
    const auto at = *rc::gen::inRange<std::size_t>(0, held_.size());
    const Held held = held_[at];
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(at));
    engine_.give_back(held.offer, held.resources, held.devices);
    change(offers_.at(held.offer), held.resources, held.devices, 1);
  }

  // What a grant took must not be there a second time.
  void take_too_much() {
    if (offers_.empty()) return;
    const OfferHandle handle = random_key(offers_);
    for (const auto& [name, free] : offers_.at(handle).free) {
      domain::Resources more;
      RC_ASSERT(more.add(name, free + 1).ok());
      RC_ASSERT(!engine_.take(handle, more, {}));
    }
  }

  void check() const {
    std::map<OfferHandle, std::set<RequestHandle>> chosen;
    for (const auto& [handle, request] : requests_) {
      for (const std::unordered_set<domain::Jid>& excluded :
           {std::unordered_set<domain::Jid>{}, {jid("p1@a.org")}, {jid("p1@a.org"), jid("p1@b.org")}}) {
        const auto best = engine_.best(handle, excluded);
        const auto expected = best_of_all(request, excluded);
        RC_ASSERT(best.has_value() == expected.has_value());
        if (!best) continue;
        const OracleOffer& found = offers_.at(best->offer);
        RC_ASSERT(feasible(found, request));
        RC_ASSERT(!excluded.contains(found.provider));
        RC_ASSERT(std::abs(score(found, request) - expected->first) < 1e-6);
        RC_ASSERT(best->offer == expected->second);
        chosen[best->offer].insert(handle);
      }
    }
    for (const auto& [handle, offer] : offers_) check_wakes(handle, offer, chosen[handle]);
  }

 private:
  template <class Map>
  static typename Map::key_type random_key(const Map& map) {
    return std::next(map.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(map.size())))->first;
  }

  static void change(OracleOffer& offer, const domain::Resources& resources, const std::vector<DeviceShare>& devices,
                     int sign) {
    for (const auto& entry : resources.entries()) offer.free.at(entry.name) += sign * entry.amount;
    for (const auto& share : devices) offer.devices.at(share.index) += sign * share.milli;
    for (const auto& [name, free] : offer.free) RC_ASSERT(free >= 0 && free <= offer.content.resources.amount(name));
    for (const std::int64_t part : offer.devices) RC_ASSERT(part >= 0 && part <= 1000);
  }

  void check_placement(const Placement& placement, const OracleRequest& request) const {
    const OracleOffer& offer = offers_.at(placement.offer);
    const bool whole = !offer.content.terms.divisible;
    RC_ASSERT(placement.resources == (whole ? offer.content.resources : request.content.resources));
    std::int64_t sum = 0;
    for (const auto& share : placement.devices) sum += share.milli;
    RC_ASSERT(sum == placement.resources.gpu_milli());
    if (sum >= 1000) {
      for (const auto& share : placement.devices) RC_ASSERT(share.milli == 1000);
    } else if (sum > 0) {
      RC_ASSERT(placement.devices.size() == 1U);
      const std::int64_t part = offer.devices.at(placement.devices[0].index);
      for (const std::int64_t other : offer.devices) RC_ASSERT(other < sum || other >= part);
    }
  }

  std::optional<std::pair<double, OfferHandle>> best_of_all(const OracleRequest& request,
                                                            const std::unordered_set<domain::Jid>& excluded) const {
    std::optional<std::pair<double, OfferHandle>> best;
    for (const auto& [handle, offer] : offers_) {
      if (excluded.contains(offer.provider) || !feasible(offer, request)) continue;
      const double left = score(offer, request);
      if (!best || left < best->first - 1e-9) best = {left, handle};
    }
    return best;
  }

  void check_wakes(OfferHandle handle, const OracleOffer& offer, const std::set<RequestHandle>& chosen) const {
    const auto woken = engine_.wakes(handle);
    const std::set<RequestHandle> set(woken.begin(), woken.end());
    RC_ASSERT(set.size() == woken.size());
    RC_ASSERT(std::ranges::includes(set, chosen));
    for (const RequestHandle request : woken) RC_ASSERT(feasible(offer, requests_.at(request)));
    RC_ASSERT(std::ranges::is_sorted(woken, {}, [&](RequestHandle r) { return requests_.at(r).order; }));
  }

  ScanEngine engine_;
  std::map<OfferHandle, OracleOffer> offers_;
  std::map<RequestHandle, OracleRequest> requests_;
  std::vector<Held> held_;
  std::uint64_t next_order_ = 1;
};

RC_GTEST_PROP(OracleTest, TheEngineDecidesAsTheOracle, ()) {
  Market market;
  const auto steps = *rc::gen::inRange(1, 150);
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::weightedElement<int>({{5, 0}, {1, 1}, {5, 2}, {1, 3}, {5, 4}, {2, 5}, {1, 6}})) {
      case 0:
        market.put_offer();
        break;
      case 1:
        market.remove_offer();
        break;
      case 2:
        market.put_request();
        break;
      case 3:
        market.remove_request();
        break;
      case 4:
        market.grant();
        break;
      case 5:
        market.give_back();
        break;
      default:
        market.take_too_much();
        break;
    }
    market.check();
  }
}

}  // namespace
}  // namespace bourse::matching
