#include "market/batch_builder.h"

#include <gtest/gtest.h>

#include "market_fixture.h"

namespace bourse::market {
namespace {

TEST(BatchBuilder, KeepsOneRowPerKeyAndEveryEvent) {
  Pool pool;
  BatchBuilder builder;
  EXPECT_TRUE(builder.empty());
  const auto add = [&](Plan plan) { builder.add(plan); };
  add(pool.publish("ann@a.test/pc", "a", offer_of({{"cpu", "2"}})));
  add(pool.publish("ann@a.test/pc", "a", offer_of({{"cpu", "4"}})));
  add(pool.request("carl@c.test/cli", "r", request_of({{"cpu", "2"}})));
  add(pool.retract("carl@c.test/cli", "grants", "g1"));
  add(pool.retract("ann@a.test/pc", "offers", "a"));
  const auto batch = std::move(builder).finish(pool.state.counters);

  ASSERT_EQ(batch.offers.size(), 1U);
  EXPECT_FALSE(batch.offers[0].open);
  EXPECT_EQ(batch.offers[0].resources, resources({{"cpu", "4"}})) << "what was published in the batch is kept";
  ASSERT_EQ(batch.requests.size(), 1U);
  EXPECT_EQ(batch.requests[0].state, domain::RequestState::kDone);
  EXPECT_TRUE(batch.ended_grants.empty());
  ASSERT_EQ(batch.new_grants.size(), 1U);
  EXPECT_EQ(batch.new_grants[0].state, domain::GrantState::kReleased);
  EXPECT_EQ(batch.events.size(), pool.state.counters.last_event.value);
  EXPECT_EQ(batch.audit.size(), pool.state.counters.next_audit.value);
  EXPECT_EQ(batch.audit.size(), batch.audit_entries.size());
}

TEST(BatchBuilder, ARequestAloneIsWorthABatch) {
  Pool pool;
  auto request = request_of({{"cpu", "2"}}, 2);
  request.deadline = pool.now + std::chrono::minutes(1);
  (void)pool.request("carl@c.test/cli", "r", request);
  (void)pool.publish("ann@a.test/pc", "a", offer_of({{"cpu", "2"}}));
  BatchBuilder builder;
  auto plan = pool.pass(std::chrono::minutes(1));  // half of it is granted, the rest not wanted any more
  EXPECT_TRUE(plan.events.empty());
  builder.add(plan);
  EXPECT_FALSE(builder.empty());
}

pubsub::ItemRow item(const char* node, const char* id, std::uint64_t seq, bool removed = false) {
  return {
      .node = {node}, .id = id, .publisher = jid("ann@a.test"), .payload = "<a/>", .seq = {seq}, .removed = removed};
}

TEST(NodeRows, OfANodeThatWentAreNotWritten) {
  BatchBuilder builder;
  Plan plan;
  const auto add = [&](pubsub::Change change) { plan.changes.emplace_back(std::move(change)); };
  add(item("n", "old", 1));
  add(pubsub::SubscriptionRow{.node = {"n"}, .subscriber = jid("bob@b.test"), .id = {1}});
  add(pubsub::NodeRemoved{{"n"}});
  add(pubsub::NodeRow{.name = {"n"}});
  add(item("n", "new", 3));
  add(item("p", "gone", 4));
  add(pubsub::NodePurged{{"p"}});
  add(item("p", "after", 5));
  add(item("p", "after", 6));
  builder.add(plan);
  const auto batch = std::move(builder).finish({});
  EXPECT_EQ(batch.removed_nodes, std::vector<domain::NodeName>{{"n"}});
  ASSERT_EQ(batch.nodes.size(), 1U);
  EXPECT_EQ(batch.purged_nodes, std::vector<domain::NodeName>{{"p"}});
  EXPECT_TRUE(batch.subscriptions.empty());
  ASSERT_EQ(batch.items.size(), 2U);
  EXPECT_EQ(batch.items[0].id, "new");
  EXPECT_EQ(batch.items[1].id, "after");
  EXPECT_EQ(batch.items[1].seq.value, 6U);
}

}  // namespace
}  // namespace bourse::market
