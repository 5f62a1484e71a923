// Purpose: history in PostgreSQL: how many closed intervals a second PgStore commits, rollups included; how long one
//   provider's 90 days and a pool's 30 days take, answered as for a user.
// Threads: none. The database must be fresh, with months for the time that is written (ops/lib/bench_history.sh).
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace bourse::bench {

struct StorePlan {
  std::string uri;
  std::uint64_t providers = 10'000;
  std::uint64_t intervals = 10'000'000;
  std::uint64_t batch = 10'000;
  std::int64_t days = 150;  // over which they are spread
  std::uint64_t questions = 1'000;
};

// Prints figures; an exit code.
int measure_store(const StorePlan& plan);

// CPU of boursed and PostgreSQL while agents say each minute how their machines are.
struct HeartbeatsPlan {
  std::string uri;
  std::uint64_t agents = 100'000;
};
int measure_heartbeats(const HeartbeatsPlan& plan);

}  // namespace bourse::bench
