#include "audit/offer_load.h"

#include <fmt/format.h>

#include <utility>

namespace bourse::audit {
namespace {

using domain::kMilli;

std::string too_much(std::string_view resource, std::int64_t wanted, std::int64_t taken, std::int64_t capacity) {
  return fmt::format("{} of {} on top of {}, but the offer has {}", domain::format_quantity(resource, wanted), resource,
                     taken == 0 ? "nothing" : domain::format_quantity(resource, taken),
                     capacity == 0 ? "none" : domain::format_quantity(resource, capacity));
}

template <class Map, class Key>
std::int64_t amount_of(const Map& map, const Key& key) {
  const auto at = map.find(key);
  return at == map.end() ? 0 : at->second;
}

// Empty: each share is a part of one device that the offer has, and together they are the grant's gpus.
std::string judge_devices(const domain::Grant& grant, const domain::Resources& capacity) {
  std::int64_t sum = 0;
  for (const auto& device : grant.devices) {
    if (device.index >= capacity.gpu_milli() / kMilli)
      return fmt::format("gpu {}, which the offer has not", device.index);
    if (device.milli <= 0 || device.milli > kMilli)
      return fmt::format("{} thousandths of gpu {}", device.milli, device.index);
    sum += device.milli;
  }
  if (sum == grant.resources.gpu_milli()) return {};
  return fmt::format("devices of {} thousandths for gpus of {}", sum, grant.resources.gpu_milli());
}

}  // namespace

std::string OfferLoad::take(const domain::Grant& grant, const domain::Resources& capacity) {
  for (const auto& entry : grant.resources.entries()) {
    const auto taken = amount_of(resources_, entry.name);
    const auto has = capacity.amount(entry.name);
    if (entry.amount > has - taken) return too_much(entry.name, entry.amount, taken, has);
  }
  if (auto wrong = judge_devices(grant, capacity); !wrong.empty()) return wrong;
  std::map<std::uint16_t, std::int64_t> wanted;
  for (const auto& device : grant.devices) wanted[device.index] += device.milli;
  for (const auto& [index, milli] : wanted) {
    const auto taken = amount_of(devices_, index);
    if (milli > kMilli - taken)
      return fmt::format("{} thousandths of gpu {}, of which {} are taken", milli, index, taken);
  }
  for (const auto& entry : grant.resources.entries()) resources_[entry.name] += entry.amount;
  for (const auto& [index, milli] : wanted) devices_[index] += milli;
  return {};
}

void OfferLoad::give_back(const domain::Grant& grant) {
  for (const auto& entry : grant.resources.entries()) {
    const auto at = resources_.find(entry.name);
    if ((at->second -= entry.amount) == 0) resources_.erase(at);
  }
  for (const auto& device : grant.devices) {
    const auto at = devices_.find(device.index);
    if ((at->second -= device.milli) == 0) devices_.erase(at);
  }
}

std::string OfferLoad::excess(const domain::Resources& capacity) const {
  for (const auto& [name, taken] : resources_) {
    const auto has = capacity.amount(name);
    if (taken > has) return too_much(name, taken, 0, has);
  }
  for (const auto& [index, taken] : devices_) {
    if (index >= capacity.gpu_milli() / kMilli) return fmt::format("gpu {}, which the offer has not", index);
  }
  return {};
}

}  // namespace bourse::audit
