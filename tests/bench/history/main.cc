// bench_history: the parts of `ops/bench history` that are in this process. Without --only, all whose input is given.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "bench/history/prediction.h"
#include "bench/history/replay.h"
#include "bench/history/store.h"

int main(int argc, char** argv) {
  CLI::App app{"Measures what is made of availability history", "bench_history"};
  std::string only;
  bourse::bench::PredictionPlan prediction;
  bourse::bench::ReplayPlan replay;
  app.add_option("--only", only, "one part")->check(CLI::IsMember({"prediction", "replay", "store", "heartbeats"}));
  app.add_option("--trace", prediction.trace, "prediction: a failure trace, plain text; -: stdin");
  app.add_option("--instants", prediction.instants)->check(CLI::Range(1'000, 100'000'000));
  app.add_option("--hosts", replay.hosts, "replay: lines of `hosts power`");
  app.add_option("--volunteers", replay.volunteers)->check(CLI::Range(10, 1'000'000));
  app.add_option("--load", replay.load, "replay: of the cores that are on, what requests ask for")
      ->check(CLI::Range(0.001, 10.0));
  bourse::bench::StorePlan store;
  app.add_option("--uri", store.uri, "store, heartbeats: a fresh database of the market's");
  app.add_option("--intervals", store.intervals, "store")->check(CLI::Range(100'000, 1'000'000'000));
  app.add_option("--providers", store.providers, "store")->check(CLI::Range(100, 1'000'000));
  app.add_option("--batch", store.batch, "store: intervals of a batch")->check(CLI::Range(1, 1'000'000));
  std::uint64_t seed = 1;
  app.add_option("--seed", seed);
  CLI11_PARSE(app, argc, argv);
  prediction.seed = replay.seed = seed;
  const auto asked = [&](const char* part, const std::string& input) {
    if (only == part && input.empty()) std::cerr << "bench_history: " << part << " needs its input, see --help\n";
    return (only.empty() || only == part) && !input.empty();
  };
  const bool predicts = asked("prediction", prediction.trace);
  const bool replays = asked("replay", replay.hosts);
  const bool stores = asked("store", store.uri);
  const bool beats = asked("heartbeats", store.uri);
  if (!predicts && !replays && !stores && !beats) return 2;
  try {
    int failed = 0;
    if (predicts) failed |= bourse::bench::measure_prediction(prediction);
    if (replays) failed |= bourse::bench::measure_replay(replay);
    if (stores) failed |= bourse::bench::measure_store(store);
    if (beats) failed |= bourse::bench::measure_heartbeats({.uri = store.uri});
    return failed;
  } catch (const std::exception& error) {
    std::cerr << "bench_history: " << error.what() << "\n";
    return 1;
  }
}
