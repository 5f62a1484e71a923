#include "history/survival.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "unit/history/bitmap.h"

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;

Run run(int entry, int exit, bool ended) {
  const Timestamp born{minutes(1'000'000)};
  return {born, born + minutes(entry), born + minutes(exit), ended};
}

// The product limit, minute by minute.
double brute_force(const std::vector<Run>& runs, Duration age) {
  double up = 1;
  for (Duration a = minutes(1); a <= age; a += minutes(1)) {
    double at_risk = 0;
    double ended = 0;
    for (const Run& one : runs) {
      if (one.exit() <= one.entry()) continue;
      at_risk += one.entry() < a && a <= one.exit() ? 1 : 0;
      ended += one.ended && one.exit() == a ? 1 : 0;
    }
    if (ended > 0) up *= 1 - ended / at_risk;
  }
  return up;
}

RC_GTEST_PROP(Survival, AsTheProductLimitMinuteByMinute, ()) {
  const auto raw = *rc::gen::container<std::vector<std::tuple<int, int, bool>>>(
      rc::gen::tuple(rc::gen::inRange(0, 20), rc::gen::inRange(0, 30), rc::gen::arbitrary<bool>()));
  std::vector<Run> runs;
  for (const auto& [entry, length, ended] : raw) runs.push_back(run(entry, entry + length, ended));
  const Survival survival = Survival::estimate(runs);
  for (int age = 0; age <= 55; ++age) {
    RC_ASSERT(std::abs(survival.at(minutes(age)) - brute_force(runs, minutes(age))) < 1e-12);
    const auto band = survival.band(minutes(age));
    RC_ASSERT(0 <= band.low && band.low <= survival.at(minutes(age)) && survival.at(minutes(age)) <= band.high);
    RC_ASSERT(band.high <= 1);
    const double conditional = survival.conditional(minutes(age), minutes(7));
    RC_ASSERT(0 <= conditional && conditional <= 1);
  }
}

TEST(Survival, TextbookExample) {
  // Kaplan and Meier, 1958, section 1: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1 (here in tenths).
  const std::vector<history::Run> runs = {run(0, 8, true),   run(0, 31, true),  run(0, 54, true),  run(0, 92, true),
                                          run(0, 10, false), run(0, 27, false), run(0, 70, false), run(0, 121, false)};
  const Survival survival = Survival::estimate(runs);
  ASSERT_EQ(survival.steps().size(), 4U);
  EXPECT_DOUBLE_EQ(survival.at(minutes(7)), 1);
  EXPECT_DOUBLE_EQ(survival.at(minutes(8)), 7.0 / 8);
  EXPECT_DOUBLE_EQ(survival.at(minutes(31)), 7.0 / 10);
  EXPECT_DOUBLE_EQ(survival.at(minutes(54)), 21.0 / 40);
  EXPECT_DOUBLE_EQ(survival.at(minutes(92)), 21.0 / 80);
  EXPECT_EQ(survival.median(), Duration(minutes(92)));
  EXPECT_DOUBLE_EQ(survival.conditional(minutes(31), minutes(23)), 0.75);
  // Greenwood at 54: S² (1/(8·7) + 1/(5·4) + 1/(4·3)).
  EXPECT_NEAR(survival.steps()[2].variance, 0.525 * 0.525 * (1.0 / 56 + 1.0 / 20 + 1.0 / 12), 1e-12);
  EXPECT_NEAR(survival.band(minutes(54)).low, 0.525 - 1.959964 * 0.525 * std::sqrt(1.0 / 56 + 1.0 / 20 + 1.0 / 12),
              1e-6);
}

TEST(Survival, NobodyEver) {
  EXPECT_EQ(Survival::estimate({}).at(minutes(5)), 1);
  EXPECT_EQ(Survival::estimate({run(0, 9, false)}).median(), std::nullopt);
  EXPECT_EQ(Survival::estimate({run(0, 9, true)}).conditional(minutes(9), minutes(1)), 0);
}

RC_GTEST_PROP(Runs, AsMinuteByMinute, ()) {
  const Bitmap map = any_bitmap();
  std::vector<Run> expected;
  for (int m = map.from; m < map.until; ++m) {
    if (!map.seen(m, Bitmap::kUp)) continue;
    if (m > map.from && map.seen(m - 1, Bitmap::kUp)) {
      expected.back().until += minutes(1);
    } else {
      int born = m;
      while (map.was(born - 1) == Bitmap::kUp) --born;
      expected.push_back({map.at(born), map.at(m), map.at(m + 1), false});
    }
    expected.back().ended =
        map.was(m + 1) == Bitmap::kDown && m + 1 < Bitmap::kMinutes && map.seen(m + 1, Bitmap::kDown);
  }
  RC_ASSERT(up_runs(map.intervals, map.gaps, map.window()) == expected);
}

}  // namespace
}  // namespace bourse::history
