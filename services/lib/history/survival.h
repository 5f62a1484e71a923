// Purpose: how long runs last: the Kaplan–Meier estimate of the share that is still up at an age, with runs that are
//   still open (right censoring) and runs first seen at an age (delayed entry), and Greenwood's band around it.
// Lifetime: immutable once estimated. Threads: const use from any thread.
#pragma once

#include <optional>
#include <vector>

#include "history/run.h"

namespace bourse::history {

class Survival {
 public:
  struct Step {
    base::Duration age{};
    std::uint64_t at_risk = 0;  // runs watched just before that age
    std::uint64_t ended = 0;    // of them, at that age
    double up = 1;              // share still up after it: Π (1 - ended / at_risk)
    double variance = 0;        // Greenwood: up² Σ ended / (at_risk (at_risk - ended))
  };

  // Nobody ever ends.
  Survival() = default;
  // A run that ends at an age when another is lost from sight counts the other as watched.
  [[nodiscard]] static Survival estimate(const std::vector<Run>& runs);

  // By age, one for each age at which a run ended.
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  // Share still up at that age; 1 before the first step.
  [[nodiscard]] double at(base::Duration age) const;
  // at() ± 1.96 √variance, within [0, 1].
  struct Band {
    double low = 1;
    double high = 1;
  };
  [[nodiscard]] Band band(base::Duration age) const;
  // The age by which half have ended; none when more than half never did.
  [[nodiscard]] std::optional<base::Duration> median() const;
  // P(up for `further` more | up at `age`): at(age + further) / at(age). Beyond the last run ever watched, 1: nothing
  // speaks against it; where none was left, 0.
  [[nodiscard]] double conditional(base::Duration age, base::Duration further) const;

 private:
  [[nodiscard]] const Step* last_step(base::Duration age) const;

  std::vector<Step> steps_;
};

}  // namespace bourse::history
