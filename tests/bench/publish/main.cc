// bench_publish: measures a running echo component, market and pubsub service on one or more running XMPP
// servers. ops/bench starts all of them.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "bench/publish/offers.h"
#include "bench/publish/rounds.h"

namespace {

using bourse::bench::Account;
using bourse::bench::BenchError;
using bourse::bench::Server;

Server parse_server(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw BenchError("--server is NAME=PORT, not " + text);
  return {text.substr(0, equals), static_cast<std::uint16_t>(std::stoul(text.substr(equals + 1)))};
}

std::vector<Account> read_accounts(const std::string& path) {
  std::ifstream file(path);
  std::vector<Account> accounts;
  for (Account one; file >> one.jid >> one.password;) accounts.push_back(one);
  if (accounts.size() < 2) throw BenchError(path + " has fewer than two lines `jid password`");
  return accounts;
}

void show_progress(const std::string& what) {
  if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K" << what << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures durable publishing against an echo of the same stanzas", "bench_publish"};
  std::vector<std::string> servers;
  std::string accounts;
  std::string csv;
  std::string commit = "unknown";
  bourse::bench::Plan plan;
  int seconds = 4;
  app.add_option("--server", servers, "NAME=PORT of a client port on loopback, plain TCP; once for each server")
      ->required();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // a person's word over ops/bench's
  app.add_option("--accounts", accounts, "file of lines `jid password`")->required();
  app.add_option("--market", plan.market, "JID of the market");
  app.add_option("--echo", plan.echo, "JID of the echo component");
  app.add_option("--own-pubsub", plan.own_pubsub, "JID of the server's own pubsub service");
  app.add_option("--offers-csv", csv, "machines to offer besides this one: sn,cpu_milli,memory_mib,gpu,model");
  app.add_option("--connections", plan.connections, "publishing sessions")->check(CLI::Range(1, 60));
  app.add_option("--window", plan.window, "publishes in flight for each")->check(CLI::Range(1, 4096));
  app.add_option("--rounds", plan.rounds, "rounds of each kind")->check(CLI::Range(1, 1000));
  app.add_option("--seconds", seconds, "of each round")->check(CLI::Range(1, 3600));
  app.add_option("--notification-samples", plan.notification_samples)->check(CLI::Range(1, 100000));
  app.add_option("--grant-samples", plan.grant_samples)->check(CLI::Range(1, 100000));
  app.add_option("--commit", commit, "for the JSON line");
  CLI11_PARSE(app, argc, argv);
  try {
    plan.accounts = read_accounts(accounts);
    plan.offers = bourse::bench::make_offers(csv);
    plan.duration = std::chrono::seconds(seconds);
    plan.progress = show_progress;
    bourse::bench::Report report;
    for (const std::string& one : servers) measure_server(parse_server(one), plan, report);
    if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K";
    std::cout << report.table() << report.json("publish", commit) << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "\nbench_publish: " << error.what() << "\n";
    return 1;
  }
}
