#include "bench/publish/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bourse::bench {

// Values below 2^kSubBits have a bucket each; above, the leading bit picks the row and the next kSubBits
// bits the column.
void Histogram::add(std::uint64_t nanoseconds) {
  const auto width = static_cast<unsigned>(std::bit_width(nanoseconds));
  const unsigned shift = width > kSubBits + 1 ? width - kSubBits - 1 : 0;
  ++buckets_[std::min<std::size_t>((std::size_t{shift} << kSubBits) + (nanoseconds >> shift), kBuckets - 1)];
  ++count_;
}

std::uint64_t Histogram::percentile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < kBuckets; ++index) {
    seen += buckets_[index];
    if (seen < wanted) continue;
    const std::size_t low = std::size_t{1} << kSubBits;
    if (index < 2 * low) return index;
    const std::size_t shift = (index >> kSubBits) - 1;
    return ((index - (shift << kSubBits) + 1) << shift) - 1;
  }
  return 0;
}

}  // namespace bourse::bench
