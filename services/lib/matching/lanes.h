// Purpose: the amounts of an offer or of a demand as eight short numbers, so that one instruction tells whether the one
//   may cover the other. The numbers round down and keep the order: what covers in truth covers here too, and the few
//   that cover only here are found out by the exact amounts.
// Lifetime: values. Threads: free functions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bourse::matching {

// A lane is a resource; `gpu` has two (wholly free devices, and the most that is free of one of them), and the last one
// is time: until when the offer lends.
inline constexpr std::size_t kLanes = 8;
inline constexpr std::size_t kGpuWholeLane = 3;
inline constexpr std::size_t kGpuPartLane = 4;
inline constexpr std::size_t kUntilLane = 7;
inline constexpr std::size_t kNoLane = kLanes;

using Lane = std::uint16_t;
struct alignas(16) Lanes {
  std::array<Lane, kLanes> at = {};
};

// Six bits of magnitude, ten of what follows it: a step is a thousandth.
[[nodiscard]] inline Lane to_lane(std::int64_t amount) {
  if (amount <= 0) return 0;
  const auto value = static_cast<std::uint64_t>(amount);
  const auto magnitude = static_cast<unsigned>(std::bit_width(value) - 1);
  const std::uint64_t rest = magnitude >= 10 ? value >> (magnitude - 10) : value << (10 - magnitude);
  return static_cast<Lane>(((magnitude << 10) | (rest & 1023)) + 1);
}

// Eight lanes as one machine word, and four as numbers.
using Packed __attribute__((vector_size(16))) = std::uint16_t;
using Half __attribute__((vector_size(8))) = std::uint16_t;
using Wide __attribute__((vector_size(16))) = std::uint32_t;
using Floats __attribute__((vector_size(16))) = float;

[[nodiscard]] inline Packed packed(const Lanes& lanes) { return std::bit_cast<Packed>(lanes.at); }

[[nodiscard]] inline bool covers(const Lanes& free, const Lanes& needed) {
  const auto lacking = std::bit_cast<std::array<std::uint64_t, 2>>(packed(free) < packed(needed));
  return (lacking[0] | lacking[1]) == 0;
}

inline void lower(Lanes& lanes, const Lanes& by) {
  lanes.at = std::bit_cast<decltype(lanes.at)>(packed(lanes) < packed(by) ? packed(lanes) : packed(by));
}
inline void raise(Lanes& lanes, const Lanes& by) {
  lanes.at = std::bit_cast<decltype(lanes.at)>(packed(lanes) > packed(by) ? packed(lanes) : packed(by));
}

// What one unit of each lane counts in ranking.h's measure; 0 for those that do not count.
struct alignas(16) LaneWeights {
  std::array<float, kLanes> at = {};
  float one_each = 0;  // their sum: set() keeps it

  void set(std::size_t lane, double weight) {
    at[lane] = static_cast<float>(weight);
    one_each = 0;
    for (const float each : at) one_each += each;
  }
};

// Not more than what amounts that have at least these lanes, both of them, weigh. A lane becomes the least amount that
// has it by standing where a float keeps its magnitude; nothing at all becomes one unit there, which is taken off
// again.
[[nodiscard]] inline double weigh_most_of(const Lanes& a, const Lanes& b, const LaneWeights& weights) {
  const Packed most = packed(a) > packed(b) ? packed(a) : packed(b);
  const Packed codes = most - (most != 0 ? Packed{1, 1, 1, 1, 1, 1, 1, 1} : Packed{});
  struct Halves {
    Half low, high;
  };
  const auto halves = std::bit_cast<Halves>(codes);
  const auto amounts = [](Half half) {
    constexpr std::uint32_t kOne = 127U << 23;
    return std::bit_cast<Floats>((__builtin_convertvector(half, Wide) << 13) + Wide{kOne, kOne, kOne, kOne});
  };
  struct Weights {
    Floats low, high;
  };
  const auto each = std::bit_cast<Weights>(weights.at);
  const Floats sums = amounts(halves.low) * each.low + amounts(halves.high) * each.high;
  constexpr float kRounding = 1 - 1e-5F;
  return ((sums[0] + sums[1]) + (sums[2] + sums[3]) - weights.one_each) * kRounding;
}

}  // namespace bourse::matching
