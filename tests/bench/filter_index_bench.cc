// One offer against 10,000 content filters: through the index and by evaluating each.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "domain/filter_index.h"
#include "domain/offer.h"

namespace bourse::domain {
namespace {

constexpr std::uint64_t kFilters = 10'000;

Offer offer() {
  Offer made;
  BOURSE_CHECK(made.resources.add("cpu", 16 * kMilli).ok());
  BOURSE_CHECK(made.resources.add("gpu", 2 * kMilli).ok());
  BOURSE_CHECK(made.resources.add("memory", std::int64_t{64} << 30).ok());
  made.gpu_model = "M42";
  made.attributes.push_back(make_attribute("arch", "x86_64", AttributeType::kString).value());
  made.attributes.push_back(make_attribute("os", "linux", AttributeType::kString).value());
  return made;
}

// 100 models with 100 thresholds each; what people ask for.
std::vector<Filter> by_model() {
  std::vector<Filter> filters;
  for (std::uint64_t i = 0; i < kFilters; ++i) {
    filters.push_back(Filter::parse("(&(arch=x86_64)(gpu.model=M" + std::to_string(i % 100) +
                                    ")(memory>=" + std::to_string(1 + i / 100) + "Gi))")
                          .value());
  }
  return filters;
}

void through_the_index(benchmark::State& state) {
  const Offer made = offer();
  const OfferAttributes source(made);
  FilterIndex index;
  std::uint64_t key = 0;
  for (const auto& filter : by_model()) index.add(key++, filter);
  for (auto _ : state) benchmark::DoNotOptimize(index.match(source));
  state.counters["evaluations"] = static_cast<double>(index.evaluations()) / static_cast<double>(state.iterations());
}
BENCHMARK(through_the_index);

void each_by_itself(benchmark::State& state) {
  const Offer made = offer();
  const OfferAttributes source(made);
  const auto filters = by_model();
  for (auto _ : state) {
    std::size_t matches = 0;
    for (const auto& filter : filters) {
      matches += filter.accepts([&source](std::string_view name) { return source.values(name); }) ? 1 : 0;
    }
    benchmark::DoNotOptimize(matches);
  }
}
BENCHMARK(each_by_itself);

void add_and_remove(benchmark::State& state) {
  const auto filters = by_model();
  for (auto _ : state) {
    FilterIndex index;
    for (std::uint64_t i = 0; i < kFilters; ++i) index.add(i, filters[i]);
    for (std::uint64_t i = 0; i < kFilters; ++i) index.remove(i);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kFilters));
}
BENCHMARK(add_and_remove);

}  // namespace
}  // namespace bourse::domain

BENCHMARK_MAIN();
