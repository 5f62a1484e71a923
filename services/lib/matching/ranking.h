// Purpose: which of the offers that would do is best: the one with the least left over (best fit), so that
//   small work does not eat into machines that large work will ask for.
// Threads: free functions.
#pragma once

#include <string_view>

#include "matching/capacity.h"
#include "matching/engine.h"

namespace bourse::matching {

// What one stored unit (a milli-unit or a byte) of a resource counts. A core counts 1; so do 4 GiB of
// memory, 100 GiB of storage, and one unit of anything unknown; a GPU counts 16, which keeps work without
// need of one away from machines that have it.
[[nodiscard]] double weight_of(std::string_view resource);

// What stays free of an offer, in cores' worth; `weights` per column.
[[nodiscard]] inline double left_over(Amounts free, Amounts needed, std::span<const double> weights) {
  double sum = 0;
  for (std::size_t c = 0; c < free.size(); ++c) sum += static_cast<double>(free[c] - needed[c]) * weights[c];
  return sum;
}

// Smaller is better. Equal left-overs fall to the lower handle, so that the same market decides the same.
struct Rank {
  double left_over = 0;
  OfferHandle offer = 0;
  friend bool operator<(const Rank& a, const Rank& b) {
    return a.left_over != b.left_over ? a.left_over < b.left_over : a.offer < b.offer;
  }
};

}  // namespace bourse::matching
