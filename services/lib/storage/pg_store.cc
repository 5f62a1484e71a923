#include "storage/pg_store.h"

#include <utility>

#include "storage/batch_writer.h"
#include "storage/failure.h"
#include "storage/fields.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

using market::CommitOutcome;
using market::CommitResult;
using SteadyClock = std::chrono::steady_clock;

const std::string kUntil = "now() + interval '" + std::to_string(kLeaseSeconds) + " seconds'";

const std::string kLastGapEnds =
    "(SELECT coalesce(max(upper(g.period)), '-infinity') FROM bourse.availability_gaps g WHERE g.pool_id = p.id)";

// A load may outlast the lease: this keeps it, on a connection of its own since the load's is in a snapshot. Nobody
// looks meanwhile: what the lease says less of when somebody last did, is recorded as a gap first.
class LeaseKeeper {
 public:
  LeaseKeeper(const ConnectionOptions& options, std::int64_t pool_id, std::uint64_t epoch, base::Timestamp taken)
      : options_(options), pool_id_(pool_id), epoch_(epoch), taken_(taken), due_(SteadyClock::now() + kEvery) {}

  void keep() {
    if (SteadyClock::now() < due_) return;
    due_ = SteadyClock::now() + kEvery;
    if (!connection_) {
      auto connected = connect(options_, Use::kMaintenance);
      if (!connected.ok()) return;  // the load itself will notice that the database went
      connection_ = std::move(connected).value();
    }
    pqxx::nontransaction tx(*connection_);
    const auto kept =
        run(tx,
            "WITH kept AS (UPDATE bourse.pools p SET lease_until = " + kUntil +
                " WHERE id = $1 AND epoch = $2 RETURNING id, greatest(bourse.from_micros($3), " + kLastGapEnds +
                ") AS unseen_since), gap AS (INSERT INTO bourse.availability_gaps (pool_id, period) "
                "SELECT id, tstzrange(unseen_since, now()) FROM kept WHERE unseen_since < now()) "
                "SELECT bourse.to_micros(now()) FROM kept",
            {{std::to_string(pool_id_), std::to_string(epoch_), std::to_string(micros(taken_))}, {}});
    if (!kept.empty()) recorded_ = time(kept[0][0]);
  }
  // What it recorded, which the snapshot of the load does not have.
  [[nodiscard]] std::optional<history::Window> gap() const {
    if (recorded_ <= taken_) return std::nullopt;
    return history::Window{taken_, recorded_};
  }

 private:
  static constexpr std::chrono::seconds kEvery{kLeaseSeconds / 3};
  const ConnectionOptions& options_;
  const std::int64_t pool_id_;
  const std::uint64_t epoch_;
  const base::Timestamp taken_;
  base::Timestamp recorded_{};
  SteadyClock::time_point due_;
  Connection connection_;
};

}  // namespace

base::Status PgStore::ensure_connected() {
  if (connection_ && connection_->is_open()) return base::Done{};
  auto connected = connect(options_, Use::kWriter);
  if (!connected.ok()) return connected.error();
  connection_ = std::move(connected).value();
  prepared_.clear();
  return base::Done{};
}

void PgStore::forget_broken_connection() {
  if (connection_ && !connection_->is_open()) connection_.reset();
}

base::Result<market::Lease> PgStore::acquire(const domain::PoolName& pool, const std::string& holder,
                                             market::StateLoader& loader) {
  const std::string doing = "cannot load pool " + pool.value;
  if (auto connected = ensure_connected(); !connected.ok()) return connected.error();
  try {
    make_partitions_daily();
    base::Timestamp taken;
    auto lease = take_lease(pool, holder, taken);
    if (!lease.ok()) return lease;
    LeaseKeeper keeper(options_, pool_id_, lease->epoch, taken);
    // Whatever the previous holder still had under way either came before the new epoch or is fenced: this
    // snapshot, taken after it, is the state.
    auto loaded = load_state(*connection_, pool_id_, lease->counters.delivered, loader, [&keeper] { keeper.keep(); });
    if (loaded.ok() && keeper.gap()) loaded = loader.on_gap(*keeper.gap());
    if (!loaded.ok()) return loaded.error();
    const auto renewed = renew(*lease, lease->counters.delivered);
    if (renewed.outcome == CommitOutcome::kCommitted) return lease;
    return {renewed.outcome == CommitOutcome::kFenced ? base::Errc::kConflict : base::Errc::kUnavailable,
            doing + ": " + renewed.text};
  } catch (const std::exception&) {
    Failure failure = current_failure();
    connection_.reset();
    return as_error(std::move(failure), doing);
  }
}

// With the lease goes what told when the last holder was alive, so the time since then is recorded in the same
// statement: a process that ends before its first batch must not make it look observed. What a gap covers already is
// not repeated.
base::Result<market::Lease> PgStore::take_lease(const domain::PoolName& pool, const std::string& holder,
                                                base::Timestamp& taken_at) {
  pqxx::nontransaction tx(*connection_);
  const auto taken =
      run(tx,
          "WITH before AS (SELECT id, lease_until - interval '" + std::to_string(kLeaseSeconds) +
              " seconds' AS alive FROM bourse.pools WHERE name = $1 FOR UPDATE), "
              "taken AS (UPDATE bourse.pools p SET epoch = epoch + 1, lease_holder = $2, lease_until = " +
              kUntil +
              " FROM before WHERE p.id = before.id "
              "AND (p.lease_holder IS NULL OR p.lease_holder = $2 OR p.lease_until <= now()) "
              "RETURNING p.*, alive, greatest(alive, " +
              kLastGapEnds +
              ") AS unseen_since), gap AS (INSERT INTO bourse.availability_gaps (pool_id, period) "
              "SELECT id, tstzrange(unseen_since, now()) FROM taken WHERE alive IS NOT NULL AND unseen_since < now()) "
              "SELECT id, epoch, last_batch, last_event, next_audit, last_grant, delivered, bourse.to_micros(alive), "
              "bourse.to_micros(now()) FROM taken",
          {{pool.value, holder}, {}});
  if (taken.empty()) return why_not(tx, pool);
  const auto row = taken[0];
  pool_id_ = number(row[0]);
  market::Lease lease;
  lease.epoch = count(row[1]);
  lease.last_batch = count(row[2]);
  lease.counters.last_event.value = count(row[3]);
  lease.counters.next_audit.value = count(row[4]);
  lease.counters.last_grant.value = count(row[5]);
  lease.counters.delivered.value = count(row[6]);
  if (const auto alive = optional_time(row[7])) lease.alive = *alive;
  taken_at = time(row[8]);
  return lease;
}

base::Error PgStore::why_not(pqxx::transaction_base& tx, const domain::PoolName& pool) {
  const auto found =
      run(tx, "SELECT lease_holder, to_char(lease_until, 'YYYY-MM-DD HH24:MI:SS') FROM bourse.pools WHERE name = $1",
          {{pool.value}, {}});
  if (found.empty()) return {base::Errc::kNotFound, "there is no pool " + pool.value};
  const auto row = found[0];
  return {base::Errc::kConflict,
          "pool " + pool.value + " is held by " + text(row[0]) + " until " + text(row[1]) + " UTC"};
}

CommitResult PgStore::commit(const market::Batch& batch) {
  auto statement = write_batch(pool_id_, batch);
  if (!statement.ok()) return {CommitOutcome::kRejected, statement.error().text};
  if (auto connected = ensure_connected(); !connected.ok())
    return {CommitOutcome::kUnavailable, connected.error().text};
  return execute(*statement);
}

CommitResult PgStore::execute(const BatchStatement& statement) {
  try {
    if (prepared_.insert(statement.name).second) connection_->prepare(statement.name, statement.sql());
    pqxx::nontransaction tx(*connection_);
    run_prepared(tx, statement.name, statement.params);
    return {};
  } catch (const std::exception&) {
    CommitResult result = as_commit_result(current_failure());
    forget_broken_connection();
    // One that could not even be prepared would never be again.
    if (result.outcome == CommitOutcome::kUnavailable) connection_.reset();
    return result;
  }
}

CommitResult PgStore::renew(const market::Lease& lease, domain::EventSeq delivered) {
  if (auto connected = ensure_connected(); !connected.ok())
    return {CommitOutcome::kUnavailable, connected.error().text};
  try {
    make_partitions_daily();
    pqxx::nontransaction tx(*connection_);
    const auto kept =
        run(tx,
            "UPDATE bourse.pools SET lease_until = " + kUntil +
                ", delivered = greatest(delivered, $3) WHERE id = $1 AND epoch = $2",
            {{std::to_string(pool_id_), std::to_string(lease.epoch), std::to_string(delivered.value)}, {}});
    if (kept.affected_rows() == 1) return {};
    return {CommitOutcome::kFenced, "another process holds the pool"};
  } catch (const std::exception&) {
    Failure failure = current_failure();
    connection_.reset();
    // Renewing again is harmless, so there is no doubt to settle.
    if (failure.kind == FailureKind::kBroken) failure.kind = FailureKind::kUnavailable;
    return as_commit_result(std::move(failure));
  }
}

void PgStore::release(const market::Lease& lease) {
  if (!connection_ || !connection_->is_open()) return;  // it runs out by itself
  try {
    pqxx::nontransaction tx(*connection_);
    // Nobody's until then: it tells the next holder when this one was last alive.
    run(tx,
        "UPDATE bourse.pools SET epoch = epoch + 1, lease_holder = NULL, lease_until = " + kUntil +
            " WHERE id = $1 AND epoch = $2",
        {{std::to_string(pool_id_), std::to_string(lease.epoch)}, {}});
  } catch (const std::exception&) {
    connection_.reset();
  }
}

void PgStore::make_partitions_daily() {
  if (SteadyClock::now() < partitions_due_) return;
  pqxx::nontransaction tx(*connection_);
  tx.exec("SELECT bourse.ensure_partitions()");
  partitions_due_ = SteadyClock::now() + std::chrono::hours(24);
}

}  // namespace bourse::storage
