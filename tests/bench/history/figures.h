// Purpose: figures as the parts of bench_history print them, one JSON object a line.
// Threads: free functions.
#pragma once

#include <cstdio>
#include <string>

namespace bourse::bench {

inline void figure(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

}  // namespace bourse::bench
