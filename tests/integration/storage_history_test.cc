// History in the database itself: what it refuses, how old rows came over, and what maintenance forgets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "contract/batches.h"
#include "storage/maintenance.h"
#include "storage/migrate.h"
#include "storage/pg_reader.h"
#include "storage/pg_store.h"
#include "support/pg_database.h"

namespace bourse::test {
namespace {

namespace fs = std::filesystem;

class StorageHistory : public testing::Test {
 protected:
  void SetUp() override {
    if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  }
};

// As it was before the migration of that number, and later ones.
void migrate_before(const PgDatabase& database, const std::string& number) {
  const fs::path before = fs::temp_directory_path() / ("bourse_before_" + number + "_" + std::to_string(getpid()));
  fs::remove_all(before);
  fs::create_directory(before);
  for (const auto& entry : fs::directory_iterator(BOURSE_SOURCE_DIR "/migrations")) {
    if (entry.path().filename().string() < number) fs::copy(entry.path(), before);
  }
  EXPECT_TRUE(storage::migrate(database.superuser(), before).ok());
  fs::remove_all(before);
}

TEST_F(StorageHistory, NoOverlapHoweverItIsWritten) {
  const PgDatabase database;
  database.query("SELECT bourse.make_history_month('2026-01-01Z'), bourse.make_history_month('2026-02-01Z')");
  const auto insert = [&](const std::string& period) -> std::string {
    try {
      database.query("INSERT INTO bourse.availability VALUES (1, 0, false, 0, '" + period + "')");
      return "ok";
    } catch (const std::exception& error) {
      return error.what();
    }
  };
  struct Case {
    const char* period;
    const char* says;
  };
  const Case cases[] = {
      {"[2026-01-10Z,2026-01-20Z)", "ok"},
      {"[2026-01-19Z,2026-01-21Z)", "no_overlap"},
      {"[2026-01-20Z,2026-02-01Z)", "ok"},
      {"[2026-01-05Z,2026-01-09Z)", "ok"},
      {"[2026-01-31 23:59Z,2026-02-01 00:01Z)", "_month"},  // else it could overlap what is in February
      {"[2026-02-01Z,2026-02-02Z)", "ok"},
      {"[2026-02-28Z,2026-03-01 00:00:01Z)", "_month"},
      {"[2026-02-28Z,2026-03-01Z)", "ok"},
      {"[2014-05-01Z,2014-05-02Z)", "ok"},  // months that are not there
      {"[2014-05-01 23:00Z,2014-05-03Z)", "no_overlap"},
      {"[2014-05-31Z,2014-06-02Z)", "_month"},
      {"[2014-05-31Z,2014-06-01Z)", "ok"},
      {"[2014-06-01Z,2014-06-02Z)", "ok"},
      {"[2026-01-01Z,)", "availability_closed"},
      {"(,2026-01-01Z)", "availability_closed"},
      {"(2026-01-01Z,2026-01-02Z)", "availability_closed"},
      {"[2026-01-01Z,2026-01-02Z]", "availability_closed"},
      {"empty", "availability_closed"},
      {"[2026-01-01Z,infinity)", "_month"},
      {"[-infinity,2026-01-01Z)", "_month"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.period);
    EXPECT_THAT(insert(c.period), testing::HasSubstr(c.says));
  }
}

TEST_F(StorageHistory, RowsThatWaitedForTheirMonthMove) {
  const PgDatabase database;  // migrating made the next three months
  database.query(
      "INSERT INTO bourse.availability SELECT 1, 0, false, 0, tstzrange(m, m + interval '1 s') FROM (SELECT "
      "date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '5 months 1 day') AS later(m);"
      "INSERT INTO bourse.availability VALUES (1, 0, false, 0, '[2014-05-01Z,2014-05-02Z)')");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.availability_other"), "2");
  EXPECT_EQ(database.query("SELECT bourse.ensure_partitions(6)"), "6");
  EXPECT_EQ(database.query("SELECT bourse.ensure_partitions(6)"), "0");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.availability_other"), "1");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.availability"), "2");
}

TEST_F(StorageHistory, OldRowsCameOver) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  migrate_before(database, "0005");
  database.query(
      "INSERT INTO bourse.availability VALUES (1, 'ann@x', 0, '[2026-08-30 12:00Z,2026-10-01 02:30Z)'), "
      "(1, 'ann@x', 1, '[2026-10-01 02:30Z,2026-10-01 03:15Z)'), (1, 'ann@x', 0, '[2026-10-01 03:15Z,)'), "
      "(1, 'bob@x', 1, '[2026-11-01 00:00Z,)'), (1, 'old@x', 0, '[2014-01-31 23:00Z,2014-02-02 00:00Z)')");
  const auto migrated = storage::migrate(database.superuser(), BOURSE_SOURCE_DIR "/migrations");
  ASSERT_TRUE(migrated.ok()) << migrated.error().text;
  storage::PgReader reader(database.service());
  const auto day = [](int year, unsigned month, unsigned of) {
    return base::Timestamp(
        std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(of)));
  };
  using domain::Presence;
  using std::chrono::minutes;
  const auto intervals = [&reader](const char* provider, base::Timestamp since, base::Timestamp until) {
    history::Intervals found;
    const auto read = reader.history({"commons"}, [&](market::HistorySnapshot& history) {
      found = history.intervals({jid(provider)}, {since, until}).value().front();
    });
    EXPECT_TRUE(read.ok());
    return found;
  };
  EXPECT_EQ(intervals("ann@x", day(2020, 1, 1), day(2027, 1, 1)),
            (history::Intervals{
                {Presence::kUp, day(2026, 8, 30) + minutes(720), day(2026, 10, 1) + minutes(150)},
                {Presence::kDown, day(2026, 10, 1) + minutes(150), day(2026, 10, 1) + minutes(195)},
                {Presence::kUp, day(2026, 10, 1) + minutes(195), {}},
            }));
  EXPECT_EQ(intervals("old@x", day(2000, 1, 1), day(2027, 1, 1)),
            (history::Intervals{{Presence::kUp, day(2014, 1, 31) + minutes(1380), day(2014, 2, 2)}}));
  EXPECT_EQ(database.query("SELECT (sum(up), sum(down), sum(outages))::text FROM bourse.availability_hours"),
            "(2820600000000,2700000000,1)");
  EXPECT_EQ(
      database.query("SELECT string_agg((provider, presence)::text, ' ' ORDER BY provider) FROM bourse.providers"),
      "(ann@x,0) (bob@x,1) (old@x,)");
  EXPECT_EQ(database.query("SELECT to_regclass('bourse.availability_before')"), "");
}

// From sums by provider and day to those of the pool by hour.
TEST_F(StorageHistory, OutagesCameOver) {
  const PgDatabase database(PgDatabase::Content::kEmpty);
  migrate_before(database, "0006");
  database.query(
      "INSERT INTO bourse.providers (pool_id, provider) VALUES (1, 'ann@x'), (1, 'bob@x');"
      "INSERT INTO bourse.availability_days VALUES (1, '2026-03-01', 5, 6, 2), (2, '2026-03-01', 5, 6, 3), "
      "(1, '2026-03-02', 5, 6, 0), (2, '1999-01-01', 5, 6, 4);"
      "INSERT INTO bourse.availability_hours VALUES (1, 20513 * 24, 7, 8), (1, 20513 * 24 + 1, 9, 10)");
  const auto migrated = storage::migrate(database.superuser(), BOURSE_SOURCE_DIR "/migrations");
  ASSERT_TRUE(migrated.ok()) << migrated.error().text;
  EXPECT_EQ(database.query("SELECT string_agg((pool_id, hour, up, down, outages)::text, ' ' ORDER BY hour) "
                           "FROM bourse.availability_hours"),
            "(1,254208,0,0,4) (1,492312,7,8,5) (1,492313,9,10,0)");
  EXPECT_EQ(database.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'availability_days%'"), "0");
}

TEST_F(StorageHistory, MaintenanceForgetsWholeMonthsAndNothingYoung) {
  const PgDatabase database;
  database.query(
      "SELECT bourse.make_history_month(m) FROM generate_series('2026-01-01Z'::timestamptz, '2026-04-01Z', '1 month') "
      "m;"
      "INSERT INTO bourse.providers (pool_id, provider) VALUES (1, 'ann@x');"
      "INSERT INTO bourse.availability SELECT 1, 0, false, 0, tstzrange(m, m + interval '1 hour') "
      "FROM generate_series('2025-12-10Z'::timestamptz, '2026-04-10Z', '1 month') m;"
      "INSERT INTO bourse.availability_hours VALUES (1, 490000, 1, 1, 0), (1, 493000, 1, 1, 1);"
      "INSERT INTO bourse.availability_gaps VALUES (1, '[2025-12-24Z,2025-12-25Z)'), (1, '[2026-03-24Z,2026-03-25Z)');"
      "DO $$ DECLARE next text := to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', "
      "'YYYY_MM'); "
      "BEGIN EXECUTE format('DROP TABLE bourse.%I, bourse.%I', 'events_' || next, 'availability_' || next); END $$");
  const base::Timestamp april = base::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 4 / 15));
  using Names = std::vector<std::string>;

  auto report = storage::maintain(database.superuser(), {}, april);
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_EQ(report->months_made, 2U) << "that month's parts were missing";
  EXPECT_EQ(report->dropped, Names());
  EXPECT_TRUE(report->deleted.empty());

  const auto kept = std::chrono::hours(24) * 50;  // since 24 February
  report = storage::maintain(database.superuser(), {.intervals = kept, .sums = kept + kept}, april);
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_EQ(report->months_made, 0U);
  EXPECT_EQ(report->dropped, (Names{"availability_2026_01"}));
  std::string deleted;
  for (const auto& [table, rows] : report->deleted) deleted += table + " " + std::to_string(rows) + " ";
  EXPECT_EQ(deleted, "availability_other 1 availability_hours 1 availability_gaps 1 ");
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.availability"), "3");

  // However little is to be kept, a month's worth stays.
  database.query("INSERT INTO bourse.availability VALUES (1, 0, false, 0, tstzrange(now(), now() + interval '1 us'))");
  const base::Timestamp now = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  report = storage::maintain(database.superuser(), {.intervals = base::Duration(0), .sums = base::Duration(0)}, now);
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.availability"), "1");
  EXPECT_EQ(storage::maintain(database.service(), {}, now).ok(), false);
}

TEST(Maintenance, UseThatDecayedToNothingIsForgotten) {
  if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  const PgDatabase database;
  database.query(
      "INSERT INTO bourse.usage (pool_id, consumer, at, resources, amounts) VALUES "
      "(1, 'old@x', '2026-03-01Z', '{cpu}', '{1}'), (1, 'new@x', '2026-04-14Z', '{cpu}', '{1}')");
  const base::Timestamp april = base::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 4 / 15));
  ASSERT_TRUE(storage::maintain(database.superuser(), {}, april).ok());
  EXPECT_EQ(database.query("SELECT count(*) FROM bourse.usage"), "2");
  const auto report = storage::maintain(database.superuser(), {.usage = std::chrono::hours(24) * 40}, april);
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_EQ(report->deleted.size(), 1U);
  EXPECT_EQ(report->deleted[0].table, "usage");
  EXPECT_EQ(report->deleted[0].rows, 1U);
  EXPECT_EQ(database.query("SELECT consumer FROM bourse.usage"), "new@x");
}

TEST(Maintenance, OldCheckpointsStayOnceAnHour) {
  if (!why_no_postgres().empty()) GTEST_SKIP() << why_no_postgres();
  const PgDatabase database;
  database.query(
      "INSERT INTO bourse.audit_checkpoints (pool_id, size, at, note) VALUES (1, 1, '2026-03-01 10:00Z', ''), "
      "(1, 2, '2026-03-01 10:30Z', ''), (1, 3, '2026-03-01 10:59Z', ''), (1, 4, '2026-03-01 11:00Z', ''), "
      "(1, 5, '2026-03-16 12:00Z', ''), (1, 6, '2026-03-16 12:01Z', ''), (1, 7, '2026-04-14Z', ''), "
      "(1, 8, '2026-04-14Z', '')");
  const base::Timestamp april = base::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 4 / 15));
  const auto report = storage::maintain(database.superuser(), {}, april);
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_EQ(report->deleted.size(), 1U);
  EXPECT_EQ(report->deleted[0].table, "audit_checkpoints");
  EXPECT_EQ(report->deleted[0].rows, 2U);
  EXPECT_EQ(database.query("SELECT string_agg(size::text, ' ' ORDER BY size) FROM bourse.audit_checkpoints"),
            "3 4 5 6 7 8");
}

}  // namespace
}  // namespace bourse::test
