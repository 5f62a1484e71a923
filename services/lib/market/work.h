// Purpose: decided commands on their way to the disk and from there to the network: one batch, what it
//   leads to once it is durable, and the commands themselves, should it have to be decided again.
// Lifetime: from decide to delivery. Threads: handed from the decider to the committer.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
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
  std::vector<Notification> notifications;  // in order; those that somebody is to be told of
  std::vector<domain::Jid> probes;
  std::vector<Command> commands;
  std::shared_ptr<const AccessPolicy> policy;  // after it; null: it did not change
  bool tentative = false;                      // when the database refuses it, only its command is

  void add(Command&& command, Plan&& plan, const PoolCounters& after) {
    batch.add(plan);
    counters = after;
    std::move(plan.replies.begin(), plan.replies.end(), std::back_inserter(replies));
    take(plan.events);
    take(plan.repeats);
    std::move(plan.probes.begin(), plan.probes.end(), std::back_inserter(probes));
    if (plan.policy) policy = std::move(plan.policy);
    commands.push_back(std::move(command));
  }

 private:
  void take(std::vector<Notification>& from) {
    for (auto& each : from) {
      if (!each.recipients.empty()) notifications.push_back(std::move(each));
    }
  }
};

}  // namespace bourse::market
