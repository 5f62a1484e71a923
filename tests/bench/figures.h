// Purpose: figures as the parts of a bench print them, one JSON object a line, for its script to collect.
// Threads: free functions.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace bourse::bench {

inline void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

// 0 ≤ share < 1; sorts a copy. 0 of nothing.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size()));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

}  // namespace bourse::bench
