// Purpose: what live grants take of one offer, by resource and by device, and whether it has as much.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "domain/grant.h"
#include "domain/resources.h"

namespace bourse::audit {

class OfferLoad {
 public:
  // Empty: it fits, and is taken. Otherwise says what does not fit, and takes nothing.
  [[nodiscard]] std::string take(const domain::Grant& grant, const domain::Resources& capacity);
  void give_back(const domain::Grant& grant);  // what was taken
  // What is taken beyond a capacity that is new; empty: nothing.
  [[nodiscard]] std::string excess(const domain::Resources& capacity) const;

 private:
  // Never more than some capacity it was taken of, so that sums do not overflow.
  std::map<std::string, std::int64_t, std::less<>> resources_;
  std::map<std::uint16_t, std::int64_t> devices_;  // in milli
};

}  // namespace bourse::audit
