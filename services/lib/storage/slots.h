// Purpose: resources as the database counts them: slots, each with one amount. A scalar resource is a slot
//   of its name; gpu number i is the slot "gpu#i" (no resource may have '#' in its name), of 1000 milli.
// Lifetime: values. Threads: none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/resources.h"

namespace bourse::storage {

struct Slots {
  std::string names;    // "cpu gpu#0 gpu#1"
  std::string amounts;  // "{4000,1000,1000}", an array literal
};

// kInvalidPayload: gpu is not a whole number of devices.
[[nodiscard]] base::Result<Slots> offer_slots(const domain::Resources& resources);
// kInvalidPayload: the device shares do not add up to the gpu amount: the rest would be counted nowhere.
[[nodiscard]] base::Result<Slots> grant_slots(const domain::Resources& resources,
                                              const std::vector<domain::DeviceShare>& devices);

// The inverse, from names joined with spaces and amounts joined with commas. Throws Corrupt (fields.h).
struct Shares {
  domain::Resources resources;
  std::vector<domain::DeviceShare> devices;
};
[[nodiscard]] Shares shares(std::string_view names, std::string_view amounts);

}  // namespace bourse::storage
