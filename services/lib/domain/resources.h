// Purpose: amounts of resources. Names and quantities are Kubernetes' (`cpu` `500m`, `memory` `64Gi`),
//   stored as exact integers: bytes for memory and storage, milli-units for everything else.
//   `gpu` is a device resource: an offer has n devices of 1000 milli each, and a share of less than
//   one GPU is a part of exactly one device.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bourse::domain {

inline constexpr std::string_view kGpu = "gpu";
inline constexpr std::int64_t kMilli = 1000;

// True for the resources counted in bytes (memory, storage, ephemeral-storage, hugepages-*).
[[nodiscard]] bool counts_bytes(std::string_view resource);

// Parses a Kubernetes quantity ("500m", "1.5", "64Gi", "2k", "1e3") in the unit of `resource`.
// kInvalidPayload: negative, overflowing, not exact in the unit, unknown suffix; the text says which.
[[nodiscard]] base::Result<std::int64_t> parse_quantity(std::string_view resource, std::string_view text);
// The shortest exact form: 64Gi, 1500m, 4. The inverse of parse_quantity.
[[nodiscard]] std::string format_quantity(std::string_view resource, std::int64_t amount);

// A sorted list of resource → positive amount; `gpu` in milli of devices (2000 = two devices).
class Resources {
 public:
  struct Entry {
    std::string name;
    std::int64_t amount = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // kInvalidPayload: bad name (Kubernetes' qualified name), zero or negative amount, a name twice.
  base::Status add(std::string_view name, std::int64_t amount);

  // Adds to what is there of it, up to the largest amount there is (offers may claim as much); `name` is one of another
  // Resources, `amount` positive.
  void increase(std::string_view name, std::int64_t amount);

  [[nodiscard]] std::int64_t amount(std::string_view name) const;  // 0 when absent
  [[nodiscard]] std::int64_t gpu_milli() const { return amount(kGpu); }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  friend bool operator==(const Resources&, const Resources&) = default;

 private:
  std::vector<Entry> entries_;  // by name
};

// The part of one device that a grant holds: 1000 = the whole of it.
struct DeviceShare {
  std::uint16_t index = 0;
  std::int64_t milli = 0;
  friend bool operator==(const DeviceShare&, const DeviceShare&) = default;
};

}  // namespace bourse::domain
