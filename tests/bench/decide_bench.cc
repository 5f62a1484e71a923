// What the decider's thread spends on one published offer, by how many distinct attribute sets there are and how many
// requests wait, and on one request that is granted at once: decide and fold into the batch.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "domain/records.h"
#include "market/batch_builder.h"
#include "market/decide.h"
#include "matching/index_engine.h"

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
  State state({{"commons"}, {}}, std::make_unique<matching::IndexEngine>());
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

// Offers of 10,000 attribute sets, each request for one core, which is given back untimed.
void request(benchmark::State& measured) {
  const base::Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
  State state({{"commons"}, {}}, std::make_unique<matching::IndexEngine>());
  for (std::int64_t i = 0; i < measured.range(0); ++i) {
    auto content = offer(i % 10'000);
    auto record = domain::encode(content);
    const auto actor = jid("ann" + std::to_string(i % 1000) + "@a.test/pc");
    (void)decide(state, {{"commons"}, actor, {}, PublishOffer{{"o" + std::to_string(i)}, content, record}}, now);
  }
  domain::Request content;
  BOURSE_CHECK(content.resources.add("cpu", 1'000).ok());
  content.needs = domain::Filter::parse("(&(arch=x86_64)(os=linux)(!(rack=r7)))").value();
  const auto record = domain::encode(content);
  std::int64_t number = 0;
  auto builder = std::make_unique<BatchBuilder>();
  for (auto _ : measured) {
    measured.PauseTiming();
    const auto actor = jid("carl" + std::to_string(number % 1000) + "@c.test/x");
    const std::string id = "r" + std::to_string(++number);
    const Command asked{{"commons"}, actor, {actor, "bourse.test", "id"}, PublishRequest{{id}, content, record}};
    if (number % 64 == 0) builder = std::make_unique<BatchBuilder>();
    measured.ResumeTiming();
    auto plan = decide(state, asked, now);
    builder->add(plan);
    measured.PauseTiming();
    (void)decide(state, {{"commons"}, actor, {}, Retract{{"commons/requests"}, id}}, now);
    measured.ResumeTiming();
    benchmark::DoNotOptimize(plan);
  }
}
BENCHMARK(request)->ArgNames({"offers"})->Arg(10'000)->Arg(100'000);

BENCHMARK(publish)->ArgNames({"profiles", "waiting"})->Args({10, 0})->Args({10'000, 0})->Args({10, 1'000});

}  // namespace
}  // namespace bourse::market

BENCHMARK_MAIN();
