#include "history/together.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;

constexpr double kMostCorrelation = 0.99;

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Where the normal distribution reaches p. Bisection: a few dozen steps, and exact at both ends.
double normal_quantile(double p) {
  constexpr double kFar = 38;
  if (p <= 0) return -kFar;
  if (p >= 1) return kFar;
  double low = -kFar;
  double high = kFar;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The common factor in equal steps. Of smooth functions under the normal density the trapezoidal sum converges faster
// than any power of the step, and unlike Gauss-Hermite it stays good where a high correlation makes them steep.
struct Factor {
  static constexpr double kReach = 8.5;
  static constexpr std::size_t kPoints = 273;
  std::array<double, kPoints> at{};
  std::array<double, kPoints> weight{};

  Factor() {
    double sum = 0;
    for (std::size_t i = 0; i < kPoints; ++i) {
      at[i] = kReach * (2 * static_cast<double>(i) / (kPoints - 1) - 1);
      weight[i] = std::exp(-at[i] * at[i] / 2);
      sum += weight[i];
    }
    for (double& one : weight) one /= sum;
  }
};
const Factor& factor() {
  static const Factor kFactor;
  return kFactor;
}

// P(fails | the common factor is y), where P(fails) = normal_cdf(point).
double failing_given(double y, double point, double correlation) {
  return normal_cdf((point - std::sqrt(correlation) * y) / std::sqrt(1 - correlation));
}

// P(at least n up) as candidates come one by one.
class Crew {
 public:
  Crew(std::size_t n, double correlation) : n_(n), correlation_(std::clamp(correlation, 0.0, kMostCorrelation)) {
    points_ = correlation_ > 0 ? Factor::kPoints : 1;
    up_.assign(points_ * (n_ + 1), 0);
    for (std::size_t i = 0; i < points_; ++i) up_[i * (n_ + 1)] = 1;
  }

  void add(double up) {
    const double failing = 1 - std::clamp(up, 0.0, 1.0);
    const double point = normal_quantile(failing);
    for (std::size_t i = 0; i < points_; ++i) {
      const double fails = points_ == 1 ? failing : failing_given(factor().at[i], point, correlation_);
      double* const count = &up_[i * (n_ + 1)];  // P(j are up); the last: n or more
      count[n_] += n_ > 0 ? count[n_ - 1] * (1 - fails) : 0;
      for (std::size_t j = n_; j-- > 0;) count[j] = count[j] * fails + (j > 0 ? count[j - 1] * (1 - fails) : 0);
    }
  }

  [[nodiscard]] double enough() const {
    double sum = 0;
    for (std::size_t i = 0; i < points_; ++i) sum += up_[i * (n_ + 1) + n_] * (points_ == 1 ? 1 : factor().weight[i]);
    return std::min(sum, 1.0);
  }

 private:
  std::size_t n_;
  double correlation_;
  std::size_t points_ = 1;
  std::vector<double> up_;
};

}  // namespace

void TogetherCounts::add(std::uint64_t up, std::uint64_t failures) {
  const auto all = static_cast<double>(up);
  const auto some = static_cast<double>(failures);
  providers += all;
  failed += some;
  pairs += all * (all - 1);
  both_failed += some * (some - 1);
}

TogetherCounts& TogetherCounts::operator+=(const TogetherCounts& more) {
  providers += more.providers;
  failed += more.failed;
  pairs += more.pairs;
  both_failed += more.both_failed;
  return *this;
}

void TogetherCounts::fade(double factor) {
  for (double* const sum : {&providers, &failed, &pairs, &both_failed}) *sum *= factor;
}

TogetherCounts failures_together(std::span<const std::vector<Run>> providers, const Window& window, Duration length) {
  BOURSE_CHECK(length > Duration::zero());
  const auto windows = static_cast<std::size_t>(window.length() / length);
  std::vector<std::uint64_t> up(windows);
  std::vector<std::uint64_t> failed(windows);
  for (const auto& runs : providers) {
    for (const Run& run : runs) {
      const Duration before = std::max(run.from - window.since, Duration::zero());
      for (auto w = static_cast<std::size_t>((before + length - Duration(1)) / length); w < windows; ++w) {
        const Timestamp begins = window.since + length * static_cast<std::int64_t>(w);
        if (begins >= run.until) break;
        const bool stays = run.until >= begins + length;
        if (!stays && !run.ended) continue;  // lost from sight
        ++up[w];
        failed[w] += stays ? 0 : 1;
      }
    }
  }
  TogetherCounts counts;
  for (std::size_t w = 0; w < windows; ++w) counts.add(up[w], failed[w]);
  return counts;
}

double both_fail(double failing, double correlation) {
  if (correlation <= 0) return failing * failing;
  const double point = normal_quantile(failing);
  double sum = 0;
  for (std::size_t i = 0; i < Factor::kPoints; ++i) {
    const double fails = failing_given(factor().at[i], point, std::min(correlation, kMostCorrelation));
    sum += factor().weight[i] * fails * fails;
  }
  return sum;
}

double failure_correlation(const TogetherCounts& counts) {
  if (counts.pairs <= 0 || counts.failed <= 0) return 0;
  const double failing = counts.failed / counts.providers;
  const double both = counts.both_failed / counts.pairs;
  if (both <= failing * failing) return 0;
  double low = 0;
  double high = kMostCorrelation;
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (both_fail(failing, middle) < both ? low : high) = middle;
  }
  return (low + high) / 2;
}

double at_least(std::size_t n, std::span<const double> up, double correlation) {
  if (n > up.size()) return 0;
  Crew crew(n, correlation);
  for (const double one : up) crew.add(one);
  return crew.enough();
}

std::optional<std::size_t> spares_needed(std::size_t n, std::span<const double> best_first, double correlation,
                                         double target) {
  Crew crew(n, correlation);
  for (std::size_t i = 0; i <= best_first.size(); ++i) {
    if (i >= n && crew.enough() >= target) return i - n;
    if (i < best_first.size()) crew.add(best_first[i]);
  }
  return std::nullopt;
}

}  // namespace bourse::history
