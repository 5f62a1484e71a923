// Purpose: many plans folded into one transaction: at most one row per key, the last one, so that storage
//   can write each table with one statement.
// Lifetime: value. Threads: handed from the decider to the committer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "history/interval.h"
#include "market/event.h"
#include "market/rows.h"
#include "pubsub/rows.h"

namespace bourse::market {

struct Batch {
  std::uint64_t epoch = 0;   // the lease under which it was decided
  std::uint64_t number = 0;  // 1, 2, 3 … within the pool: settles a commit in doubt
  PoolCounters counters;     // after this batch

  // In the order storage must write them: what frees capacity first, then what offers it, then what takes it.
  std::vector<GrantRow> ended_grants;  // live before this batch, not any more
  std::vector<OfferRow> offers;
  std::vector<RequestRow> requests;
  std::vector<GrantRow> changed_grants;  // live before and after this batch
  std::vector<GrantRow> new_grants;      // made in this batch (and perhaps ended in it)
  std::vector<SanctionRow> sanctions;    // without any of its values set: none any more
  std::vector<PolicyRow> policies;       // one a name and subject; without a value: not set any more
  std::vector<UsageRow> usage;           // one a consumer
  // Nodes, again in the order of writing. A node removed and made again in one batch is in both lists.
  std::vector<domain::NodeName> removed_nodes;  // with all that belongs to them
  std::vector<pubsub::NodeRow> nodes;
  std::vector<domain::NodeName> purged_nodes;  // their items, before `items`
  std::vector<pubsub::AffiliationRow> affiliations;
  std::vector<pubsub::SubscriptionRow> subscriptions;
  std::vector<pubsub::ItemRow> items;
  // History: providers first, what refers to them afterwards.
  std::vector<ProviderRow> providers;           // one a provider
  std::vector<ClosedInterval> closed;           // per provider in order of time
  std::vector<HourRow> hours;                   // one an hour
  std::vector<history::Window> gaps;            // in which nobody looked, in order of time
  std::vector<LoadRow> loads;                   // one a provider
  std::optional<std::string> history_counts{};  // history::encode(PoolCounts), now and then
  std::vector<LogTileRow> log_tiles;            // one a tile
  std::vector<CheckpointRow> checkpoints;       // by size
  std::vector<Event> events;                    // by seq
  std::vector<AuditRow> audit;                  // by index
  std::vector<audit::Entry> audit_entries;      // parallel to audit: for the query columns

  [[nodiscard]] bool empty() const {
    return events.empty() && audit.empty() && offers.empty() && requests.empty() && sanctions.empty() &&
           policies.empty() && removed_nodes.empty() && nodes.empty() && purged_nodes.empty() && affiliations.empty() &&
           subscriptions.empty() && items.empty() && providers.empty() && closed.empty() && gaps.empty() &&
           loads.empty() && !history_counts && checkpoints.empty();
  }
};

}  // namespace bourse::market
