#include "bench/publish/rounds.h"

#include <unistd.h>

#include <algorithm>

#include "bench/publish/latency.h"

namespace bourse::bench {
namespace {

constexpr double kMilli = 1e6;  // nanoseconds

// What the issue asks for, by server.
std::optional<double> share_target(const std::string& server) {
  if (server == "prosody") return 0.85;
  if (server == "ejabberd") return 0.65;
  return std::nullopt;
}

struct Subject {
  std::string name;
  std::string service;
  std::string node;
  std::vector<double> rates;
  std::vector<double> p50;
  std::vector<double> p99;
};

std::vector<Subject> subjects(const Plan& plan) {
  std::vector<Subject> found;
  if (!plan.echo.empty()) found.push_back({"echo", plan.echo, "commons/offers", {}, {}, {}});
  if (!plan.market.empty()) found.push_back({"publish", plan.market, "commons/offers", {}, {}, {}});
  if (!plan.own_pubsub.empty()) found.push_back({"own_pubsub", plan.own_pubsub, "bench-offers", {}, {}, {}});
  return found;
}

void create_own_node(Connection& connection, const std::string& service) {
  connection.ask("create",
                 "<iq type='set' id='create' to='" + service +
                     "'><pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='bench-offers'/><configure>"
                     "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
                     "<value>http://jabber.org/protocol/pubsub#node_config</value></field>"
                     "<field var='pubsub#publish_model'><value>open</value></field></x></configure></pubsub></iq>");
}

void measure_latencies(const Server& server, const Plan& plan, Report& report) {
  const bool judged = server.name == "prosody";
  const auto add = [&](const std::string& what, const Histogram& latency, double target) {
    report.add(
        {server.name + "_" + what + "_p50", static_cast<double>(latency.percentile(0.5)) / kMilli, "ms", {}, {}});
    report.add({server.name + "_" + what + "_p99", static_cast<double>(latency.percentile(0.99)) / kMilli, "ms",
                judged ? std::optional<double>(target) : std::nullopt, Target::kAtMost});
  };
  plan.progress(server.name + ": publish to notification, " + std::to_string(plan.notification_samples) + " samples");
  add("notification",
      measure_notifications(server.port, plan.accounts, plan.market, plan.offers.front(), plan.notification_samples),
      10);
  plan.progress(server.name + ": waiting request to grant told, " + std::to_string(plan.grant_samples) + " samples");
  add("grant", measure_grants(server.port, plan.accounts, plan.market, plan.grant_samples), 25);
}

void measure_round(const Server& server, const Plan& plan, const Connections& connections, int round,
                   Subject& subject) {
  plan.progress(server.name + ": round " + std::to_string(round + 1) + " of " + std::to_string(plan.rounds) + ", " +
                subject.name);
  LoadSettings settings;
  settings.service = subject.service;
  settings.node = subject.node;
  settings.window = plan.window;
  settings.item_prefix = "w" + std::to_string(getpid()) + "-" + std::to_string(round) + "-";
  settings.duration = plan.duration / 8;
  (void)run_load(connections, settings, plan.offers);  // warm-up
  settings.item_prefix = "r" + std::to_string(getpid()) + "-" + std::to_string(round) + "-";
  settings.duration = plan.duration;
  const LoadResult result = run_load(connections, settings, plan.offers);
  subject.rates.push_back(result.per_second);
  subject.p50.push_back(static_cast<double>(result.latency.percentile(0.5)) / kMilli);
  subject.p99.push_back(static_cast<double>(result.latency.percentile(0.99)) / kMilli);
}

std::vector<double> shares(const std::vector<double>& part, const std::vector<double>& whole) {
  std::vector<double> found;
  for (std::size_t round = 0; round < part.size(); ++round) found.push_back(part[round] / whole[round]);
  return found;
}

void add_rates(const Server& server, const std::vector<Subject>& measured, Report& report) {
  for (const Subject& one : measured) {
    report.add({server.name + "_" + one.name + "_rate", median(one.rates), "1/s", {}, {}});
    report.add({server.name + "_" + one.name + "_latency_p50", median(one.p50), "ms", {}, {}});
    report.add({server.name + "_" + one.name + "_latency_p99", median(one.p99), "ms", {}, {}});
  }
  const auto find = [&](const char* name) {
    return std::find_if(measured.begin(), measured.end(), [&](const Subject& one) { return one.name == name; });
  };
  const auto market = find("publish");
  if (market == measured.end()) return;
  if (const auto echo = find("echo"); echo != measured.end()) {
    report.add({server.name + "_publish_share_of_echo", median(shares(market->rates, echo->rates)), "ratio",
                share_target(server.name), Target::kAtLeast});
  }
  if (const auto own = find("own_pubsub"); own != measured.end()) {
    report.add({server.name + "_publish_times_own_pubsub", median(shares(market->rates, own->rates)), "ratio", {}, {}});
  }
}

}  // namespace

void measure_server(const Server& server, const Plan& plan, Report& report) {
  if (!plan.market.empty()) measure_latencies(server, plan, report);
  Connections connections;
  for (int index = 0; index < plan.connections; ++index) {
    connections.push_back(std::make_unique<Connection>(
        server.port, plan.accounts.at(static_cast<std::size_t>(index) % plan.accounts.size()),
        "load" + std::to_string(index)));
  }
  if (!plan.own_pubsub.empty()) create_own_node(*connections.front(), plan.own_pubsub);
  std::vector<Subject> measured = subjects(plan);
  for (int round = 0; round < plan.rounds; ++round) {
    for (Subject& one : measured) measure_round(server, plan, connections, round, one);
  }
  add_rates(server, measured, report);
}

}  // namespace bourse::bench
