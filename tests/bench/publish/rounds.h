// Purpose: the measurement of one XMPP server: latencies on the idle market first, then alternating rounds of
//   publishing to the echo component, to the market and to the server's own pubsub service.
// Lifetime: one call. Threads: the caller's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/publish/load.h"
#include "bench/publish/report.h"

namespace bourse::bench {

struct Server {
  std::string name;  // prosody, ejabberd
  std::uint16_t port = 0;
};

struct Plan {
  std::vector<Account> accounts;  // the first may create nodes on the server's pubsub service
  std::vector<std::string> offers;
  std::string market;  // JIDs; an empty one is not measured
  std::string echo;
  std::string own_pubsub;
  int connections = 4;
  int window = 16;
  int rounds = 5;
  std::chrono::milliseconds duration{4000};
  int notification_samples = 500;
  int grant_samples = 300;
  std::function<void(const std::string&)> progress;
};

void measure_server(const Server& server, const Plan& plan, Report& report);

}  // namespace bourse::bench
