// Purpose: one round of windowed publishing: every connection keeps a number of publish IQs in flight for a
//   while, each with a fresh item id; counts answers and their latencies. An error answer ends the benchmark.
// Lifetime: one call. Threads: the caller's.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/publish/connection.h"
#include "bench/publish/histogram.h"

namespace bourse::bench {

struct LoadSettings {
  std::string service;  // JID published to
  std::string node;
  std::string item_prefix;  // unique to the round
  int window = 16;
  std::chrono::milliseconds duration{4000};
};

struct LoadResult {
  double per_second = 0;  // answers per second from the first publish to the last answer inside the duration
  Histogram latency;
};

using Connections = std::vector<std::unique_ptr<Connection>>;

[[nodiscard]] LoadResult run_load(const Connections& connections, const LoadSettings& settings,
                                  const std::vector<std::string>& offers);

// One publish, as run_load sends it.
[[nodiscard]] std::string publish_stanza(const std::string& service, const std::string& node,
                                         const std::string& stanza_id, const std::string& item_id,
                                         const std::string& payload);

}  // namespace bourse::bench
