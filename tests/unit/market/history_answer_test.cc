// Questions about history, answered from what a store keeps.
#include "market/history_answer.h"

#include <gtest/gtest.h>

#include "market_fixture.h"
#include "support/fake_store.h"

namespace bourse::market {
namespace {

using domain::Presence;
using namespace std::chrono_literals;

base::Timestamp at(base::Duration since_noon) {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 10} + 12h + since_noon;
}

class HistoryAnswers : public ::testing::Test {
 protected:
  HistoryAnswers() {
    Pool pool;
    const auto lease = store_.acquire({"commons"}, "test", pool.state);
    Batch batch;
    batch.epoch = lease->epoch;
    batch.number = lease->last_batch + 1;
    batch.providers = {{jid("ann@a.test"), Presence::kUp, at(3h), "", ""}};
    batch.hours = {{hour(0), 1h, {}, 0}, {hour(1), {}, 1h, 1}, {hour(2), {}, 1h, 0}};
    batch.closed = {{jid("ann@a.test"), {Presence::kUp, at(0h), at(1h), 2}},
                    {jid("ann@a.test"), {Presence::kDown, at(1h), at(3h), 1}}};
    EXPECT_EQ(store_.commit(batch).outcome, CommitOutcome::kCommitted);
  }

  base::Result<HistoryReport> ask(base::Duration since, base::Duration until, bool privileged = true) {
    HistoryQuery query{.pool = {"commons"}, .providers = {jid("ann@a.test")}};
    query.since = at(since);
    query.until = at(until);
    query.asked = at(24h);
    query.intervals = true;
    return answer_history(store_, query, {jid("eve@e.test"), privileged}, {});
  }

  static std::int64_t hour(int after_noon) {
    return std::chrono::floor<std::chrono::hours>(at(std::chrono::hours(after_noon))).time_since_epoch().count();
  }

  base::ManualClock clock_{at(24h)};
  test::FakeStore store_{clock_};
};

TEST_F(HistoryAnswers, AreTheIntervalsOfTheWindowAndTheirFigures) {
  const auto report = ask(0h, 4h);
  EXPECT_EQ(report->total.up, 2h);
  EXPECT_EQ(report->total.down, 2h);
  EXPECT_EQ(report->total.outages, 1u);
  EXPECT_EQ(report->intervals.rows.size(), 3u);
}

TEST_F(HistoryAnswers, WhatBeganBeforeTheWindowDoesNotBeginInIt) {
  const auto report = ask(2h, 4h);
  EXPECT_EQ(report->total.outages, 0u);
  EXPECT_EQ(report->total.down, 1h);
}

TEST_F(HistoryAnswers, WhatEndedWhenTheWindowBeginsIsNotInIt) {
  const auto report = ask(1h, 4h);
  ASSERT_EQ(report->intervals.rows.size(), 2u);
  EXPECT_EQ(report->intervals.rows[0].presence, Presence::kDown);
  EXPECT_EQ(report->total.outages, 1u);
}

TEST_F(HistoryAnswers, AreNotForStrangers) {
  const auto refused = ask(0h, 4h, false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Errc::kForbidden);
}

// What closed is in the sums, what runs is not yet: together they are the intervals.
TEST_F(HistoryAnswers, OfAPoolAreItsHoursAndWhatRuns) {
  HistoryQuery query{.pool = {"commons"}, .since = at(0h), .until = at(4h), .asked = at(4h)};
  query.days = true;
  const auto report = answer_history(store_, query, {jid("eve@e.test"), false}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->provider_count, 1u);
  EXPECT_EQ(report->total.up, 2h);
  EXPECT_EQ(report->total.down, 2h);
  EXPECT_EQ(report->total.outages, 1u);
  ASSERT_EQ(report->days.size(), 1u);
  EXPECT_EQ(report->days[0].up, 2h);
}

// Between two reads an interval may close: it would be missing, or twice there.
TEST_F(HistoryAnswers, AreReadAsOfOneMoment) {
  struct Counted final : test::FakeStore {
    using FakeStore::FakeStore;
    base::Status history(const domain::PoolName& pool, const AskHistory& ask) override {
      ++snapshots;
      return FakeStore::history(pool, ask);
    }
    int snapshots = 0;
  } store{clock_};
  HistoryQuery query{.pool = {"commons"}, .since = at(0h), .until = at(4h), .asked = at(4h)};
  query.days = query.week = query.survival = true;
  ASSERT_TRUE(answer_history(store, query, {jid("eve@e.test"), true}, {}).ok());
  EXPECT_EQ(store.snapshots, 1);
  query.pool = {"nowhere"};
  EXPECT_EQ(answer_history(store, query, {jid("eve@e.test"), true}, {}).error().code, base::Errc::kNotFound);
}

}  // namespace
}  // namespace bourse::market
