// Purpose: P(at least n of m chosen providers stay up for T), where providers fail together more often than chance has
//   it (a site's power, a lab's holidays): how much more is observed, not assumed. One common factor: provider i fails
//   when √ρ Y + √(1-ρ) e_i falls below the point that gives its own probability, Y and e_i standard normal (Vasicek).
// Lifetime: values. Threads: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "history/run.h"

namespace bourse::history {

// What windows of length T tell: of those up at a window's beginning and watched until they failed or it ended.
// Windows may be added in any order and counts of parts added up.
struct TogetherCounts {
  double providers = 0;  // Σ of windows
  double failed = 0;
  double pairs = 0;        // Σ up (up - 1): ordered pairs
  double both_failed = 0;  // Σ failed (failed - 1)

  void add(std::uint64_t up, std::uint64_t failures);
  TogetherCounts& operator+=(const TogetherCounts& more);
  void fade(double factor);
};

// Each provider's runs, in windows of length T that follow one another.
[[nodiscard]] TogetherCounts failures_together(std::span<const std::vector<Run>> providers, const Window& window,
                                               base::Duration length);

// The ρ at which pairs fail together as often as was counted (method of moments), from 0 to 0.99; 0 where they fail
// together no more often than by chance, or nothing failed.
[[nodiscard]] double failure_correlation(const TogetherCounts& counts);

// P(both fail) of two that fail with probability `failing` each.
[[nodiscard]] double both_fail(double failing, double correlation);

// `up`: each one's probability to stay up, 0 to 1.
[[nodiscard]] double at_least(std::size_t n, std::span<const double> up, double correlation);

// The fewest spares k, so that of the first n + k candidates at least n stay up with the probability `target`; none
// when all of them are too few. The caller puts the best first.
[[nodiscard]] std::optional<std::size_t> spares_needed(std::size_t n, std::span<const double> best_first,
                                                       double correlation, double target);

}  // namespace bourse::history
