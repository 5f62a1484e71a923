// Purpose: how well history/predictor.h tells who stays, on a public failure trace: the Brier score of P(up for the
// next
//   1, 8, 24 h) at random instants of the last 30 % of its time, against two obvious guesses.
// Threads: none. The same seed gives the same figures.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

struct PredictionPlan {
  std::string trace;  // Failure Trace Archive form, plain or .gz
  std::uint64_t instants = 1'000'000;
  std::uint64_t seed = 1;
};

// Prints figures; an exit code.
int measure_prediction(const PredictionPlan& plan);

}  // namespace bourse::bench
