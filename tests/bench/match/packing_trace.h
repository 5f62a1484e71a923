// Purpose: the machines and tasks of the published GPU cluster trace (openb), and the order in which the published
//   protocol lets tasks arrive.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace bourse::bench {

struct Machine {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t gpus = 0;
  std::string model;
};

struct Task {
  std::int64_t cpu_milli = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t gpu_milli = 0;       // below 1000: a part of one; otherwise whole ones
  std::vector<std::string> models;  // one of these; empty: any
};

struct PackingTrace {
  std::vector<Machine> machines;
  std::vector<Task> tasks;

  [[nodiscard]] std::int64_t gpu_milli() const;  // of all machines
};

// Reads openb_node_list_gpu_node.csv and openb_pod_list_default.csv of the folder.
[[nodiscard]] base::Result<PackingTrace> read_packing_trace(const std::filesystem::path& folder);

// The tasks shuffled, then tasks drawn at random, until the next one would ask for more than 130 % of the GPUs in all.
// Numbers of tasks; the same seed gives the same order with every compiler.
[[nodiscard]] std::vector<std::size_t> arrivals(const PackingTrace& trace, std::uint64_t seed);

}  // namespace bourse::bench
