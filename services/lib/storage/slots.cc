#include "storage/slots.h"

#include <charconv>

#include "storage/array_literal.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

class SlotList {
 public:
  void add(std::string_view name, std::int64_t amount) {
    if (!names_.empty()) names_.push_back(' ');
    names_.append(name);
    amounts_.add(amount);
  }
  void add_device(std::int64_t index, std::int64_t milli) { add("gpu#" + std::to_string(index), milli); }
  void add_scalars(const domain::Resources& resources) {
    for (const auto& entry : resources.entries()) {
      if (entry.name != domain::kGpu) add(entry.name, entry.amount);
    }
  }
  Slots take() && { return {std::move(names_), std::move(amounts_).take()}; }

 private:
  std::string names_;
  ArrayLiteral amounts_{64};
};

std::string_view next(std::string_view& list, char separator) {
  const std::size_t end = list.find(separator);
  const std::string_view word = list.substr(0, end);
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return word;
}

std::int64_t parsed(std::string_view digits) {
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || result.ec != std::errc{} || result.ptr != digits.data() + digits.size()) {
    throw Corrupt("the database holds the amount \"" + std::string(digits) + "\"");
  }
  return value;
}

}  // namespace

base::Result<Slots> offer_slots(const domain::Resources& resources) {
  const std::int64_t gpu = resources.gpu_milli();
  if (gpu % domain::kMilli != 0) {
    return {base::Errc::kInvalidPayload, "an offer has a whole number of gpus, not " + std::to_string(gpu) + " milli"};
  }
  SlotList list;
  list.add_scalars(resources);
  for (std::int64_t i = 0; i < gpu / domain::kMilli; ++i) list.add_device(i, domain::kMilli);
  return std::move(list).take();
}

base::Result<Slots> grant_slots(const domain::Resources& resources, const std::vector<domain::DeviceShare>& devices) {
  SlotList list;
  list.add_scalars(resources);
  std::int64_t gpu = 0;
  for (const auto& share : devices) {
    list.add_device(share.index, share.milli);
    gpu += share.milli;
  }
  if (gpu != resources.gpu_milli()) {
    return {base::Errc::kInvalidPayload, "a grant of " + std::to_string(resources.gpu_milli()) +
                                             " milli of gpu has device shares of " + std::to_string(gpu)};
  }
  return std::move(list).take();
}

Shares shares(std::string_view names, std::string_view amounts) {
  Shares result;
  std::int64_t gpu = 0;
  while (!names.empty()) {
    const std::string_view name = next(names, ' ');
    const std::int64_t amount = parsed(next(amounts, ','));
    if (name.starts_with("gpu#")) {
      result.devices.push_back({static_cast<std::uint16_t>(parsed(name.substr(4))), amount});
      gpu += amount;
    } else if (auto added = result.resources.add(name, amount); !added.ok()) {
      throw Corrupt("the database holds a resource that is none: " + added.error().text);
    }
  }
  if (gpu > 0 && !result.resources.add(domain::kGpu, gpu).ok()) throw Corrupt("the database holds impossible gpus");
  return result;
}

}  // namespace bourse::storage
