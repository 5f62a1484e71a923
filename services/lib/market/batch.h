// Purpose: many plans folded into one transaction: at most one row per key, the last one, so that storage
//   can write each table with one statement.
// Lifetime: value. Threads: handed from the decider to the committer.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/entry.h"
#include "market/event.h"
#include "market/rows.h"

namespace bourse::market {

struct Batch {
  std::uint64_t epoch = 0;   // the lease under which it was decided
  std::uint64_t number = 0;  // 1, 2, 3 … within the pool: settles a commit in doubt
  PoolCounters counters;     // after this batch

  // In the order storage must write them: what frees capacity first, then what offers it, then what takes it.
  std::vector<GrantRow> ended_grants;  // live before this batch, not any more
  std::vector<OfferRow> offers;
  std::vector<RequestRow> requests;
  std::vector<GrantRow> new_grants;  // started in this batch (and perhaps ended in it)
  std::vector<SubscriptionRow> subscriptions;
  std::vector<domain::AvailabilityChange> availability;  // per provider in order of time
  std::vector<Event> events;                             // by seq
  std::vector<AuditRow> audit;                           // by index
  std::vector<audit::Entry> audit_entries;               // parallel to audit: for the query columns

  [[nodiscard]] bool empty() const {
    return events.empty() && audit.empty() && subscriptions.empty() && offers.empty() && requests.empty();
  }
};

}  // namespace bourse::market
