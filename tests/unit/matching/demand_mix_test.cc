#include "matching/demand_mix.h"

#include <gtest/gtest.h>

#include "domain/jid.h"
#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using testing::Quantities;
using testing::resources;

void learn(DemandMix& mix, std::size_t times, const Quantities& needs) {
  for (std::size_t i = 0; i < times; ++i) mix.learn(resources(needs));
}

double share_of(const DemandMix& mix, const Quantities& needs) {
  double share = 0;
  for (const Shape& shape : mix.shapes()) {
    if (shape.needs == resources(needs)) share += shape.share;
  }
  return share;
}

TEST(DemandMixTest, FirstRequestIsAllThereIs) {
  DemandMix mix;
  EXPECT_TRUE(mix.shapes().empty());
  const auto before = mix.version();
  learn(mix, 1, {{"cpu", "2"}});
  ASSERT_EQ(mix.shapes().size(), 1U);
  EXPECT_DOUBLE_EQ(mix.shapes()[0].share, 1);
  EXPECT_GT(mix.version(), before);
}

TEST(DemandMixTest, SharesFollowNumbers) {
  DemandMix mix;
  for (int i = 0; i < 1000; ++i) {
    learn(mix, 3, {{"cpu", "2"}});
    learn(mix, 1, {{"cpu", "2"}, {"gpu", "0.5"}});
  }
  ASSERT_EQ(mix.shapes().size(), 2U);
  EXPECT_EQ(mix.shapes()[0].needs, resources({{"cpu", "2"}}));
  EXPECT_NEAR(mix.shapes()[0].share, 0.75, 0.01);
  EXPECT_NEAR(mix.shapes()[1].share, 0.25, 0.01);
}

TEST(DemandMixTest, GrantsCountNotRequests) {
  DemandMix mix;
  for (int i = 0; i < 100; ++i) {
    mix.learn(resources({{"cpu", "1"}}), 9);
    mix.learn(resources({{"cpu", "4"}}), 1);
  }
  EXPECT_NEAR(share_of(mix, {{"cpu", "1"}}), 0.9, 0.01);
}

TEST(DemandMixTest, WhatCountsAsOneShape) {
  struct Case {
    const char* name;
    Quantities a, b;
    std::string constraint_of_b;
    std::size_t shapes;
  };
  const Case cases[] = {
      {"equal", {{"cpu", "2"}}, {{"cpu", "2"}}, "", 1},
      {"amounts that differ by little", {{"cpu", "11.3"}}, {{"cpu", "11.4"}}, "", 1},
      {"amounts that differ by much", {{"cpu", "11"}}, {{"cpu", "13"}}, "", 2},
      {"parts of devices as they are", {{"gpu", "0.46"}}, {{"gpu", "0.47"}}, "", 2},
      {"other resources", {{"cpu", "2"}}, {{"fpga", "2"}}, "", 2},
      {"other constraints", {{"cpu", "2"}}, {{"cpu", "2"}}, "(arch=arm64)", 2},
      {"one more resource", {{"cpu", "2"}}, {{"cpu", "2"}, {"memory", "1Gi"}}, "", 2},
  };
  for (const Case& c : cases) {
    DemandMix mix;
    for (int i = 0; i < 50; ++i) {
      mix.learn(resources(c.a));
      mix.learn(resources(c.b), 1, c.constraint_of_b);
    }
    EXPECT_EQ(mix.shapes().size(), c.shapes) << c.name;
  }
}

TEST(DemandMixTest, NothingIsNoShape) {
  DemandMix mix;
  mix.learn({});
  mix.learn(resources({{"cpu", "1"}}), 0);
  EXPECT_TRUE(mix.shapes().empty());
}

TEST(DemandMixTest, OldRequestsFade) {
  DemandMix mix;
  learn(mix, 20'000, {{"cpu", "1"}});
  learn(mix, 16'384 + 2048, {{"cpu", "8"}});  // more than a half-life, and the refresh after it
  EXPECT_LT(share_of(mix, {{"cpu", "1"}}), 0.40);
  EXPECT_GT(share_of(mix, {{"cpu", "1"}}), 0.30);
}

TEST(DemandMixTest, PopularShapesStayAmongVeryManyRareOnes) {
  DemandMix mix;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    domain::Resources rare;
    ASSERT_TRUE(rare.add("cpu", static_cast<std::int64_t>(1000 + (i * 7919) % 1'000'003)).ok());
    ASSERT_TRUE(rare.add("memory", static_cast<std::int64_t>(1 + i) << (i % 20)).ok());
    mix.learn(rare);
    learn(mix, 1, {{"gpu", "1"}});
  }
  ASSERT_EQ(mix.shapes().size(), DemandMix::kMostShapes);
  EXPECT_EQ(mix.shapes()[0].needs, resources({{"gpu", "1"}}));
  double sum = 0;
  for (const Shape& shape : mix.shapes()) sum += shape.share;
  EXPECT_NEAR(sum, 1, 1e-9);
  EXPECT_LE(mix.counted(), DemandMix::kMostCounted);
}

TEST(DemandMixTest, LatestStandsForItsLikes) {
  DemandMix mix;
  learn(mix, 20, {{"cpu", "11.3"}});
  learn(mix, 40, {{"cpu", "11.4"}});
  ASSERT_EQ(mix.shapes().size(), 1U);
  EXPECT_EQ(mix.shapes()[0].needs, resources({{"cpu", "11.4"}}));
}

TEST(DemandMixTest, SameRequestsSameMix) {
  const auto learned = [] {
    DemandMix mix;
    for (std::int64_t i = 0; i < 5'000; ++i) {
      domain::Resources needs;
      EXPECT_TRUE(needs.add("cpu", 1000 + i * i % 70'001).ok());
      mix.learn(needs);
    }
    return mix;
  };
  const DemandMix a = learned();
  const DemandMix b = learned();
  ASSERT_EQ(a.shapes().size(), b.shapes().size());
  for (std::size_t i = 0; i < a.shapes().size(); ++i) {
    EXPECT_EQ(a.shapes()[i].needs, b.shapes()[i].needs);
    EXPECT_EQ(a.shapes()[i].share, b.shapes()[i].share);
  }
}

}  // namespace
}  // namespace bourse::matching
