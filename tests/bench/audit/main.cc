// bench_audit: the parts of `ops/bench audit` that are in this process; ops/lib/bench_audit.sh runs them.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "base/log.h"
#include "bench/audit/backlog.h"
#include "bench/audit/exported_log.h"
#include "bench/audit/logged_grants.h"
#include "bench/audit/proofs.h"

int main(int argc, char** argv) {
  using namespace bourse;
  CLI::App app{"Measures the audit log", "bench_audit"};
  app.require_subcommand(1);
  bench::LoggedGrantsPlan grants;
  auto* const logged = app.add_subcommand("grants", "grants with and without tree and signatures");
  logged->add_option("--with", grants.with, "database of the market that signs")->required();
  logged->add_option("--without", grants.without, "… of the one that only writes entries")->required();
  logged->add_option("--checkpoint", grants.checkpoint, "file for the last one")->required();
  logged->add_option("--rounds", grants.rounds)->check(CLI::Range(1, 1000));
  logged->add_option("--grants", grants.grants, "of a round")->check(CLI::Range(1'000, 10'000'000));
  bench::BacklogPlan backlog;
  auto* const integrated = app.add_subcommand("backlog", "entries integrated a second");
  integrated->add_option("--uri", backlog.uri)->required();
  integrated->add_option("--checkpoint", backlog.checkpoint, "file for the last one")->required();
  integrated->add_option("--entries", backlog.entries)->check(CLI::Range(10'000, 7'000'000));
  bench::ProofsPlan proofs;
  auto* const proved = app.add_subcommand("proofs", "inclusion proofs of a large log");
  proved->add_option("--uri", proofs.uri)->required();
  proved->add_option("--leaves", proofs.leaves)->check(CLI::Range(100'000, 1'000'000'000));
  proved->add_option("--questions", proofs.questions)->check(CLI::Range(100, 50'000));
  std::string folder;
  std::uint64_t entries = 1'000'000;
  auto* const exported = app.add_subcommand("export", "writes a log into a folder, says its key");
  exported->add_option("--folder", folder)->required();
  exported->add_option("--entries", entries)->check(CLI::Range(1'000, 100'000'000));
  CLI11_PARSE(app, argc, argv);
  try {
    if (auto logs = base::start_log({.program = "bench_audit", .level = "warning", .file = {}}); !logs) {
      throw std::runtime_error(logs.error().text);
    }
    if (*logged) bench::measure_logged_grants(grants);
    if (*integrated) bench::measure_backlog(backlog);
    if (*proved) bench::measure_proofs(proofs);
    if (*exported) bench::write_exported_log(folder, entries);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_audit: " << error.what() << "\n";
    return 1;
  }
}
