// The contract of market::Store: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_under_test.h"

namespace bourse::test {
namespace {

using domain::GrantState;
using market::CommitOutcome;

INSTANTIATE_TEST_SUITE_P(Store, StoreContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

TEST_P(StoreContract, LeaseBelongsToOneHolder) {
  Loaded ignored;
  const auto refused = under_test_->second_store().acquire({"commons"}, "second", ignored);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::Errc::kConflict);
  EXPECT_THAT(refused.error().text, testing::HasSubstr("first"));

  const auto missing = under_test_->store().acquire({"nowhere"}, "first", ignored);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, base::Errc::kNotFound);

  const auto again = under_test_->store().acquire({"commons"}, "first", ignored);
  ASSERT_TRUE(again.ok());
  EXPECT_GT(again->epoch, lease_.epoch);
}

TEST_P(StoreContract, LeaseThatRanOutCanBeTakenAndFencesTheOld) {
  under_test_->expire_lease();
  Loaded ignored;
  ASSERT_TRUE(under_test_->second_store().acquire({"commons"}, "second", ignored).ok());
  market::Batch late = batch();
  late.offers = {offer("o1", "ann@one.example", 1)};
  EXPECT_EQ(commit(late).outcome, CommitOutcome::kFenced);
  EXPECT_EQ(under_test_->store().renew(lease_, {}).outcome, CommitOutcome::kFenced);
  EXPECT_TRUE(under_test_->reader()
                  .items({{"commons"}, market::ItemKind::kOffer, {}, false, false, {}}, kOperator)
                  ->rows.empty());
}

TEST_P(StoreContract, LeaseGivenUpIsFreeAtOnce) {
  under_test_->store().release(lease_);
  EXPECT_EQ(commit(batch()).outcome, CommitOutcome::kFenced);
  Loaded ignored;
  EXPECT_TRUE(under_test_->second_store().acquire({"commons"}, "second", ignored).ok());
}

TEST_P(StoreContract, RenewedLeaseKeepsTheWatermark) {
  market::Batch first = batch();
  first.events = {event(1, "a"), event(2, "b"), event(3, "c")};
  first.counters = {{3}, {0}, {0}, {1}};
  write(first);
  ASSERT_EQ(under_test_->store().renew(lease_, {2}).outcome, CommitOutcome::kCommitted);
  ASSERT_EQ(under_test_->store().renew(lease_, {1}).outcome, CommitOutcome::kCommitted);  // never backwards
  const Loaded loaded = reload();
  EXPECT_EQ(lease_.counters.delivered.value, 2U);
  ASSERT_EQ(loaded.undelivered.size(), 1U);
  EXPECT_EQ(loaded.undelivered[0].item_id, "c");
}

TEST_P(StoreContract, BatchesFollowOneAnother) {
  struct Case {
    const char* name;
    std::uint64_t number;
    CommitOutcome expected;
  };
  for (const Case& c :
       {Case{"the next", 1, CommitOutcome::kCommitted}, Case{"the same again", 1, CommitOutcome::kFenced},
        Case{"one left out", 3, CommitOutcome::kFenced}, Case{"the one after", 2, CommitOutcome::kCommitted}}) {
    SCOPED_TRACE(c.name);
    market::Batch next = batch();
    next.number = c.number;
    EXPECT_EQ(commit(next).outcome, c.expected);
  }
}

TEST_P(StoreContract, EverythingComesBack) {
  const auto o1 = offer("o,1 {\"é\"}", "ann@one.example", 1);
  auto o2 = offer("o2", "bob@two.example", 2);
  o2.session = {};
  o2.resources = {};  // software only
  const auto gone = offer("gone", "ann@one.example", 3);
  auto r1 = request("r1", "cy@three.example", 4);
  r1.granted = 1;
  r1.state = domain::RequestState::kGranted;
  r1.complete = true;
  r1.refused = {jid("bob@two.example"), jid("two.example")};
  auto r2 = request("r2", "cy@three.example", 5);
  r2.state = domain::RequestState::kDone;
  const auto g1 = grant(1, o1, r1, resources({{"cpu", 500}, {"gpu", 1500}}), {{0, 1000}, {1, 500}});

  market::Batch first = batch();
  first.offers = {o1, o2, gone};
  first.requests = {r1, r2};
  first.new_grants = {g1, ended(grant(2, o2, r1, resources({{"cpu", 1}})), GrantState::kRevoked)};
  first.subscriptions = {subscription("commons/offers", "sue@four.example/x"),
                         subscription("commons/offers", "tom@four.example")};
  first.providers = {{jid("ann@one.example"), domain::Presence::kUp, kStart, "", ""}};
  first.events = {event(1, "a"), event(2, "b\nc")};
  first.counters = {{2}, {0}, {2}, {0}};
  write(first);
  market::Batch second = batch();
  second.offers = {withdrawn(gone)};
  second.subscriptions = {removed(subscription("commons/offers", "tom@four.example"))};
  write(second);

  const Loaded loaded = reload();
  EXPECT_EQ(lease_.last_batch, 2U);
  EXPECT_EQ(lease_.counters, first.counters);
  ASSERT_EQ(loaded.offers.size(), 2U);
  EXPECT_EQ(loaded.offers[0].id, o1.id);
  EXPECT_EQ(loaded.offers[0].provider, o1.provider);
  EXPECT_EQ(loaded.offers[0].session, o1.session);
  EXPECT_EQ(loaded.offers[0].resources, o1.resources);
  EXPECT_EQ(loaded.offers[0].record, o1.record);
  EXPECT_EQ(loaded.offers[0].seq, o1.seq);
  EXPECT_EQ(loaded.offers[0].published, o1.published);
  EXPECT_TRUE(loaded.offers[1].session.empty());
  EXPECT_TRUE(loaded.offers[1].resources.empty());
  ASSERT_EQ(loaded.requests.size(), 1U);
  EXPECT_EQ(loaded.requests[0].id, r1.id);
  EXPECT_EQ(loaded.requests[0].state, r1.state);
  EXPECT_EQ(loaded.requests[0].granted, 1U);
  EXPECT_EQ(loaded.requests[0].refused, r1.refused);
  EXPECT_TRUE(loaded.requests[0].complete);
  EXPECT_EQ(loaded.requests[0].record, r1.record);
  EXPECT_EQ(loaded.requests[0].submitted, r1.submitted);
  ASSERT_EQ(loaded.grants.size(), 1U);
  EXPECT_EQ(loaded.grants[0], g1);
  ASSERT_EQ(loaded.subscriptions.size(), 1U);
  EXPECT_EQ(loaded.subscriptions[0].subscriber, jid("sue@four.example/x"));
  ASSERT_EQ(loaded.providers.size(), 1U);
  EXPECT_EQ(loaded.providers[0].provider, jid("ann@one.example"));
  EXPECT_EQ(loaded.providers[0].since, kStart);
  ASSERT_EQ(loaded.undelivered.size(), 2U);
  EXPECT_EQ(loaded.undelivered[1].seq.value, 2U);
  EXPECT_EQ(loaded.undelivered[1].item_id, "b\nc");
  EXPECT_EQ(loaded.undelivered[1].record, first.events[1].record);
  EXPECT_EQ(loaded.undelivered[1].publisher, first.events[1].publisher);
  EXPECT_EQ(loaded.undelivered[1].at, first.events[1].at);
}

TEST_P(StoreContract, OverGrantingIsRefusedAndNothingIsWritten) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto r1 = request("r1", "cy@three.example", 2);
  market::Batch first = batch();
  first.offers = {o1};
  first.requests = {r1};
  first.new_grants = {grant(1, o1, r1, resources({{"cpu", 3000}, {"gpu", 500}}), {{0, 500}})};
  write(first);

  struct Case {
    const char* name;
    std::vector<market::GrantRow> grants;
  };
  auto nowhere = o1;
  nowhere.id.value = "nowhere";
  const Case cases[] = {
      {"more cpu than is left", {grant(2, o1, r1, resources({{"cpu", 1001}}))}},
      {"two that fit alone but not together",
       {grant(2, o1, r1, resources({{"cpu", 600}})), grant(3, o1, r1, resources({{"cpu", 600}}))}},
      {"more of a device than is left, though the offer has enough",
       {grant(2, o1, r1, resources({{"gpu", 600}}), {{0, 600}})}},
      {"a device it has not", {grant(2, o1, r1, resources({{"gpu", 100}}), {{2, 100}})}},
      {"a resource it has not", {grant(2, o1, r1, resources({{"licence", 1}}))}},
      {"gpus on no device", {grant(2, o1, r1, resources({{"gpu", 100}}))}},
      {"an offer that does not exist", {grant(2, nowhere, r1, resources({{"cpu", 1}}))}},
      {"the same grant again", {grant(1, o1, r1, resources({{"cpu", 1}}))}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    market::Batch bad = batch();
    bad.new_grants = c.grants;
    bad.events = {event(1, "x")};
    bad.counters.last_event.value = 1;
    const auto result = commit(bad);
    EXPECT_EQ(result.outcome, CommitOutcome::kRejected);
    EXPECT_FALSE(result.text.empty());
  }
  const Loaded loaded = reload();
  EXPECT_EQ(loaded.grants.size(), 1U);
  EXPECT_TRUE(loaded.undelivered.empty());
  EXPECT_EQ(lease_.last_batch, 1U);

  market::Batch fits = batch();
  fits.new_grants = {grant(2, o1, r1, resources({{"cpu", 1000}, {"gpu", 1500}}), {{0, 500}, {1, 1000}})};
  write(fits);
}

TEST_P(StoreContract, OfferInUseDoesNotShrinkBelow) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto r1 = request("r1", "cy@three.example", 2);
  const auto g1 = grant(1, o1, r1, resources({{"cpu", 3000}, {"gpu", 500}}), {{1, 500}});
  market::Batch first = batch();
  first.offers = {o1};
  first.requests = {r1};
  first.new_grants = {g1};
  write(first);

  struct Case {
    const char* name;
    market::OfferRow row;
    CommitOutcome expected;
  };
  auto less = o1, one_gpu = o1, no_cpu = o1, other = o1;
  less.resources = resources({{"cpu", 2999}, {"gpu", 2000}});
  one_gpu.resources = resources({{"cpu", 4000}, {"gpu", 1000}});
  no_cpu.resources = resources({{"memory", 4000}, {"gpu", 2000}});
  other.resources = resources({{"a", 1}, {"cpu", 3000}, {"gpu", 3000}, {"zoo", 1}});
  for (const Case& c :
       {Case{"less cpu", less, CommitOutcome::kRejected}, Case{"the device gone", one_gpu, CommitOutcome::kRejected},
        Case{"no cpu", no_cpu, CommitOutcome::kRejected},
        Case{"other resources around it", other, CommitOutcome::kCommitted}}) {
    SCOPED_TRACE(c.name);
    market::Batch change = batch();
    change.offers = {c.row};
    EXPECT_EQ(commit(change).outcome, c.expected);
  }
  // What is used was carried over to the new slots: none of cpu is left, half of the device is.
  market::Batch more = batch();
  more.new_grants = {grant(2, o1, r1, resources({{"cpu", 1}}))};
  EXPECT_EQ(commit(more).outcome, CommitOutcome::kRejected);
  more.new_grants = {grant(2, o1, r1, resources({{"gpu", 500}}), {{1, 500}})};
  write(more);
}

TEST_P(StoreContract, CapacityFreedIsThereInTheSameBatch) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto r1 = request("r1", "cy@three.example", 2);
  const auto g1 = grant(1, o1, r1, resources({{"cpu", 4000}}));
  market::Batch first = batch();
  first.offers = {o1};
  first.requests = {r1};
  first.new_grants = {g1};
  write(first);

  auto smaller = o1;
  smaller.resources = resources({{"cpu", 1000}});
  market::Batch swap = batch();
  swap.ended_grants = {ended(g1, GrantState::kReleased)};
  swap.offers = {smaller};
  swap.new_grants = {grant(2, o1, r1, resources({{"cpu", 1000}}))};
  write(swap);

  market::Batch again = batch();
  again.ended_grants = {ended(g1, GrantState::kExpired)};
  EXPECT_EQ(commit(again).outcome, CommitOutcome::kRejected) << "nothing leaves a state that is not live";

  market::Batch close = batch();
  close.ended_grants = {ended(swap.new_grants[0], GrantState::kRevoked)};
  close.offers = {withdrawn(smaller)};
  write(close);
  market::Batch late = batch();
  late.new_grants = {grant(3, o1, r1, resources({{"cpu", 1}}))};
  EXPECT_EQ(commit(late).outcome, CommitOutcome::kRejected) << "the offer is closed";
  EXPECT_TRUE(reload().grants.empty());
}

TEST_P(StoreContract, TextTheDatabaseCannotHoldIsRefused) {
  if (GetParam() == Kind::kFake) GTEST_SKIP() << "memory holds any bytes";
  market::Batch bad = batch();
  bad.offers = {offer(std::string("nul\0", 4), "ann@one.example", 1)};
  EXPECT_EQ(commit(bad).outcome, CommitOutcome::kRejected);
  bad.offers = {offer("\xff\xfe", "ann@one.example", 1)};
  EXPECT_EQ(commit(bad).outcome, CommitOutcome::kRejected);
  bad.offers = {offer("fine", "ann@one.example", 1)};
  write(bad);
}

}  // namespace
}  // namespace bourse::test
