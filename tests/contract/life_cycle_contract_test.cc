// The contract of market::Store for grants that change while they live: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "market/reader.h"
#include "store_under_test.h"

namespace bourse::test {
namespace {

using domain::GrantState;
using market::CommitOutcome;

// Offer o1 with 4 cpus and two gpus, and request r1.
class LifeCycleContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped()) return;
    market::Batch first = batch();
    first.offers = {o1_};
    first.requests = {r1_};
    write(first);
  }

  void start(const market::GrantRow& row) {
    market::Batch next = batch();
    next.new_grants = {row};
    write(next);
  }
  CommitOutcome change(const market::GrantRow& row) {
    market::Batch next = batch();
    next.changed_grants = {row};
    return commit(next).outcome;
  }
  CommitOutcome try_start(const market::GrantRow& row) {
    market::Batch next = batch();
    next.new_grants = {row};
    return commit(next).outcome;
  }
  [[nodiscard]] market::GrantRow cpus(std::uint64_t id, std::int64_t milli) const {
    return grant(id, o1_, r1_, resources({{"cpu", milli}}));
  }

  const market::OfferRow o1_ = offer("o1", "ann@one.example", 1);
  const market::RequestRow r1_ = request("r1", "cy@three.example", 2);
};
INSTANTIATE_TEST_SUITE_P(Store, LifeCycleContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

market::GrantRow in_state(market::GrantRow row, GrantState state) {
  row.state = state;
  row.ahead = state == GrantState::kReserved;
  row.state_until = row.started + std::chrono::minutes(2);
  row.entry = domain::AuditIndex{1000 + static_cast<std::uint64_t>(state)};
  row.reason = std::string("because \"") + std::string(domain::name(state)) + "\"";
  return row;
}

TEST_P(LifeCycleContract, EveryStateComesBack) {
  std::uint64_t id = 0;
  for (const GrantState state : domain::kGrantStates) {
    SCOPED_TRACE(domain::name(state));
    auto row = in_state(cpus(++id, 100), state);
    if (!domain::is_live(state)) row.ended = row.started + std::chrono::minutes(3);
    start(row);
    const Loaded loaded = reload();
    const auto found = std::ranges::find(loaded.grants, row.id, &market::GrantRow::id);
    ASSERT_EQ(found != loaded.grants.end(), domain::is_live(state));
    if (domain::is_live(state)) {
      EXPECT_EQ(*found, row);
    }
    market::ItemQuery query;
    query.pool.value = "commons";
    query.kind = market::ItemKind::kGrant;
    query.ids = {domain::to_item_id(row.id)};
    EXPECT_EQ(under_test_->reader().items(query, kOperator)->rows.size(), domain::is_live(state) ? 1U : 0U);
    query.ended_too = true;
    EXPECT_EQ(under_test_->reader().items(query, kOperator)->rows.size(), 1U);
  }
  EXPECT_EQ(under_test_->reader().status({"commons"})->live_grants, 5U);
}

TEST_P(LifeCycleContract, LiveGrantsChangeInEveryRespect) {
  start(cpus(1, 3000));
  for (const GrantState state :
       {GrantState::kSuspect, GrantState::kActive, GrantState::kReclaiming, GrantState::kProposed}) {
    SCOPED_TRACE(domain::name(state));
    auto row = in_state(cpus(1, 3000), state);
    row.started += std::chrono::seconds(1);
    row.expires += std::chrono::hours(3);
    ASSERT_EQ(change(row), CommitOutcome::kCommitted);
    EXPECT_EQ(reload().grants, std::vector{row});
    EXPECT_EQ(try_start(cpus(2, 1001)), CommitOutcome::kRejected) << "its share stays booked";
  }
  auto over = ended(in_state(cpus(1, 3000), GrantState::kReclaiming), GrantState::kExpired);
  over.expires += std::chrono::hours(9);  // an end may bring the rest along
  market::Batch last = batch();
  last.ended_grants = {over};
  write(last);
  EXPECT_TRUE(reload().grants.empty());
  market::ItemQuery query;
  query.pool.value = "commons";
  query.kind = market::ItemKind::kGrant;
  query.ended_too = true;
  const auto items = under_test_->reader().items(query, kOperator);
  ASSERT_EQ(items->rows.size(), 1U);
  start(cpus(2, 4000));
}

TEST_P(LifeCycleContract, EveryLiveStateMayEnd) {
  std::uint64_t id = 0;
  for (const GrantState state : domain::kGrantStates) {
    if (!domain::is_live(state)) continue;
    SCOPED_TRACE(domain::name(state));
    const auto row = in_state(cpus(++id, 4000), state);
    start(row);
    market::Batch last = batch();
    last.ended_grants = {ended(row, GrantState::kRevoked)};
    write(last);
    EXPECT_TRUE(reload().grants.empty());
  }
  start(cpus(++id, 4000));  // everything was given back
}

TEST_P(LifeCycleContract, ReservedTakesNothingUntilItBegins) {
  const auto now = cpus(1, 3000);
  start(now);
  const auto later = in_state(cpus(2, 4000), GrantState::kReserved);
  start(later);
  auto asked = in_state(cpus(3, 4000), GrantState::kProposed);
  asked.ahead = true;
  start(asked);
  EXPECT_EQ(reload().grants.size(), 3U);

  auto begun = later;
  begun.state = GrantState::kActive;
  begun.ahead = false;
  EXPECT_EQ(change(begun), CommitOutcome::kRejected) << "1 of 4 cpus is free";
  auto asked_now = asked;
  asked_now.ahead = false;
  EXPECT_EQ(change(asked_now), CommitOutcome::kRejected) << "a proposal for now takes its share too";
  market::Batch swap = batch();
  swap.ended_grants = {ended(now, GrantState::kReleased)};
  swap.changed_grants = {begun};
  swap.new_grants = {cpus(4, 1)};
  EXPECT_EQ(commit(swap).outcome, CommitOutcome::kRejected) << "one too many beside it";
  swap.new_grants.clear();
  write(swap);
  EXPECT_EQ(try_start(cpus(4, 1)), CommitOutcome::kRejected);
  EXPECT_EQ(reload().grants, (std::vector{begun, asked}));
}

TEST_P(LifeCycleContract, WhatIsNotLiveStaysAsItIs) {
  const auto g1 = cpus(1, 1000);
  start(g1);
  market::Batch last = batch();
  last.ended_grants = {ended(g1, GrantState::kLost)};
  write(last);
  struct Case {
    const char* name;
    std::vector<market::GrantRow> changed, ended;
  };
  const Case cases[] = {
      {"revived", {g1}, {}},
      {"revived by another state", {in_state(g1, GrantState::kSuspect)}, {}},
      {"ended again", {}, {ended(g1, GrantState::kReleased)}},
      {"never there, changed", {cpus(9, 1)}, {}},
      {"never there, ended", {}, {ended(cpus(9, 1), GrantState::kRevoked)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    market::Batch bad = batch();
    bad.changed_grants = c.changed;
    bad.ended_grants = c.ended;
    EXPECT_EQ(commit(bad).outcome, CommitOutcome::kRejected);
    EXPECT_TRUE(reload().grants.empty());
  }
}

TEST_P(LifeCycleContract, ImpossibleStatesAreRefused) {
  start(cpus(1, 1000));
  struct Case {
    const char* name;
    std::function<void(market::GrantRow&)> spoil;
  };
  const Case cases[] = {
      {"active, its lease ahead", [](auto& row) { row.ahead = true; }},
      {"suspect, its lease ahead", [](auto& row) { row.state = GrantState::kSuspect, row.ahead = true; }},
      {"reclaiming, its lease ahead", [](auto& row) { row.state = GrantState::kReclaiming, row.ahead = true; }},
      {"reserved, its lease begun", [](auto& row) { row.state = GrantState::kReserved; }},
      {"over without an end", [](auto& row) { row.state = GrantState::kReleased; }},
      {"live with an end", [](auto& row) { row.ended = row.started; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto fresh = cpus(2, 1);
    c.spoil(fresh);
    EXPECT_EQ(try_start(fresh), CommitOutcome::kRejected);
    auto changed = cpus(1, 1000);
    c.spoil(changed);
    EXPECT_EQ(change(changed), CommitOutcome::kRejected);
  }
}

TEST_P(LifeCycleContract, ClosedOfferKeepsItsGrantsAndGetsNoMore) {
  const auto g1 = grant(1, o1_, r1_, resources({{"cpu", 1000}, {"gpu", 500}}), {{1, 500}});
  const auto ahead = in_state(cpus(2, 1000), GrantState::kReserved);
  market::Batch first = batch();
  first.new_grants = {g1, ahead};
  write(first);
  market::Batch close = batch();
  close.offers = {withdrawn(o1_)};
  close.changed_grants = {in_state(g1, GrantState::kSuspect)};
  write(close);

  Loaded loaded = reload();
  ASSERT_EQ(loaded.offers.size(), 1U);
  EXPECT_FALSE(loaded.offers[0].open);
  EXPECT_EQ(loaded.offers[0].record, o1_.record);
  EXPECT_EQ(loaded.offers[0].resources, o1_.resources);
  EXPECT_EQ(loaded.grants, (std::vector{in_state(g1, GrantState::kSuspect), ahead}));

  EXPECT_EQ(change(in_state(g1, GrantState::kReclaiming)), CommitOutcome::kCommitted);
  EXPECT_EQ(try_start(cpus(3, 1)), CommitOutcome::kRejected);
  EXPECT_EQ(change(cpus(2, 1000)), CommitOutcome::kRejected) << "a reservation would begin on it";
  market::Batch last = batch();
  last.ended_grants = {ended(g1, GrantState::kExpired)};
  write(last);
  loaded = reload();
  ASSERT_EQ(loaded.offers.size(), 1U) << "its reservation lives";
  market::Batch gone = batch();
  gone.ended_grants = {ended(ahead, GrantState::kRevoked)};
  write(gone);
  EXPECT_TRUE(reload().offers.empty());

  market::Batch reopen = batch();
  reopen.offers = {o1_};
  reopen.new_grants = {cpus(3, 4000)};
  write(reopen);
}

TEST_P(LifeCycleContract, OffersComeByTheirNumbersOpenOrNot) {
  market::Batch first = batch();
  for (const std::uint64_t seq : {5U, 3U, 9U, 7U}) {
    first.offers.push_back(offer("o" + std::to_string(seq), "ann@one.example", seq));
    first.new_grants.push_back(grant(seq, first.offers.back(), r1_, resources({{"cpu", 1}})));
  }
  write(first);
  market::Batch second = batch();
  second.offers = {withdrawn(first.offers[0]), withdrawn(first.offers[2])};
  write(second);
  std::string order;
  for (const auto& row : reload().offers) order += row.id.value + (row.open ? " " : "! ");
  EXPECT_EQ(order, "o1 o3 o5! o7 o9! ");
}

TEST_P(LifeCycleContract, SeatsOfServicesAreCounted) {
  auto labs = offer("labs", "ann@one.example", 3);
  labs.resources = resources({{"service/blast", 2000}, {"service/r", 1'000'000'000}});
  market::Batch first = batch();
  first.offers = {labs};
  first.new_grants = {grant(1, labs, r1_, resources({{"service/blast", 1000}, {"service/r", 1000}}))};
  write(first);
  EXPECT_EQ(try_start(grant(2, labs, r1_, resources({{"service/blast", 2000}}))), CommitOutcome::kRejected);
  EXPECT_EQ(try_start(grant(2, labs, r1_, resources({{"service/blas", 1}}))), CommitOutcome::kRejected);
  start(grant(2, labs, r1_, resources({{"service/blast", 1000}})));
  const Loaded loaded = reload();
  EXPECT_EQ(loaded.offers[1].resources, labs.resources);
  EXPECT_EQ(loaded.grants[0].resources, first.new_grants[0].resources);
}

}  // namespace
}  // namespace bourse::test
