// Purpose: decided commands on their way to the disk and from there to the network: one batch, what it
//   leads to once it is durable, and the commands themselves, should it have to be decided again.
// Lifetime: from decide to delivery. Threads: handed from the decider to the committer.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "market/batch_builder.h"
#include "market/command.h"
#include "market/outbox.h"
#include "market/plan.h"

namespace bourse::market {

struct Work {
  BatchBuilder batch;
  PoolCounters counters;
  std::vector<Reply> replies;
  std::vector<Notification> notifications;
  std::vector<domain::Jid> probes;
  bool link_up = false;  // what waited for the link can go out now
  std::vector<Command> commands;

  void add(Command&& command, Plan&& plan, const PoolCounters& after) {
    batch.add(plan);
    counters = after;
    std::move(plan.replies.begin(), plan.replies.end(), std::back_inserter(replies));
    std::move(plan.events.begin(), plan.events.end(), std::back_inserter(notifications));
    std::move(plan.probes.begin(), plan.probes.end(), std::back_inserter(probes));
    link_up = link_up || std::holds_alternative<LinkUp>(command.body);
    commands.push_back(std::move(command));
  }
};

}  // namespace bourse::market
