// Purpose: what holds of a market after every step, whatever happened before.
// Lifetime: free functions. Threads: none.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "market/state.h"
#include "shadow_market.h"

namespace bourse::simulation {

// Every broken rule in words: capacity and devices, now and at every moment to come; timers; counts; and that memory is
// what is durable. After a Tick.
[[nodiscard]] std::vector<std::string> violations(const ShadowMarket& shadow, market::State& state,
                                                  base::Timestamp now);

// A waiting request that what is free could serve, though nobody did, as a plain engine of its own finds from the rows.
[[nodiscard]] std::string servable(const ShadowMarket& shadow, market::State& state, base::Timestamp now);
// The same by the state's engine, which knows what is held for whom.
[[nodiscard]] std::string servable_around_holds(const ShadowMarket& shadow, market::State& state, base::Timestamp now);

}  // namespace bourse::simulation
