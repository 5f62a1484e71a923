// Purpose: how a pool is run, where a market may choose: times of the life cycle, fairness, quarantine, backfill,
// groups. Lifetime: part of PoolConfig, the same as long as the process runs. Threads: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/filter.h"
#include "domain/resources.h"

namespace bourse::market {

// Consumers that belong together: their filter is over `jid` and `domain`. Offers may serve (group=NAME).
struct Group {
  std::string name;
  domain::Filter members;
  domain::Resources quota;  // most its members may hold at once, together; a resource not named: no bound
  double weight = 1.0;      // share of the pool its members are due, each, compared with others
};

struct Rules {
  base::Duration confirm_within = std::chrono::seconds(30);  // a provider that confirms, for a proposal
  base::Duration suspect_for = std::chrono::minutes(1);      // a provider that vanished, to come back
  base::Duration most_grace = std::chrono::hours(1);         // whatever grace an offer promises

  base::Duration usage_half_life = std::chrono::hours(24);  // what was used so long ago counts half

  // A provider whose failures (lost, declined or unanswered grants), each halved every half-life, reach `failures` gets
  // nothing new for `first`, and twice as long each time more, at most `most`.
  double quarantine_failures = 3;
  base::Duration failure_half_life = std::chrono::hours(1);
  base::Duration quarantine_first = std::chrono::minutes(1);
  base::Duration quarantine_most = std::chrono::hours(24);

  // A request that waits longer holds the offer that could serve it earliest; at most so many at once, one a consumer.
  base::Duration starving_after = std::chrono::minutes(10);
  std::size_t most_holds = 64;

  std::vector<Group> groups;
};

}  // namespace bourse::market
