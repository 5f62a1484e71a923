// Purpose: the market as its audit entries alone say it is, beside what its rows say.
// Lifetime: one simulation. Threads: none.
#pragma once

#include <string>

#include "audit/replay.h"
#include "market/plan.h"
#include "shadow_market.h"

namespace bourse::simulation {

class ShadowReplay {
 public:
  void apply(const market::Plan& plan);
  // Where an entry could not follow, or what is open and live is not the same. Empty: all is well.
  [[nodiscard]] std::string broken(const ShadowMarket& shadow);

 private:
  audit::Replay replay_;
};

}  // namespace bourse::simulation
