// PostgreSQL going away under the store and the reader, and writers that race.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "contract/batches.h"
#include "storage/pg_reader.h"
#include "storage/pg_store.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

using market::CommitOutcome;

class StorageFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
    database_ = std::make_unique<PgDatabase>();
  }
  void end_other_sessions() const {
    database_->query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  std::unique_ptr<PgDatabase> database_;
};

TEST_F(StorageFaults, CommitAfterTheServerEndedTheSessionIsCertainAndRetried) {
  storage::PgStore store(database_->service());
  Loaded loaded;
  const auto lease = store.acquire({"commons"}, "a", loaded);
  market::Batch batch;
  batch.epoch = lease->epoch;
  batch.number = 1;
  batch.offers = {offer("o1", "ann@one.example", 1)};
  end_other_sessions();
  const auto first = store.commit(batch);
  EXPECT_TRUE(first.outcome == CommitOutcome::kUnavailable || first.outcome == CommitOutcome::kInDoubt);
  EXPECT_EQ(store.commit(batch).outcome, CommitOutcome::kCommitted);
}

// The statement waits for a lock when its session is ended: nothing of it may be there afterwards, and the
// batch number tells.
TEST_F(StorageFaults, SessionEndedDuringCommitLeavesAllOrNothing) {
  storage::PgStore store(database_->service());
  Loaded loaded;
  const auto lease = store.acquire({"commons"}, "a", loaded);
  market::Batch batch;
  batch.epoch = lease->epoch;
  batch.number = 1;
  batch.offers = {offer("o1", "ann@one.example", 1)};
  market::CommitResult result;
  {
    pqxx::connection blocker(database_->superuser().uri);
    pqxx::work lock(blocker);
    lock.exec("LOCK TABLE bourse.offers");
    std::jthread committing([&] { result = store.commit(batch); });
    while (
        database_->query(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") !=
        "1") {
      std::this_thread::yield();
    }
    database_->query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'");
  }
  EXPECT_TRUE(result.outcome == CommitOutcome::kUnavailable || result.outcome == CommitOutcome::kInDoubt)
      << result.text;
  Loaded after;
  const auto again = store.acquire({"commons"}, "a", after);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->last_batch, 0U);
  EXPECT_TRUE(after.offers.empty());
}

TEST_F(StorageFaults, ReaderReplacesDeadConnections) {
  storage::PgReader reader(database_->service());
  ASSERT_TRUE(reader.status({"commons"}).ok());
  end_other_sessions();
  EXPECT_TRUE(reader.status({"commons"}).ok());
}

TEST_F(StorageFaults, NoServerIsUnavailable) {
  const storage::ConnectionOptions nowhere{"postgresql:///x?host=/nonexistent", "test"};
  storage::PgStore store(nowhere);
  storage::PgReader reader(nowhere);
  Loaded loaded;
  EXPECT_EQ(store.acquire({"commons"}, "a", loaded).error().code, base::Errc::kUnavailable);
  EXPECT_EQ(store.commit({}).outcome, CommitOutcome::kUnavailable);
  EXPECT_EQ(reader.status({"commons"}).error().code, base::Errc::kUnavailable);
  int failures = 0;
  const auto tried = storage::connect_with_retry(
      nowhere, storage::Use::kReader,
      {std::chrono::milliseconds(1), std::chrono::milliseconds(4), std::chrono::seconds(60)},
      [&failures] { return failures == 3; }, [&failures](const base::Error&) { ++failures; });
  EXPECT_FALSE(tried.ok());
  EXPECT_EQ(failures, 3);
}

TEST_F(StorageFaults, ReadersShareAnObject) {
  storage::PgReader reader(database_->service());
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 20; ++n) answered += reader.status({"commons"}).ok() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(answered, 80);
}

// Whatever the code does: sessions that know nothing of each other grant the same offer at once.
TEST_F(StorageFaults, RacingGrantsNeverTakeMoreThanThereIs) {
  database_->query(
      "INSERT INTO bourse.offers (pool_id, offer_id, provider, session, open, slots, capacity, record, seq, published) "
      "VALUES (1, 'o', 'p', '', true, '{cpu}', '{100}', '', 1, now())");
  std::atomic<int> granted{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        pqxx::connection connection(database_->service().uri);
        for (int i = 0; i < 50; ++i) {
          try {
            pqxx::nontransaction tx(connection);
            tx.exec(
                "INSERT INTO bourse.grants (pool_id, grant_id, offer_id, request_id, provider, consumer, slots, "
                "amounts, "
                "state, ahead, started, expires, reason) VALUES (1, " +
                std::to_string(t * 1000 + i) + ", 'o', 'r', 'p', 'c', '{cpu}', '{1}', 0, false, now(), now(), '')");
            ++granted;
          } catch (const pqxx::sql_error& error) {
            EXPECT_EQ(error.sqlstate(), "23514");
          }
        }
      });
    }
  }
  EXPECT_EQ(granted, 100);
  EXPECT_EQ(database_->query("SELECT used FROM bourse.offer_use"), "{100}");
  EXPECT_EQ(database_->query("SELECT sum(amounts[1]) FROM bourse.grants WHERE state = 0"), "100");
  database_->query(
      "UPDATE bourse.grants SET amounts = '{2}' WHERE grant_id IN (SELECT grant_id FROM bourse.grants LIMIT 0)");
  EXPECT_THROW(database_->query("UPDATE bourse.grants SET amounts = '{2}'"), pqxx::sql_error);
  EXPECT_THROW(database_->query("UPDATE bourse.grants SET offer_id = 'elsewhere'"), pqxx::sql_error);
  EXPECT_THROW(database_->query("DELETE FROM bourse.offers"), pqxx::sql_error);
  database_->query("DELETE FROM bourse.grants WHERE grant_id < 1000");
  EXPECT_EQ(database_->query("SELECT CASE WHEN used = '{}' THEN 0 ELSE used[1] END = (SELECT count(*) FROM "
                             "bourse.grants) FROM bourse.offer_use"),
            "t");
}

}  // namespace
}  // namespace bourse::test
