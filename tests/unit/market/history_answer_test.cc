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

}  // namespace
}  // namespace bourse::market
