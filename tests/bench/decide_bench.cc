// What the decider's thread spends on one published offer: decide and fold into the batch, by how many
// distinct attribute sets there are and how many requests wait.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "domain/records.h"
#include "market/batch_builder.h"
#include "market/decide.h"
#include "matching/scan_engine.h"

namespace bourse::market {
namespace {

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

domain::Offer offer(std::int64_t variant) {
  domain::Offer offer;
  BOURSE_CHECK(offer.resources.add("cpu", 16'000).ok());
  BOURSE_CHECK(offer.resources.add("memory", std::int64_t{64} << 30).ok());
  BOURSE_CHECK(offer.resources.add("storage", std::int64_t{500} << 30).ok());
  for (const auto& [name, text] : {std::pair{"arch", std::string("x86_64")},
                                   {"os", "linux"},
                                   {"os.version", "12"},
                                   {"cpu.model", "EPYC"},
                                   {"rack", "r" + std::to_string(variant)}}) {
    offer.attributes.push_back(domain::make_attribute(name, text, domain::infer_type(text)).value());
  }
  return offer;
}

void publish(benchmark::State& measured) {
  State state({{"commons"}, {}}, std::make_unique<matching::ScanEngine>());
  const base::Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  for (std::int64_t i = 0; i < measured.range(1); ++i) {
    domain::Request request;
    BOURSE_CHECK(request.resources.add("cpu", 1'000'000).ok());
    auto record = domain::encode(request);
    const Command command{
        {"commons"}, jid("carl@c.test/x"), {}, PublishRequest{{"r" + std::to_string(i)}, request, record}};
    (void)decide(state, command, now);
  }
  std::int64_t number = 0;
  auto builder = std::make_unique<BatchBuilder>();
  for (auto _ : measured) {
    measured.PauseTiming();
    auto content = offer(number % measured.range(0));
    auto record = domain::encode(content);
    const auto actor = jid("ann" + std::to_string(number % 1000) + "@a.test/pc");
    const Command command{
        {"commons"},
        actor,
        {actor, "bourse.test", "id"},
        PublishOffer{{"offer-number-" + std::to_string(number)}, std::move(content), std::move(record)}};
    if (++number % 64 == 0) builder = std::make_unique<BatchBuilder>();
    measured.ResumeTiming();
    auto plan = decide(state, command, now);
    builder->add(plan);
    benchmark::DoNotOptimize(plan);
  }
}
BENCHMARK(publish)->ArgNames({"profiles", "waiting"})->Args({10, 0})->Args({10'000, 0})->Args({10, 1'000});

}  // namespace
}  // namespace bourse::market

BENCHMARK_MAIN();
