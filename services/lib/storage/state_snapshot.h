// Purpose: a pool's state for a reader that decides nothing: without the lease, in one snapshot.
// Errors: kNotFound: no such pool; kUnavailable: the database is away; the loader's own refusal.
// Threads: one call, one connection of its own.
#pragma once

#include "base/result.h"
#include "market/store.h"
#include "storage/connection.h"

namespace bourse::storage {

// The pool's counters before and after: what the snapshot has of events and entries lies between.
struct CountersAround {
  market::PoolCounters before;
  market::PoolCounters after;
};

[[nodiscard]] base::Result<CountersAround> read_state(const ConnectionOptions& options, const domain::PoolName& pool,
                                                      market::StateLoader& loader);

}  // namespace bourse::storage
