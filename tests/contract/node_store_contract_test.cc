// The contract of market::Store for nodes and who is barred: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "store_under_test.h"

namespace bourse::test {
namespace {

using market::CommitOutcome;
using pubsub::Affiliation;
using pubsub::SubscriptionState;
using testing::ElementsAre;

class NodeStoreContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Store, NodeStoreContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

// Without the pool's own.
std::vector<pubsub::NodeRow> ordinary(const Loaded& loaded) {
  std::vector<pubsub::NodeRow> rows;
  std::ranges::copy_if(loaded.nodes, std::back_inserter(rows),
                       [](const auto& row) { return row.kind != pubsub::NodeKind::kMarket; });
  return rows;
}

std::vector<std::string> item_ids(const Loaded& loaded) {
  std::vector<std::string> ids;
  for (const auto& row : loaded.items) ids.push_back(row.node.value + ":" + row.id);
  return ids;
}

TEST_P(NodeStoreContract, PoliciesComeAndGo) {
  const market::PolicyRow rate{"domain-rate", "", "50/s burst 200"};
  const market::PolicyRow more{"domain-rate", "a.test", "500/s"};
  const market::PolicyRow filter{"publish", "", "(|(domain=*.edu)(jid=x\\2ay@\xc3\xbc.test))"};
  market::Batch first = batch();
  first.policies = {more, filter, rate};
  write(first);
  EXPECT_EQ(reload().policies, (std::vector{rate, more, filter}));

  market::Batch second = batch();
  second.policies = {{"domain-rate", "a.test", "9/s"}, {"publish", "", ""}, {"jid-grants", "", ""}};
  write(second);
  EXPECT_EQ(reload().policies, (std::vector<market::PolicyRow>{rate, {"domain-rate", "a.test", "9/s"}}));
}

TEST_P(NodeStoreContract, SanctionsComeAndGo) {
  const market::SanctionRow drained{jid("ann@one.example"), true, false, "disk \"full\"", kStart};
  const market::SanctionRow banned{jid("eve@x.example"), false, true, "", kStart + std::chrono::seconds(1)};
  market::Batch first = batch();
  first.sanctions = {banned, drained};
  write(first);
  Loaded loaded = reload();
  ASSERT_EQ(loaded.sanctions.size(), 2U);
  EXPECT_EQ(loaded.sanctions[0].jid, drained.jid);
  EXPECT_TRUE(loaded.sanctions[0].drained);
  EXPECT_FALSE(loaded.sanctions[0].banned);
  EXPECT_EQ(loaded.sanctions[0].reason, drained.reason);
  EXPECT_EQ(loaded.sanctions[0].since, drained.since);
  EXPECT_FALSE(loaded.sanctions[1].drained);
  EXPECT_TRUE(loaded.sanctions[1].banned);

  market::Batch second = batch();
  second.sanctions = {{drained.jid, false, false, "", kStart}, {banned.jid, true, true, "worse", kStart}};
  write(second);
  loaded = reload();
  ASSERT_EQ(loaded.sanctions.size(), 1U);
  EXPECT_TRUE(loaded.sanctions[0].drained && loaded.sanctions[0].banned);
  EXPECT_EQ(loaded.sanctions[0].reason, "worse");
}

TEST_P(NodeStoreContract, QuarantineComesAndGoes) {
  market::SanctionRow failing;
  failing.jid = jid("ann@one.example");
  failing.failures = 0.1 + 0.2;  // whose decimals do not end
  failing.failed_at = kStart + std::chrono::seconds(7);
  failing.quarantines = 3;
  failing.quarantined_until = kStart + std::chrono::hours(1);
  failing.quarantine_reason = "3 of its grants were lost, \"again\"";
  struct Case {
    const char* name;
    std::function<void(market::SanctionRow&)> change;
    bool kept;
  };
  const Case cases[] = {
      {"all of it", [](auto&) {}, true},
      {"over, not forgotten", [](auto& row) { row.quarantined_until.reset(), row.quarantine_reason.clear(); }, true},
      {"failures alone", [](auto& row) { row.quarantines = 0, row.quarantined_until.reset(); }, true},
      {"quarantines alone", [](auto& row) { row.failures = 0, row.quarantined_until.reset(); }, true},
      {"drained alone", [](auto& row) { row = {.jid = row.jid, .drained = true}; }, true},
      {"nothing but a reason", [](auto& row) { row = {.jid = row.jid, .reason = "x"}; }, false},
      {"and again all of it", [](auto&) {}, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto row = failing;
    c.change(row);
    market::Batch next = batch();
    next.sanctions = {row};
    write(next);
    const Loaded loaded = reload();
    ASSERT_EQ(loaded.sanctions.size(), c.kept ? 1U : 0U);
    if (!c.kept) continue;
    const auto& found = loaded.sanctions[0];
    EXPECT_EQ(found.jid, row.jid);
    EXPECT_EQ(found.drained, row.drained);
    EXPECT_EQ(found.failures, row.failures);
    EXPECT_EQ(found.failed_at, row.failed_at);
    EXPECT_EQ(found.quarantines, row.quarantines);
    EXPECT_EQ(found.quarantined_until, row.quarantined_until);
    EXPECT_EQ(found.quarantine_reason, row.quarantine_reason);
  }
}

TEST_P(NodeStoreContract, UsageIsOneRowAConsumer) {
  const market::UsageRow cy{jid("cy@three.example"), kStart, {{"cpu", 1e18 / 3}, {"service/blast", 0.1}}};
  const market::UsageRow ann{jid("ann@one.example"), kStart + std::chrono::seconds(1), {{"memory", 1.5}}};
  market::Batch first = batch();
  first.usage = {cy, ann};
  write(first);
  Loaded loaded = reload();
  ASSERT_EQ(loaded.usage.size(), 2U);
  EXPECT_EQ(loaded.usage[0].consumer, ann.consumer);
  EXPECT_EQ(loaded.usage[0].used, ann.used);
  EXPECT_EQ(loaded.usage[1].at, cy.at);
  EXPECT_EQ(loaded.usage[1].used, cy.used);

  market::Batch second = batch();
  second.usage = {{cy.consumer, kStart + std::chrono::hours(1), {{"cpu", 2}}}, {ann.consumer, ann.at, {}}};
  write(second);
  loaded = reload();
  ASSERT_EQ(loaded.usage.size(), 2U);
  EXPECT_TRUE(loaded.usage[0].used.empty());
  EXPECT_EQ(loaded.usage[1].at, second.usage[0].at);
  EXPECT_EQ(loaded.usage[1].used, second.usage[0].used);
}

TEST_P(NodeStoreContract, NodesComeBackWhole) {
  auto blog = leaf("blog, {\"é\\\"}");
  blog.config = std::string("\0\xff\\x'", 5);
  blog.title = "Ann's \"blog\"";
  blog.hidden = true;
  blog.parents = {"all", "", "with, {comma} \"and\\\" more", "NULL"};
  blog.archive_from.value = 7;
  auto all = leaf("all");
  all.kind = pubsub::NodeKind::kCollection;
  all.creator = {};
  market::Batch first = batch();
  first.nodes = {blog, all};
  first.affiliations = {{blog.name, jid("ann@one.example"), Affiliation::kOwner},
                        {blog.name, jid("bob@two.example"), Affiliation::kPublishOnly},
                        {{"commons/offers"}, jid("eve@x.example"), Affiliation::kOutcast},
                        {all.name, jid("cy@three.example"), Affiliation::kMember}};
  write(first);

  Loaded loaded = reload();
  EXPECT_EQ(std::ranges::count(loaded.nodes, pubsub::NodeKind::kMarket, &pubsub::NodeRow::kind), 5);
  auto nodes = ordinary(loaded);
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].name, all.name);
  EXPECT_EQ(nodes[0].kind, all.kind);
  EXPECT_TRUE(nodes[0].creator.empty());
  EXPECT_TRUE(nodes[0].parents.empty());
  EXPECT_TRUE(nodes[0].config.empty());
  EXPECT_EQ(nodes[1].name, blog.name);
  EXPECT_EQ(nodes[1].kind, blog.kind);
  EXPECT_EQ(nodes[1].config, blog.config);
  EXPECT_EQ(nodes[1].title, blog.title);
  EXPECT_TRUE(nodes[1].hidden);
  EXPECT_EQ(nodes[1].parents, blog.parents);
  EXPECT_EQ(nodes[1].creator, blog.creator);
  EXPECT_EQ(nodes[1].created, blog.created);
  EXPECT_EQ(nodes[1].archive_from, blog.archive_from);
  ASSERT_EQ(loaded.affiliations.size(), 4U);
  EXPECT_EQ(loaded.affiliations[1].node, blog.name);
  EXPECT_EQ(loaded.affiliations[1].jid, jid("ann@one.example"));
  EXPECT_EQ(loaded.affiliations[1].affiliation, Affiliation::kOwner);
  EXPECT_EQ(loaded.affiliations[3].affiliation, Affiliation::kOutcast);

  blog.title = "New";
  blog.parents.clear();
  blog.hidden = false;
  market::Batch second = batch();
  second.nodes = {blog};
  second.affiliations = {{blog.name, jid("ann@one.example"), Affiliation::kPublisher},
                         {blog.name, jid("bob@two.example"), Affiliation::kNone},
                         {blog.name, jid("never@x.example"), Affiliation::kNone}};
  write(second);
  loaded = reload();
  EXPECT_EQ(ordinary(loaded)[1].title, "New");
  EXPECT_TRUE(ordinary(loaded)[1].parents.empty());
  ASSERT_EQ(loaded.affiliations.size(), 3U);
  EXPECT_EQ(loaded.affiliations[1].affiliation, Affiliation::kPublisher);
}

TEST_P(NodeStoreContract, SeveralSubscriptionsOfOneJid) {
  auto first_one = subscription("commons/offers", "sue@four.example", 1);
  auto second_one = subscription("commons/offers", "sue@four.example", 2);
  second_one.options = std::string("filter\0\xfe", 8);
  second_one.expires = kStart + std::chrono::hours(1);
  auto pending = subscription("blog", "sue@four.example/phone", 1);
  pending.state = SubscriptionState::kPending;
  market::Batch first = batch();
  first.nodes = {leaf("blog")};
  first.subscriptions = {second_one, first_one, pending, subscription("blog", "tom@four.example", 2)};
  write(first);
  Loaded loaded = reload();
  ASSERT_EQ(loaded.subscriptions.size(), 4U);
  EXPECT_EQ(loaded.subscriptions[0].subscriber, pending.subscriber);
  EXPECT_EQ(loaded.subscriptions[0].state, SubscriptionState::kPending);
  EXPECT_FALSE(loaded.subscriptions[0].expires);
  EXPECT_TRUE(loaded.subscriptions[0].options.empty());
  EXPECT_EQ(loaded.subscriptions[2].id.value, 1U);
  EXPECT_EQ(loaded.subscriptions[3].id.value, 2U);
  EXPECT_EQ(loaded.subscriptions[3].options, second_one.options);
  EXPECT_EQ(loaded.subscriptions[3].expires, second_one.expires);
  EXPECT_FALSE(loaded.subscriptions[3].removed);

  pending.state = SubscriptionState::kSubscribed;
  pending.options = "new";
  pending.expires = kStart;
  market::Batch second = batch();
  second.subscriptions = {removed(first_one), removed(subscription("commons/offers", "sue@four.example", 9)), pending};
  write(second);
  loaded = reload();
  ASSERT_EQ(loaded.subscriptions.size(), 3U);
  EXPECT_EQ(loaded.subscriptions[0].state, SubscriptionState::kSubscribed);
  EXPECT_EQ(loaded.subscriptions[0].options, "new");
  EXPECT_EQ(loaded.subscriptions[0].expires, kStart);
  EXPECT_EQ(loaded.subscriptions[2].id.value, 2U);
}

TEST_P(NodeStoreContract, ItemsLoadBySeqWithTheLastPayloadOnly) {
  auto old = item("blog", "old", 3);
  old.expires = kStart + std::chrono::hours(2);
  auto changed = item("blog", "changed", 1);
  market::Batch first = batch();
  first.nodes = {leaf("blog"), leaf("another")};
  first.items = {changed, old, item("another", "only", 2), item("blog", "gone", 4)};
  write(first);
  changed.seq.value = 9;
  changed.modified += std::chrono::minutes(1);
  changed.publisher = jid("bob@two.example");
  market::Batch second = batch();
  second.items = {removed(item("blog", "gone", 4)), removed(item("blog", "never", 1)), changed};
  write(second);
  const Loaded loaded = reload();
  EXPECT_THAT(item_ids(loaded), ElementsAre("another:only", "blog:old", "blog:changed"));
  EXPECT_EQ(loaded.items[0].payload, item("another", "only", 2).payload);
  EXPECT_EQ(loaded.items[1].payload, "");
  EXPECT_EQ(loaded.items[1].expires, old.expires);
  EXPECT_EQ(loaded.items[2].payload, changed.payload);
  EXPECT_EQ(loaded.items[2].publisher, changed.publisher);
  EXPECT_EQ(loaded.items[2].seq, changed.seq);
  EXPECT_EQ(loaded.items[2].created, changed.created);
  EXPECT_EQ(loaded.items[2].modified, changed.modified);
  EXPECT_FALSE(loaded.items[2].expires);
}

TEST_P(NodeStoreContract, RowsLoadInOrder) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto r1 = request("r1", "cy@three.example", 2);
  market::Batch first = batch();
  first.offers = {o1};
  first.requests = {r1};
  first.new_grants = {grant(1, o1, r1, resources({{"cpu", 1}}))};
  first.usage = {{jid("cy@three.example"), kStart, {{"cpu", 1.0}}}};
  first.sanctions = {{jid("eve@x.example"), false, true, "", kStart}};
  first.nodes = {leaf("blog")};
  first.affiliations = {{{"blog"}, jid("ann@one.example"), Affiliation::kOwner}};
  first.subscriptions = {subscription("blog", "sue@four.example")};
  first.items = {item("blog", "i", 1)};
  first.providers = {{jid("ann@one.example"), domain::Presence::kUp, kStart, "", ""}};
  const auto now = under_test_->now();
  first.gaps = {{now - std::chrono::hours(2), now - std::chrono::hours(1)}};
  first.events = {event(1, "a")};
  write(first);
  EXPECT_EQ(reload().order, "pyorxgbnfsie");
}

TEST_P(NodeStoreContract, NodeRemovedAndMadeAgainInOneBatchIsEmpty) {
  market::Batch first = batch();
  first.nodes = {leaf("blog"), leaf("other")};
  for (const char* node : {"blog", "other"}) {
    first.affiliations.push_back({{node}, jid("ann@one.example"), Affiliation::kOwner});
    first.subscriptions.push_back(subscription(node, "sue@four.example"));
    first.items.push_back(item(node, "i", 1));
  }
  write(first);

  auto again = leaf("blog");
  again.title = "again";
  market::Batch second = batch();
  second.removed_nodes = {{"blog"}, {"never"}};
  second.nodes = {again};
  second.affiliations = {{{"blog"}, jid("bob@two.example"), Affiliation::kOwner}};
  second.subscriptions = {subscription("blog", "tom@four.example")};
  second.items = {item("blog", "new", 2)};
  write(second);
  Loaded loaded = reload();
  EXPECT_EQ(ordinary(loaded)[0].title, "again");
  EXPECT_THAT(item_ids(loaded), ElementsAre("blog:new", "other:i"));
  ASSERT_EQ(loaded.affiliations.size(), 2U);
  EXPECT_EQ(loaded.affiliations[0].jid, jid("bob@two.example"));
  ASSERT_EQ(loaded.subscriptions.size(), 2U);
  EXPECT_EQ(loaded.subscriptions[0].subscriber, jid("tom@four.example"));

  market::Batch third = batch();
  third.removed_nodes = {{"blog"}};
  write(third);
  loaded = reload();
  EXPECT_EQ(ordinary(loaded).size(), 1U);
  EXPECT_THAT(item_ids(loaded), ElementsAre("other:i"));
  EXPECT_EQ(loaded.affiliations.size(), 1U);
  EXPECT_EQ(loaded.subscriptions.size(), 1U);
}

TEST_P(NodeStoreContract, PurgeComesBeforeWhatIsPublished) {
  market::Batch first = batch();
  first.nodes = {leaf("blog"), leaf("other")};
  first.subscriptions = {subscription("blog", "sue@four.example")};
  first.items = {item("blog", "a", 1), item("blog", "b", 2), item("other", "a", 3)};
  write(first);
  market::Batch second = batch();
  second.purged_nodes = {{"blog"}};
  second.items = {item("blog", "b", 5)};
  write(second);
  const Loaded loaded = reload();
  EXPECT_THAT(item_ids(loaded), ElementsAre("blog:b", "other:a"));
  EXPECT_EQ(loaded.items[0].seq.value, 5U);
  EXPECT_EQ(loaded.subscriptions.size(), 1U);
}

TEST_P(NodeStoreContract, ManyItemsAtOnce) {
  constexpr std::uint64_t kMany = 10'000;
  market::Batch first = batch();
  first.nodes = {leaf("blog")};
  for (std::uint64_t i = 1; i <= kMany; ++i) first.items.push_back(item("blog", "i" + std::to_string(i), i));
  write(first);
  market::Batch second = batch();
  for (std::uint64_t i = 1; i < kMany; ++i) second.items.push_back(removed(first.items[i]));
  second.items.push_back(item("blog", "more", kMany + 1));
  write(second);
  EXPECT_THAT(item_ids(reload()), ElementsAre("blog:i1", "blog:more"));
}

TEST_P(NodeStoreContract, WhatBelongsToNoNodeIsRefused) {
  market::Batch first = batch();
  first.items = {item("nowhere", "i", 1)};
  EXPECT_EQ(commit(first).outcome, CommitOutcome::kRejected);
  first.items.clear();
  first.affiliations = {{{"nowhere"}, jid("ann@one.example"), Affiliation::kOwner}};
  EXPECT_EQ(commit(first).outcome, CommitOutcome::kRejected);
  first.affiliations = {{{"nowhere"}, jid("ann@one.example"), Affiliation::kNone}};
  write(first);
}

}  // namespace
}  // namespace bourse::test
