#include "history/predictor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <random>

namespace bourse::history {
namespace {

using base::Duration;
using base::Timestamp;
using std::chrono::hours;
using std::chrono::minutes;

const Timestamp kMonday{std::chrono::sys_days(std::chrono::year(2026) / 6 / 1)};

Run run(Timestamp born, Duration length, bool ended = true) { return {born, born, born + length, ended}; }

TEST(AgeClass, Doubles) {
  EXPECT_EQ(age_class(Duration::zero()), 0U);
  EXPECT_EQ(age_class(Duration(-5)), 0U);
  EXPECT_EQ(age_class(minutes(1)), 1U);
  EXPECT_EQ(age_class(minutes(2) - Duration(1)), 1U);
  EXPECT_EQ(age_class(hours(24 * 365 * 100)), kAgeClasses - 1);
  for (std::size_t i = 0; i < kAgeClasses; ++i) EXPECT_EQ(age_class(age_class_begins(i)), i);
}

RC_GTEST_PROP(Counts, OfPartsAddUpToTheWhole, ()) {
  const Timestamp born = kMonday + minutes(*rc::gen::inRange(0, 20'000));
  const auto length = *rc::gen::inRange(2, 60'000);
  const auto split = born + minutes(*rc::gen::inRange(1, length));
  const Run whole = run(born, minutes(length));
  const Duration east = minutes(*rc::gen::element(0, 60, -210, 345));
  PoolCounts pool;
  PoolCounts parts;
  ProviderCounts own;
  ProviderCounts own_parts;
  pool.add(whole, east);
  own.add(whole, east);
  for (const Run& part : {Run{born, born, split, false}, Run{born, split, whole.until, true}}) {
    PoolCounts one;
    one.add(part, east);
    parts += one;
    own_parts.add(part, east);
  }
  double time = 0;
  for (std::size_t a = 0; a < kAgeClasses; ++a) {
    RC_ASSERT(std::abs(own.exposure[a] - own_parts.exposure[a]) < 0.01F);
    for (std::size_t h = 0; h < kHoursOfWeek; ++h) {
      time += pool.exposure[a][h];
      RC_ASSERT(std::abs(pool.exposure[a][h] - parts.exposure[a][h]) < 1e-9);
      RC_ASSERT(pool.ended[a][h] == parts.ended[a][h]);
    }
  }
  RC_ASSERT(std::abs(time - length / 60.0) < 1e-6);
  RC_ASSERT(own.ended() == 1 && own_parts.ended() == 1);
}

// A pool whose providers end, each in its own time: `count` runs each of them.
struct World {
  PoolCounts pool;
  std::vector<ProviderCounts> providers;

  World(const std::vector<double>& mean_hours, int count) : providers(mean_hours.size()) {
    std::mt19937_64 dice(5);
    for (std::size_t i = 0; i < mean_hours.size(); ++i) {
      std::exponential_distribution<double> length(1 / mean_hours[i]);
      Timestamp at = kMonday;
      for (int r = 0; r < count; ++r) {
        const auto one = run(at, Duration(static_cast<std::int64_t>(length(dice) * 3.6e9) + 1));
        pool.add(one);
        providers[i].add(one);
        at = one.until + hours(1);
      }
    }
  }
};

TEST(PoolModel, FindsAConstantHazard) {
  const World world(std::vector<double>(50, 20.0), 100);
  const auto model = PoolModel::fit(world.pool, world.providers);
  for (const int age : {0, 60, 600, 2400}) {
    EXPECT_NEAR(model.up_for(hours(8), {}, minutes(age), kMonday), std::exp(-8.0 / 20), 0.05) << age;
  }
}

TEST(PoolModel, TellsProvidersApartAndJudgesTheYoungLikeThePool) {
  std::vector<double> means(40, 10.0);
  for (std::size_t i = 0; i < 20; ++i) means[i] = 100.0;
  const World world(means, 60);
  const auto model = PoolModel::fit(world.pool, world.providers);
  const auto up = [&](const ProviderModel& provider) { return model.up_for(hours(8), provider, hours(10), kMonday); };
  EXPECT_NEAR(up(model.of(world.providers[3])), std::exp(-0.08), 0.06);
  EXPECT_NEAR(up(model.of(world.providers[33])), std::exp(-0.8), 0.1);
  ProviderCounts young;
  EXPECT_DOUBLE_EQ(up(model.of(young)), up({}));
  young.add(run(kMonday, minutes(30)));
  EXPECT_NEAR(up(model.of(young)), up({}), 0.15) << "one run says little";
  EXPECT_LT(up(model.of(young)), up({}));
}

TEST(PoolModel, LearnsTheHourAtWhichAProviderLeaves) {
  // Everybody else ends whenever; this one is up from 8 to 18 every day, by a clock two hours ahead.
  World world(std::vector<double>(30, 10.0), 60);
  ProviderCounts clerk;
  for (int day = 0; day < 60; ++day) {
    const auto one = run(kMonday + hours(24 * day + 6), hours(10));
    world.pool.add(one, hours(2));
    clerk.add(one, hours(2));
  }
  world.providers.push_back(clerk);
  const auto model = PoolModel::fit(world.pool, world.providers);
  const auto provider = model.of(clerk);
  const Timestamp thursday = kMonday + hours(24 * 77 + 3 * 24 - 2);  // midnight of the clerk
  EXPECT_GT(model.up_for(hours(2), provider, hours(1), thursday + hours(9), hours(2)), 0.9);
  // A hazard that is even over its hour cannot be sure of an end on the stroke: e⁻¹ at best.
  EXPECT_LT(model.up_for(hours(2), provider, hours(9), thursday + hours(17), hours(2)), 0.5);
}

RC_GTEST_PROP(PoolModel, IsAProbabilityThatNeverRisesAndMultiplies, ()) {
  static const World kWorld({3.0, 10.0, 200.0}, 50);
  static const auto kModel = PoolModel::fit(kWorld.pool, kWorld.providers);
  const auto provider = kModel.of(kWorld.providers[*rc::gen::inRange<std::size_t>(0, 3)]);
  const Duration age = minutes(*rc::gen::inRange(0, 5000));
  const Timestamp now = kMonday + minutes(*rc::gen::inRange(0, 20'000));
  const Duration first = minutes(*rc::gen::inRange(0, 3000));
  const Duration then = minutes(*rc::gen::inRange(0, 3000));
  const double to_first = kModel.up_for(first, provider, age, now);
  const double to_both = kModel.up_for(first + then, provider, age, now);
  RC_ASSERT(0 <= to_both && to_both <= to_first && to_first <= 1);
  RC_ASSERT(std::abs(to_first * kModel.up_for(then, provider, age + first, now + first) - to_both) < 1e-9);
}

TEST(PoolModel, KnowsNothing) {
  const auto model = PoolModel::fit({});
  EXPECT_EQ(model.up_for(hours(24), {}, hours(1), kMonday), 1);
  EXPECT_EQ(model.up_for(hours(-1), {}, hours(1), kMonday), 1);
  PoolCounts pool;
  pool.add(run(kMonday, hours(50), false));
  EXPECT_GT(PoolModel::fit(pool).up_for(hours(1), {}, hours(1), kMonday), 0.9) << "nobody ended yet";
}

TEST(Counts, FadeForgets) {
  ProviderCounts counts;
  counts.add(run(kMonday, hours(10)));
  counts.fade(0.5);
  EXPECT_FLOAT_EQ(static_cast<float>(counts.ended()), 0.5F);
}

}  // namespace
}  // namespace bourse::history
