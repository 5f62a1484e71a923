#include "bench/publish/histogram.h"

#include <gtest/gtest.h>

namespace bourse::bench {
namespace {

TEST(Histogram, PercentilesAreWithinTheBucketWidth) {
  for (const std::uint64_t scale : {std::uint64_t{1}, std::uint64_t{1'000}, std::uint64_t{7'777'777}}) {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram.add(value * scale);
    for (const double share : {0.001, 0.5, 0.9, 0.99, 1.0}) {
      const double exact = share * 1000 * static_cast<double>(scale);
      EXPECT_GE(static_cast<double>(histogram.percentile(share)), exact * 0.999) << scale << " " << share;
      EXPECT_LE(static_cast<double>(histogram.percentile(share)), exact * (1 + 1.0 / 32)) << scale << " " << share;
    }
  }
}

TEST(Histogram, HoldsTheExtremes) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  histogram.add(0);
  EXPECT_EQ(histogram.percentile(1), 0U);
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.percentile(1), ~std::uint64_t{0});
  EXPECT_EQ(histogram.count(), 2U);
}

}  // namespace
}  // namespace bourse::bench
