// Purpose: how many messages a second reach an audience: sent by the market as notifications of published offers, or by
//   a component that does nothing but send plain messages of the same size to the same sessions.
// Lifetime: one call. Threads: the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "bench/fanout/audience.h"

namespace bourse::bench {

struct FanoutPlan {
  std::string market;
  std::string echo;
  std::size_t plain = 500;     // subscribers without a filter
  std::size_t matching = 100;  // with a filter that every published offer satisfies, each its own
  std::size_t missing = 400;   // with one that none does, each its own
  std::size_t window = 4;      // publishes whose messages are under way
  std::chrono::milliseconds duration{4000};

  [[nodiscard]] std::size_t audience() const { return plain + matching + missing; }
  [[nodiscard]] std::size_t told() const { return plain + matching; }  // of each publish
};

// What the echo component puts into each message: a body that makes it `bytes` long, or `xml` as it is.
struct EchoContent {
  std::size_t bytes = 0;
  std::string xml = {};
};

void subscribe_all(Audience& audience, const FanoutPlan& plan);
void register_with_echo(Audience& audience, const FanoutPlan& plan);

// Both give messages a second from the first publish to the last message. Throw BenchError when a message is missing or
// one came to a session that must not have it.
[[nodiscard]] double measure_market(Audience& audience, Connection& publisher, const FanoutPlan& plan);
[[nodiscard]] double measure_echo(Audience& audience, Connection& publisher, const FanoutPlan& plan,
                                  const EchoContent& content);

// One notification as a subscriber receives it.
[[nodiscard]] std::string sample_notification(Audience& audience, Connection& publisher, const FanoutPlan& plan);

}  // namespace bourse::bench
