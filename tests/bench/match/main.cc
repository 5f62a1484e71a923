// bench_match: the parts of `ops/bench match` that are in this process; rounds.py runs them beside their peers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "base/check.h"
#include "bench/figures.h"
#include "bench/grants/workload.h"
#include "bench/match/decisions.h"
#include "bench/match/grants.h"
#include "bench/match/memory.h"
#include "bench/match/packing.h"
#include "domain/records.h"
#include "matching/index_engine.h"
#include "storage/slots.h"

namespace {

// Rows of bourse.offers for COPY: pool, id, provider, session, open, slots, capacity, record, seq, published.
void print_offers(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto content = bourse::bench::offer_of(i, bourse::bench::Shape::kUsual);
    const auto slots = bourse::storage::offer_slots(bourse::domain::capacity_of(content)).value();
    std::string names = "{";
    for (const char c : slots.names) names += c == ' ' ? ',' : c;
    std::string hex;
    for (const char c : bourse::domain::encode(content)) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    const auto line = fmt::format("1\toffer-{}\t{}\t\tt\t{}}}\t{}\t\\\\x{}\t{}\tnow\n", i,
                                  bourse::bench::provider_of(i).text(), names, slots.amounts, hex, i + 1);
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}

int print_packing(const std::string& folder, std::uint64_t seeds) {
  using bourse::bench::figure;
  const auto packing =
      bourse::bench::run_packing(folder, seeds, [] { return std::make_unique<bourse::matching::IndexEngine>(); });
  if (!packing.ok()) {
    std::cerr << "bench_match: " << packing.error().text << "\n";
    return 1;
  }
  figure("packing_random", packing->random, "%");
  figure("packing_best_fit", packing->best_fit, "%");
  figure("packing_ours", packing->ours, "%");
  figure("packing_ours_least", packing->least_of_ours, "%");
  figure("packing_ours_unbounded", packing->by_worth, "%");
  figure("packing_decision_p50", packing->decision_p50_us, "µs");
  figure("packing_decision_p99", packing->decision_p99_us, "µs");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures matching", "bench_match"};
  app.require_subcommand(1);
  int rounds = 5;
  std::uint64_t offers = 1'000'000;
  bourse::bench::GrantsPlan plan;
  auto* const decisions = app.add_subcommand("decisions", "time of one decision");
  decisions->add_option("--rounds", rounds)->check(CLI::Range(1, 1000));
  bool processor_time = false;
  decisions->add_flag("--processor-time", processor_time, "instead of wall time, on a machine that is not idle");
  auto* const memory = app.add_subcommand("memory", "memory of one offer");
  auto* const copy = app.add_subcommand("offers", "rows of bourse.offers for COPY");
  auto* const peer = app.add_subcommand("peer-offers", "rows of matcher.offers for COPY");
  for (auto* const one : {decisions, memory, copy, peer})
    one->add_option("--offers", offers)->check(CLI::Range(10'000, 20'000'000));
  std::string data;
  std::uint64_t seeds = 10;
  auto* const packing = app.add_subcommand("packing", "how full the machines of a public trace get");
  packing->add_option("--data", data)->required();
  packing->add_option("--seeds", seeds)->check(CLI::Range(1, 1000));
  auto* const grants = app.add_subcommand("grants", "durable grants, as told on stdin");
  grants->add_option("--uri", plan.uri)->required();
  grants->add_option("--nodes", plan.nodes);
  grants->add_option("--jobs", plan.jobs);
  CLI11_PARSE(app, argc, argv);
  try {
    if (*decisions) bourse::bench::measure_decisions(rounds, offers, processor_time);
    if (*memory) bourse::bench::measure_memory(offers);
    if (*copy) print_offers(offers);
    if (*peer) {
      for (std::uint64_t i = 0; i < offers; ++i) std::cout << bourse::bench::peer_line(i);
    }
    if (*packing) return print_packing(data, seeds);
    if (*grants) return bourse::bench::run_grants(plan);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_match: " << error.what() << "\n";
    return 1;
  }
}
