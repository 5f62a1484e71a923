// Purpose: the port to durable state. PostgreSQL implements it in storage/; the fake in tests/support
//   keeps the same contract (tests/contract), so decide and the spine can be tested without a database.
// Threads: one Store per pool, used by one thread at a time.
#pragma once

#include <string>

#include "base/result.h"
#include "market/batch.h"
#include "market/reader.h"
#include "market/rows.h"

namespace bourse::market {

// Takes a pool's state row by row while it is loaded: its policy, history (providers by name, gaps, counts), offers and
// requests, each by seq; usage; live grants by id; sanctions; nodes, then affiliations, subscriptions and items, each
// by node (items by seq within it, the payload only of the last one of a node). Only offers that are open or have live
// grants, waiting or granted requests, live grants.
class StateLoader {
 public:
  virtual ~StateLoader() = default;
  virtual base::Status on_offer(OfferRow&& row) = 0;
  virtual base::Status on_request(RequestRow&& row) = 0;
  virtual base::Status on_grant(GrantRow&& row) = 0;
  virtual base::Status on_sanction(SanctionRow&& row) = 0;
  virtual base::Status on_policy(PolicyRow&& row) = 0;
  virtual base::Status on_usage(UsageRow&& row) = 0;
  virtual base::Status on_node(pubsub::NodeRow&& row) = 0;
  virtual base::Status on_affiliation(pubsub::AffiliationRow&& row) = 0;
  virtual base::Status on_subscription(pubsub::SubscriptionRow&& row) = 0;
  virtual base::Status on_item(pubsub::ItemRow&& row) = 0;
  // Every provider with a running interval; the pool's gaps of the last two years, in order; its counts.
  virtual base::Status on_provider(ProviderRow&& row) = 0;
  virtual base::Status on_gap(const history::Window& gap) = 0;
  virtual base::Status on_history_counts(std::string&& counts) = 0;
  // Events after the delivered watermark, by seq.
  virtual base::Status on_undelivered(Event&& event) = 0;
  // The log: its last checkpoint (not called: there is none), the partial tiles of that size, the entries after it by
  // index; and, before these, the last statement of each kind (audit::is_statement).
  virtual base::Status on_statement(const AuditRecord& statement) = 0;
  virtual base::Status on_checkpoint(CheckpointRow&& row) = 0;
  virtual base::Status on_log_tile(LogTileRow&& row) = 0;
  virtual base::Status on_unintegrated(AuditRow&& row) = 0;
};

struct Lease {
  std::uint64_t epoch = 0;
  std::uint64_t last_batch = 0;
  PoolCounters counters;
  base::Timestamp alive{};  // the last sign of life of who held it before; the epoch: nobody ever did
};

enum class CommitOutcome {
  kCommitted,    // durable
  kFenced,       // another process holds the pool now: stop deciding it
  kRejected,     // a constraint refused it: the state was wrong, reload
  kUnavailable,  // certainly not written: the database is away, full or out of connections
  kInDoubt,      // the connection went during COMMIT: reload, Lease::last_batch says whether it is there
};

struct CommitResult {
  CommitOutcome outcome = CommitOutcome::kCommitted;
  std::string text;  // for the log, unless committed
};

class Store {
 public:
  virtual ~Store() = default;

  // Takes the pool's lease for `holder` (the same holder may take it again at once; another waits until
  // it has run out: kConflict says who holds it and until when) with a new epoch, then loads the pool.
  // What passed since Lease::alive is a gap: durable with the lease, so that who takes it next and loses it before a
  // batch does not make that time look observed; and among the gaps that are loaded.
  // kNotFound: no such pool. kUnavailable: database away.
  [[nodiscard]] virtual base::Result<Lease> acquire(const domain::PoolName& pool, const std::string& holder,
                                                    StateLoader& loader) = 0;
  // One transaction. The batch's number must be the last one's plus one under the same epoch.
  // Renews the lease.
  [[nodiscard]] virtual CommitResult commit(const Batch& batch) = 0;
  // Keeps the lease while nothing happens, and stores the delivered watermark.
  [[nodiscard]] virtual CommitResult renew(const Lease& lease, domain::EventSeq delivered) = 0;
  // Gives the lease up, so that another process need not wait for it to run out.
  virtual void release(const Lease& lease) = 0;
};

}  // namespace bourse::market
