// Purpose: latencies in buckets of 1/64 relative width, so that any percentile of millions of samples costs
//   a few kilobytes. Lifetime: one round. Threads: none.
#pragma once

#include <array>
#include <cstdint>

namespace bourse::bench {

class Histogram {
 public:
  void add(std::uint64_t nanoseconds);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Upper edge of the bucket that holds the share (0..1) of the samples; 0 without samples. Nanoseconds.
  [[nodiscard]] std::uint64_t percentile(double share) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;
  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace bourse::bench
