#include "history/together.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <random>

namespace bourse::history {
namespace {

using std::chrono::hours;

// Every combination of who stays.
double by_enumeration(std::size_t n, const std::vector<double>& up) {
  double sum = 0;
  for (std::size_t set = 0; set < (std::size_t{1} << up.size()); ++set) {
    double probability = 1;
    std::size_t staying = 0;
    for (std::size_t i = 0; i < up.size(); ++i) {
      const bool stays = ((set >> i) & 1) != 0;
      probability *= stays ? up[i] : 1 - up[i];
      staying += stays ? 1 : 0;
    }
    if (staying >= n) sum += probability;
  }
  return sum;
}

double by_chance(std::size_t n, const std::vector<double>& points, double correlation, int rounds) {
  std::mt19937_64 dice(7);
  std::normal_distribution<double> normal;
  int enough = 0;
  for (int round = 0; round < rounds; ++round) {
    const double common = std::sqrt(correlation) * normal(dice);
    std::size_t staying = 0;
    for (const double point : points) staying += common + std::sqrt(1 - correlation) * normal(dice) >= point ? 1 : 0;
    enough += staying >= n ? 1 : 0;
  }
  return static_cast<double>(enough) / rounds;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

RC_GTEST_PROP(AtLeast, WithoutCorrelationEveryCombination, ()) {
  const auto raw = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 101));
  std::vector<double> up;
  for (std::size_t i = 0; i < std::min<std::size_t>(raw.size(), 10); ++i) up.push_back(raw[i] / 100.0);
  for (std::size_t n = 0; n <= up.size() + 1; ++n) {
    RC_ASSERT(std::abs(at_least(n, up, 0) - by_enumeration(n, up)) < 1e-12);
    RC_ASSERT(std::abs(at_least(n, up, 1e-12) - by_enumeration(n, up)) < 1e-4);
  }
}

TEST(AtLeast, WithCorrelationAsByChance) {
  const std::vector<double> points = {-1.5, -1, -2, -0.5, 0.2, -1.2, -2.5};
  std::vector<double> up;
  for (const double point : points) up.push_back(1 - normal_cdf(point));
  for (const double correlation : {0.05, 0.3, 0.7, 0.95}) {
    for (const std::size_t n : {1U, 4U, 6U, 7U}) {
      EXPECT_NEAR(at_least(n, up, correlation), by_chance(n, points, correlation, 200'000), 0.005)
          << n << " at " << correlation;
    }
  }
}

TEST(AtLeast, OneOfOneIsHisOwnProbability) {
  for (const double up : {0.0, 0.001, 0.3, 0.97, 1.0}) {
    for (const double correlation : {0.0, 0.5, 0.99}) {
      EXPECT_NEAR(at_least(1, std::vector{up}, correlation), up, 1e-6) << up << " at " << correlation;
    }
  }
}

TEST(FailureCorrelation, FindsWhatMadeTheCounts) {
  for (const double correlation : {0.0, 0.1, 0.4, 0.8}) {
    std::mt19937_64 dice(11);
    std::normal_distribution<double> normal;
    TogetherCounts counts;
    for (int window = 0; window < 20'000; ++window) {
      const double common = std::sqrt(correlation) * normal(dice);
      std::uint64_t failed = 0;
      for (int i = 0; i < 50; ++i) failed += common + std::sqrt(1 - correlation) * normal(dice) < -1.6 ? 1 : 0;
      counts.add(50, failed);
    }
    EXPECT_NEAR(failure_correlation(counts), correlation, 0.02);
  }
  EXPECT_EQ(failure_correlation({}), 0);
}

TEST(BothFail, BetweenIndependentAndOne) {
  EXPECT_DOUBLE_EQ(both_fail(0.1, 0), 0.01);
  EXPECT_NEAR(both_fail(0.5, 0.5), 0.25 + std::asin(0.5) / (2 * std::acos(-1.0)), 1e-9);  // Sheppard
  EXPECT_GT(both_fail(0.1, 0.99), 0.085);
}

TEST(FailuresTogether, CountsWindowsSeenToTheirEnd) {
  const base::Timestamp zero{};
  const auto run = [&](int from, int until, bool ended) {
    return history::Run{zero, zero + hours(from), zero + hours(until), ended};
  };
  // Windows [0, 8), [8, 16), [16, 24).
  const std::vector<std::vector<history::Run>> providers = {
      {run(0, 24, false)},                     // stays through all three
      {run(0, 10, true), run(11, 24, false)},  // fails in the second; up again from the third on
      {run(0, 12, true)},                      // fails in the second
      {run(0, 12, false)},                     // lost from sight in the second: only the first tells
      {run(9, 16, true)},                      // up at no beginning
  };
  const auto counts = failures_together(providers, {zero, zero + hours(25)}, hours(8));
  EXPECT_EQ(counts.providers, 4 + 3 + 2);
  EXPECT_EQ(counts.failed, 0 + 2 + 0);
  EXPECT_EQ(counts.pairs, 12 + 6 + 2);
  EXPECT_EQ(counts.both_failed, 2);
}

TEST(SparesNeeded, AreTheFewest) {
  const std::vector<double> up(40, 0.9);
  for (const double correlation : {0.0, 0.2, 0.5}) {
    for (const double target : {0.5, 0.9, 0.99}) {
      const auto spares = spares_needed(10, up, correlation, target);
      ASSERT_TRUE(spares.has_value());
      const auto chosen = [&](std::size_t count) { return std::span(up).first(count); };
      EXPECT_GE(at_least(10, chosen(10 + *spares), correlation), target);
      if (*spares > 0) {
        EXPECT_LT(at_least(10, chosen(10 + *spares - 1), correlation), target);
      }
    }
  }
  EXPECT_EQ(spares_needed(0, {}, 0.3, 0.99), 0U);
  EXPECT_EQ(spares_needed(3, std::vector{1.0, 1.0}, 0, 0.5), std::nullopt);
  EXPECT_EQ(spares_needed(2, std::vector{0.5, 0.5, 0.5}, 0, 0.99), std::nullopt);
  EXPECT_GT(*spares_needed(10, up, 0.3, 0.99), *spares_needed(10, up, 0.0, 0.99)) << "who fails together needs more";
}

}  // namespace
}  // namespace bourse::history
