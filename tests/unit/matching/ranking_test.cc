#include "matching/ranking.h"

#include <gtest/gtest.h>

namespace bourse::matching {
namespace {

TEST(RankingTest, WeighsResourcesInCores) {
  constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
  EXPECT_DOUBLE_EQ(weight_of("cpu") * 1000, 1);
  EXPECT_DOUBLE_EQ(weight_of("memory") * 4 * kGiB, 1);
  EXPECT_DOUBLE_EQ(weight_of("storage") * 100 * kGiB, 1);
  EXPECT_DOUBLE_EQ(weight_of("ephemeral-storage") * 100 * kGiB, 1);
  EXPECT_DOUBLE_EQ(weight_of("gpu") * 1000, 16);
  EXPECT_DOUBLE_EQ(weight_of("example.com/fpga") * 1000, 1);
}

TEST(RankingTest, CountsWhatIsLeft) {
  const std::vector<std::int64_t> free = {4000, 2000};
  const std::vector<std::int64_t> needed = {1000, 2000};
  const std::vector<double> weights = {0.001, 0.016};
  EXPECT_DOUBLE_EQ(left_over(free, needed, weights), 3);
}

TEST(RankingTest, LessLeftThenLowerHandle) {
  EXPECT_TRUE((Rank{1, 9} < Rank{2, 1}));
  EXPECT_TRUE((Rank{1, 1} < Rank{1, 2}));
  EXPECT_FALSE((Rank{1, 2} < Rank{1, 2}));
}

}  // namespace
}  // namespace bourse::matching
