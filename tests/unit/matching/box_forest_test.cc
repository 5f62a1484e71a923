#include "matching/box_forest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

namespace bourse::matching {
namespace {

TEST(LanesTest, KeepTheOrderAndWeighNotTooMuch) {
  LaneWeights weights;
  weights.set(0, 1);
  std::int64_t before = 0;
  for (std::int64_t amount = 0; amount < (std::int64_t{1} << 61); amount += 1 + amount / 777) {
    EXPECT_LE(to_lane(before), to_lane(amount));
    Lanes lanes;
    lanes.at[0] = to_lane(amount);
    EXPECT_LE(weigh_most_of(lanes, Lanes{}, weights), static_cast<double>(amount));
    EXPECT_GE(weigh_most_of(Lanes{}, lanes, weights) * 1.002 + 2, static_cast<double>(amount));
    before = amount;
  }
  EXPECT_LT(to_lane(0), to_lane(1));
}

class BoxForestTest : public ::testing::Test {
 protected:
  BoxForestTest() {
    weights_.set(0, 1e-3);
    weights_.set(1, 1e-6);
  }

  Point random_point(std::uint32_t id) {
    const std::int64_t a = static_cast<std::int64_t>(dice_() % 20) * 500;
    const std::int64_t b = static_cast<std::int64_t>(dice_() % 5'000'000);
    Point point;
    point.lanes.at[0] = to_lane(a);
    point.lanes.at[1] = to_lane(b);
    point.lanes.at[2] = static_cast<Lane>(dice_() % 3);
    point.size = static_cast<double>(a) * 1e-3 + static_cast<double>(b) * 1e-6 + static_cast<double>(dice_() % 2);
    point.id = id;
    return point;
  }

  // The best by looking at all.
  std::uint32_t plain(const Lanes& needed) const {
    Bound bound{std::numeric_limits<double>::infinity(), ~0U};
    for (const auto& [id, point] : points_) {
      if (covers(point.lanes, needed) && bound.admits(point.size, id)) bound = {point.size, id};
    }
    return bound.id;
  }

  std::uint32_t searched(const Lanes& needed) const {
    Bound bound{std::numeric_limits<double>::infinity(), ~0U};
    const Tree* const trees[] = {&trees_[0], &trees_[1]};
    EXPECT_TRUE(forest_.search(trees, needed, weights_, bound, [&](const Point& point) {
      const double exact = points_.at(point.id).size;
      EXPECT_LE(point.size, exact);
      if (bound.admits(exact, point.id)) bound = {exact, point.id};
      return true;
    }));
    return bound.id;
  }

  std::mt19937_64 dice_{42};
  LaneWeights weights_;
  BoxForest forest_;
  Tree trees_[2];
  std::map<std::uint32_t, Point> points_;
};

TEST_F(BoxForestTest, FindsWhatLookingAtAllFinds) {
  for (const std::size_t most : {40U, 3000U, 0U}) {  // grows, grows more, and goes again
    while (points_.size() != most) {
      const auto id = static_cast<std::uint32_t>(dice_() % 6000);
      if (const auto found = points_.find(id); found != points_.end()) {
        if (points_.size() > most || dice_() % 3 == 0) {
          forest_.remove(trees_[id % 2], found->second);
          points_.erase(found);
        }
      } else if (points_.size() < most) {
        forest_.insert(trees_[id % 2], points_[id] = random_point(id));
      }
      if (dice_() % 16 != 0) continue;
      const Lanes needed = random_point(0).lanes;
      ASSERT_EQ(searched(needed), plain(needed));
    }
    EXPECT_EQ(trees_[0].count + trees_[1].count, most);
  }
}

TEST_F(BoxForestTest, FindsAllThatAreCovered) {
  for (std::uint32_t id = 0; id < 1000; ++id) forest_.insert(trees_[0], points_[id] = random_point(id));
  for (int i = 0; i < 50; ++i) {
    const Lanes covering = random_point(0).lanes;
    std::set<std::uint32_t> expected;
    for (const auto& [id, point] : points_) {
      if (covers(covering, point.lanes)) expected.insert(id);
    }
    std::set<std::uint32_t> found;
    forest_.each_covered(trees_[0], covering, [&](const Point& point) { EXPECT_TRUE(found.insert(point.id).second); });
    EXPECT_EQ(found, expected);
  }
}

TEST_F(BoxForestTest, ASearchEndsWhenToldTo) {
  for (std::uint32_t id = 0; id < 100; ++id) forest_.insert(trees_[0], random_point(id));
  const Tree* const trees[] = {&trees_[0]};
  const Bound bound{std::numeric_limits<double>::infinity(), ~0U};
  int visits = 0;
  EXPECT_FALSE(forest_.search(trees, Lanes{}, weights_, bound, [&](const Point&) { return ++visits < 7; }));
  EXPECT_EQ(visits, 7);
}

}  // namespace
}  // namespace bourse::matching
