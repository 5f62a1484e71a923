// bench_fanout: one publisher, many subscribers, on one or more running XMPP servers with an echo component and a
// market each. ops/bench starts all of them.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "bench/fanout/rounds.h"
#include "bench/publish/report.h"

namespace {

using namespace bourse::bench;

struct Server {
  std::string name;
  std::uint16_t port = 0;
};

Server parse_server(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw BenchError("--server is NAME=PORT, not " + text);
  return {text.substr(0, equals), static_cast<std::uint16_t>(std::stoul(text.substr(equals + 1)))};
}

std::vector<Account> read_accounts(const std::string& path) {
  std::ifstream file(path);
  std::vector<Account> accounts;
  for (Account one; file >> one.jid >> one.password;) accounts.push_back(one);
  if (accounts.empty()) throw BenchError(path + " has no line `jid password`");
  return accounts;
}

void show_progress(const std::string& what) {
  if (isatty(STDERR_FILENO) != 0) std::cerr << "\r\033[K" << what << std::flush;
}

// A session each, and some.
void allow_descriptors(std::size_t sessions) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, sessions + 256);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < sessions + 32) {
    throw BenchError("not enough file descriptors for " + std::to_string(sessions) + " sessions: raise ulimit -n");
  }
}

void measure(const Server& server, const std::vector<Account>& accounts, const FanoutPlan& plan, int rounds,
             Report& report) {
  show_progress(server.name + ": logging in " + std::to_string(plan.audience()) + " sessions");
  Audience audience(server.port, accounts, plan.audience());
  Connection publisher(server.port, accounts.front(), "publisher");
  audience.watch(publisher);
  show_progress(server.name + ": subscribing");
  subscribe_all(audience, plan);
  register_with_echo(audience, plan);
  const std::string sample = sample_notification(audience, publisher, plan);
  const EchoContent plain{sample.size()};
  const EchoContent same{0, std::string(between(sample, sample.substr(0, sample.find("<event")), "</message>"))};
  std::vector<double> market, plain_echo, same_echo, plain_shares, same_shares;
  auto warm = plan;
  warm.duration = plan.duration / 4;
  (void)measure_market(audience, publisher, warm);
  (void)measure_echo(audience, publisher, warm, plain);
  for (int round = 0; round < rounds; ++round) {
    show_progress(server.name + ": round " + std::to_string(round + 1) + " of " + std::to_string(rounds));
    plain_echo.push_back(measure_echo(audience, publisher, plan, plain));
    market.push_back(measure_market(audience, publisher, plan));
    same_echo.push_back(measure_echo(audience, publisher, plan, same));
    plain_shares.push_back(market.back() / plain_echo.back());
    same_shares.push_back(market.back() / same_echo.back());
  }
  report.add({server.name + "_notification_size", static_cast<double>(sample.size()), "byte", {}, {}});
  report.add({server.name + "_plain_message_rate", median(plain_echo), "1/s", {}, {}});
  report.add({server.name + "_same_stanza_rate", median(same_echo), "1/s", {}, {}});
  report.add({server.name + "_fanout_rate", median(market), "1/s", {}, {}});
  report.add({server.name + "_fanout_share_of_plain_messages", median(plain_shares), "ratio",
              server.name == "prosody" ? std::optional<double>(0.80) : std::nullopt, Target::kAtLeast});
  report.add({server.name + "_fanout_share_of_same_stanzas", median(same_shares), "ratio",
              server.name == "prosody" ? std::optional<double>(0.80) : std::nullopt, Target::kAtLeast});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures notifications to many subscribers against plain messages of the same size", "bench_fanout"};
  std::vector<std::string> servers;
  std::string accounts;
  std::string commit = "unknown";
  FanoutPlan plan;
  int seconds = 4;
  int rounds = 5;
  app.add_option("--server", servers, "NAME=PORT of a client port on loopback, plain TCP; once for each server")
      ->required();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);  // a person's word over ops/bench's
  app.add_option("--accounts", accounts, "file of lines `jid password`")->required();
  app.add_option("--market", plan.market, "JID of the market")->required();
  app.add_option("--echo", plan.echo, "JID of the echo component")->required();
  app.add_option("--plain", plan.plain, "subscribers without a filter")->check(CLI::Range(1, 10000));
  app.add_option("--matching", plan.matching, "subscribers whose filter matches")->check(CLI::Range(0, 10000));
  app.add_option("--missing", plan.missing, "subscribers whose filter does not")->check(CLI::Range(0, 10000));
  app.add_option("--window", plan.window, "publishes whose messages are under way")->check(CLI::Range(1, 1000));
  app.add_option("--rounds", rounds, "rounds of each kind")->check(CLI::Range(1, 1000));
  app.add_option("--seconds", seconds, "of each round")->check(CLI::Range(1, 3600));
  app.add_option("--commit", commit, "for the JSON line");
  CLI11_PARSE(app, argc, argv);
  try {
    plan.duration = std::chrono::seconds(seconds);
    allow_descriptors(plan.audience());
    const auto who = read_accounts(accounts);
    Report report;
    for (const std::string& one : servers) measure(parse_server(one), who, plan, rounds, report);
    show_progress("");
    std::cout << report.table() << report.json("fanout", commit) << std::endl;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "\nbench_fanout: " << error.what() << "\n";
    return 1;
  }
}
