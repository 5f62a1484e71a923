// Purpose: how full machines with GPUs get before tasks no longer fit: the published protocol (Weng et al., USENIX
//   ATC'23) with their Random and BestFit beside the engine.
// Lifetime: free functions. Threads: none. The same seeds give the same figures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "bench/match/packing_trace.h"
#include "matching/engine.h"

namespace bourse::bench {

// One run: the share of all GPU-milli that is allocated after the last arrival, in percent.
[[nodiscard]] double pack_random(const PackingTrace& trace, std::uint64_t seed);
[[nodiscard]] double pack_best_fit(const PackingTrace& trace, std::uint64_t seed);
// As the engine with no bound on the offers it compares: what the measure of matching/fragmentation.h can do.
[[nodiscard]] double pack_by_worth(const PackingTrace& trace, std::uint64_t seed);
// Through an empty engine; `decisions_us` gets the time of each best(), where it is not null.
[[nodiscard]] double pack_by_engine(const PackingTrace& trace, std::uint64_t seed, matching::Engine& engine,
                                    std::vector<double>* decisions_us = nullptr);

struct Packing {  // means over the seeds, in percent
  double random = 0;
  double best_fit = 0;
  double by_worth = 0;
  double ours = 0;  // the engine's
  double least_of_ours = 0;
  double decision_p50_us = 0;  // of the engine's best()
  double decision_p99_us = 0;
};
inline constexpr double kPublishedRandom = 87.47;
inline constexpr double kPublishedBestFit = 93.08;
inline constexpr double kPublishedBest = 95.39;  // FGD

using NewEngine = std::function<std::unique_ptr<matching::Engine>()>;

// Seeds 1 to `seeds`. kNotFound when the folder or a file of it is absent: say so, loudly, and go on without.
[[nodiscard]] base::Result<Packing> run_packing(const std::filesystem::path& folder, std::uint64_t seeds,
                                                const NewEngine& new_engine);

}  // namespace bourse::bench
