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
  EXPECT_DOUBLE_EQ(weight_of("service/blast"), 0);
}

}  // namespace
}  // namespace bourse::matching
