#include "bench/match/grants.h"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "bench/match/workload.h"
#include "domain/records.h"
#include "market/spine.h"
#include "matching/index_engine.h"
#include "storage/pg_store.h"

namespace bourse::bench {
namespace {

class CountingOutbox final : public market::Outbox {
 public:
  [[nodiscard]] bool linked() const override { return true; }
  void deliver(std::vector<market::Reply>&& replies) override {
    const std::lock_guard lock(mutex_);
    replies_ += replies.size();
    for (const auto& reply : replies) {
      if (const auto* error = std::get_if<base::Error>(&reply.body)) first_error_ = error->text;
    }
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t notify(const market::Notification& notification, std::size_t from) override {
    return notification.recipients.size() - from;
  }
  void wait_for_room(base::Duration /*longest*/) override {}
  void answer(market::Answer&& /*answer*/) override {}
  void probe(std::vector<domain::Jid>&& /*sessions*/) override {}

  void wait_for(std::uint64_t replies) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(120), [&] { return replies_ >= replies; })) {
      throw std::runtime_error(fmt::format("only {} of {} commands were answered", replies_, replies));
    }
    if (!first_error_.empty()) throw std::runtime_error("the market refused: " + first_error_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t replies_ = 0;
  std::string first_error_;
};

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

class Session {
 public:
  explicit Session(const GrantsPlan& plan)
      : plan_(plan),
        store_({plan.uri, "bench_match"}),
        spine_(
            config(plan), store_, [] { return std::make_unique<matching::IndexEngine>(); }, outbox_, clock_),
        decider_([this](const std::stop_token& stop) { spine_.run(stop); }) {
    for (int i = 0; i < 3000 && !spine_.ready(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (!spine_.ready()) throw std::runtime_error("the pool was not loaded in time");
  }

  void publish_machines() {
    std::ifstream file(plan_.nodes);
    std::string line;
    std::vector<market::Command> commands;
    for (std::getline(file, line); std::getline(file, line);) {
      std::istringstream row(line);
      std::string name;
      std::string cpu;
      std::string memory;
      std::string gpus;
      std::string model;
      for (auto* field : {&name, &cpu, &memory, &gpus, &model}) std::getline(row, *field, ',');
      while (!model.empty() && model.back() == '\r') model.pop_back();
      domain::Offer offer;
      BOURSE_CHECK(offer.resources.add("cpu", std::stoll(cpu)).ok());
      BOURSE_CHECK(offer.resources.add("memory", std::stoll(memory) << 20).ok());
      for (const auto& [key, text] :
           {std::pair{"arch", std::string("x86_64")}, {"os", "linux"}, {"model", "m" + model}}) {
        offer.attributes.push_back(domain::make_attribute(key, text, domain::AttributeType::kString).value());
      }
      auto record = domain::encode(offer);
      commands.push_back(command(jid(name + "@nodes.example/agent"),
                                 market::PublishOffer{{name}, std::move(offer), std::move(record)}));
    }
    (void)run(std::move(commands));
  }

  void grants(std::uint64_t requests, std::uint32_t count) {
    std::vector<market::Command> commands;
    commands.reserve(requests);
    for (std::uint64_t i = 0; i < requests; ++i) {
      auto request = request_of(++number_);
      request.count = count;
      commands.push_back(ask(consumer_of(number_), std::move(request)));
    }
    answer(requests * count, run(std::move(commands)));
  }

  void jobs() {
    std::ifstream file(plan_.jobs);
    std::vector<market::Command> asked;
    std::vector<market::Command> given_back;
    for (std::string line; std::getline(file, line);) {
      std::istringstream row(line);
      std::int64_t cores = 0;
      std::int64_t mebibytes = 0;
      std::string filter;
      std::uint64_t count = 0;
      if (!(row >> cores >> mebibytes >> filter >> count)) throw std::runtime_error("not a line of jobs: " + line);
      for (std::uint64_t i = 0; i < count; ++i) {
        domain::Request request;
        BOURSE_CHECK(request.resources.add("cpu", cores * 1000).ok());
        BOURSE_CHECK(request.resources.add("memory", mebibytes << 20).ok());
        request.needs = domain::Filter::parse(filter).value();
        ++number_;
        asked.push_back(ask(jid("user@example.org"), std::move(request)));
        given_back.push_back(command(jid("user@example.org/desk"),
                                     market::Retract{{plan_.pool + "/requests"}, fmt::format("request-{}", number_)}));
      }
    }
    const std::uint64_t wanted = asked.size();
    const double seconds = run(std::move(asked));
    (void)run(std::move(given_back));
    answer(wanted, seconds);
  }

 private:
  static market::SpineConfig config(const GrantsPlan& plan) {
    market::SpineConfig config;
    config.pool.pool.value = plan.pool;
    config.holder = "bench";
    return config;
  }

  market::Command command(const domain::Jid& actor, market::CommandBody body) const {
    return {{plan_.pool}, actor, {actor, "bourse.example", "id"}, std::move(body)};
  }
  market::Command ask(const domain::Jid& consumer, domain::Request request) const {
    auto record = domain::encode(request);
    return command(jid(consumer.text() + "/desk"),
                   market::PublishRequest{{fmt::format("request-{}", number_)}, std::move(request), std::move(record)});
  }

  // Seconds from the first command to the last reply: as many in flight as the spine's queue takes.
  double run(std::vector<market::Command>&& commands) {
    const auto start = std::chrono::steady_clock::now();
    for (auto& one : commands) {
      while (!spine_.submit(std::move(one)).ok()) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    answered_ += commands.size();
    outbox_.wait_for(answered_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  static void answer(std::uint64_t grants, double seconds) {
    std::cout << fmt::format("{{\"grants\":{},\"seconds\":{}}}", grants, seconds) << std::endl;
  }

  const GrantsPlan plan_;
  const base::SystemClock clock_;
  CountingOutbox outbox_;
  storage::PgStore store_;
  market::Spine spine_;
  std::uint64_t number_ = 0;
  std::uint64_t answered_ = 0;
  std::jthread decider_;  // last: stopped before what it uses goes
};

}  // namespace

int run_grants(const GrantsPlan& plan) {
  if (auto logs = base::start_log({.program = "bench_match", .level = "warning", .file = {}}); !logs)
    throw std::runtime_error(logs.error().text);
  Session session(plan);
  if (!plan.nodes.empty()) session.publish_machines();
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string order;
    std::uint64_t requests = 0;
    std::uint32_t count = 0;
    words >> order;
    if (order == "grants" && words >> requests >> count) {
      session.grants(requests, count);
    } else if (order == "jobs") {
      session.jobs();
    } else {
      throw std::runtime_error("not an order: " + line);
    }
  }
  return 0;
}

}  // namespace bourse::bench
