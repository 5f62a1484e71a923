#include "bench/match/grants.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "bench/grants/session.h"
#include "domain/records.h"
#include "storage/pg_store.h"

namespace bourse::bench {
namespace {

class Session {
 public:
  explicit Session(const GrantsPlan& plan)
      : plan_(plan), store_({plan.uri, "bench_match"}), session_(store_, plan.pool) {}

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
      commands.push_back(session_.command(jid(name + "@nodes.example/agent"),
                                          market::PublishOffer{{name}, std::move(offer), std::move(record)}));
    }
    (void)session_.run(std::move(commands));
  }

  void grants(std::uint64_t requests, std::uint32_t count) {
    answer(requests * count, session_.run(session_.requests(requests, count)));
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
        asked.push_back(session_.ask(jid("user@example.org"), std::move(request)));
        given_back.push_back(session_.command(jid("user@example.org/desk"),
                                              market::Retract{{plan_.pool + "/requests"}, session_.request_id()}));
      }
    }
    const std::uint64_t wanted = asked.size();
    const double seconds = session_.run(std::move(asked));
    (void)session_.run(std::move(given_back));
    answer(wanted, seconds);
  }

 private:
  static void answer(std::uint64_t grants, double seconds) {
    std::cout << fmt::format("{{\"grants\":{},\"seconds\":{}}}", grants, seconds) << std::endl;
  }

  const GrantsPlan plan_;
  storage::PgStore store_;
  GrantSession session_;
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
