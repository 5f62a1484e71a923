#include "store_under_test.h"

#include "storage/pg_reader.h"
#include "storage/pg_store.h"
#include "support/fake_store.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

class FakeUnderTest final : public StoreUnderTest {
 public:
  market::Store& store() override { return fake_; }
  market::Store& second_store() override { return fake_; }
  market::Reader& reader() override { return fake_; }
  [[nodiscard]] base::Timestamp now() const override { return clock_.now(); }
  void expire_lease() override { clock_.advance(std::chrono::hours(1)); }

 private:
  base::ManualClock clock_{kStart};
  FakeStore fake_{clock_};
};

// As the service's role: the contract has to hold with no more privileges than boursed has.
class PostgresUnderTest final : public StoreUnderTest {
 public:
  market::Store& store() override { return store_; }
  market::Store& second_store() override { return second_; }
  market::Reader& reader() override { return reader_; }
  [[nodiscard]] base::Timestamp now() const override {
    return std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  }
  void expire_lease() override { database_.query("UPDATE bourse.pools SET lease_until = now() - interval '1 second'"); }

 private:
  PgDatabase database_;
  storage::PgStore store_{database_.service()};
  storage::PgStore second_{database_.service()};
  storage::PgReader reader_{database_.service()};
};

}  // namespace

std::unique_ptr<StoreUnderTest> make_store_under_test(Kind kind) {
  if (kind == Kind::kFake) return std::make_unique<FakeUnderTest>();
  return std::make_unique<PostgresUnderTest>();
}

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kFake ? "Fake" : "Postgres";
}

void StoreContract::SetUp() {
  if (GetParam() == Kind::kPostgres && !why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  under_test_ = make_store_under_test(GetParam());
  Loaded empty;
  auto lease = under_test_->store().acquire({"commons"}, "first", empty);
  ASSERT_TRUE(lease.ok()) << lease.error().text;
  lease_ = *lease;
}

market::Batch StoreContract::batch() {
  market::Batch batch;
  batch.epoch = lease_.epoch;
  batch.number = lease_.last_batch + 1;
  batch.counters = lease_.counters;
  return batch;
}

market::CommitResult StoreContract::commit(market::Batch batch) {
  auto result = under_test_->store().commit(batch);
  if (result.outcome == market::CommitOutcome::kCommitted) {
    lease_.last_batch = batch.number;
    lease_.counters = batch.counters;
  }
  return result;
}

void StoreContract::write(market::Batch batch) {
  const auto result = commit(std::move(batch));
  ASSERT_EQ(result.outcome, market::CommitOutcome::kCommitted) << result.text;
}

Loaded StoreContract::reload() {
  Loaded loaded;
  auto lease = under_test_->store().acquire({"commons"}, "first", loaded);
  EXPECT_TRUE(lease.ok()) << (lease.ok() ? "" : lease.error().text);
  if (lease.ok()) lease_ = *lease;
  return loaded;
}

}  // namespace bourse::test
