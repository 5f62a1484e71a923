#include "bench/match/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "base/check.h"
#include "bench/figures.h"
#include "bench/grants/workload.h"
#include "domain/records.h"
#include "market/state.h"
#include "matching/index_engine.h"

namespace bourse::bench {
namespace {

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void measure_memory(std::uint64_t offers) {
  constexpr std::uint64_t kWaiting = 10'000;
  const double before = resident_bytes();
  market::PoolConfig config;
  config.pool.value = "commons";
  market::State state(std::move(config), std::make_unique<matching::IndexEngine>());
  for (std::uint64_t i = 0; i < offers; ++i) {
    const auto content = offer_of(i, Shape::kUsual);
    market::OfferRow row;
    row.id.value = fmt::format("offer-{}", i);
    row.provider = provider_of(i);
    row.resources = domain::capacity_of(content);
    row.record = domain::encode(content);
    row.seq.value = i + 1;
    BOURSE_CHECK(state.on_offer(std::move(row)).ok());
  }
  const double loaded = resident_bytes();
  figure("memory_per_offer", (loaded - before) / static_cast<double>(offers), "byte");
  for (std::uint64_t i = 0; i < kWaiting; ++i) {
    auto content = request_of(i);
    content.resources =
        resources_of({.cpu = 1'000'000 + static_cast<std::int64_t>(i), .memory = 1, .storage = 1, .bandwidth = 1});
    market::RequestRow row;
    row.id.value = fmt::format("request-{}", i);
    row.consumer = consumer_of(i);
    row.record = domain::encode(content);
    row.seq.value = offers + i + 1;
    BOURSE_CHECK(state.on_request(std::move(row)).ok());
  }
  figure("memory_per_offer_10k_waiting", (resident_bytes() - before) / static_cast<double>(offers), "byte");
  figure("memory_per_waiting_request", (resident_bytes() - loaded) / static_cast<double>(kWaiting), "byte");
}

}  // namespace bourse::bench
