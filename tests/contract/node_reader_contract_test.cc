// The contract of market::Reader for nodes and their items: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_under_test.h"

namespace bourse::test {
namespace {

using market::ItemOrder;
using market::NodeItemsQuery;
using market::NodesQuery;
using market::Page;
using market::Viewer;
using pubsub::Affiliation;

class NodeReaderContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Reader, NodeReaderContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

using Ids = std::vector<std::string>;
const domain::PoolName kPool{"commons"};
const auto kNone = std::nullopt;

NodeItemsQuery of(const std::string& node) {
  NodeItemsQuery query;
  query.pool = kPool;
  query.node.value = node;
  return query;
}

template <class Row>
Ids ids(const base::Result<market::PageOf<Row>>& page) {
  Ids result;
  EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().text);
  if (!page.ok()) return result;
  for (const auto& row : page->rows) {
    if constexpr (std::is_same_v<Row, pubsub::ItemRow>) {
      result.push_back(row.id);
    } else {
      result.push_back(row.node.value);
    }
  }
  return result;
}

TEST_P(NodeReaderContract, AccessTellsWhatDecides) {
  auto blog = leaf("blog");
  blog.config = std::string("\0config", 7);
  auto all = leaf("all");
  all.kind = pubsub::NodeKind::kCollection;
  market::Batch first = batch();
  first.nodes = {blog, all};
  first.affiliations = {{{"blog"}, jid("ann@one.example"), Affiliation::kOwner},
                        {{"commons/offers"}, jid("eve@x.example"), Affiliation::kOutcast}};
  auto pending = subscription("blog", "pending@x.example");
  pending.state = pubsub::SubscriptionState::kPending;
  auto over = subscription("blog", "over@x.example");
  over.expires = under_test_->now() - std::chrono::hours(1);
  auto leased = subscription("blog", "leased@x.example", 2);
  leased.expires = under_test_->now() + std::chrono::hours(1);
  first.subscriptions = {subscription("blog", "bare@x.example"),
                         subscription("blog", "full@x.example/a/b"),
                         subscription("blog", "full@x.example.org/a"),
                         pending,
                         over,
                         leased};
  write(first);

  struct Case {
    const char* node;
    const char* jid;
    pubsub::NodeKind kind;
    Affiliation affiliation;
    bool subscribed;
  };
  using pubsub::NodeKind;
  const Case cases[] = {
      {"blog", "ann@one.example", NodeKind::kLeaf, Affiliation::kOwner, false},
      {"blog", "bare@x.example", NodeKind::kLeaf, Affiliation::kNone, true},
      {"blog", "full@x.example", NodeKind::kLeaf, Affiliation::kNone, true},
      {"blog", "full@x.exampl", NodeKind::kLeaf, Affiliation::kNone, false},
      {"blog", "full@x.example.org", NodeKind::kLeaf, Affiliation::kNone, true},
      {"blog", "pending@x.example", NodeKind::kLeaf, Affiliation::kNone, false},
      {"blog", "over@x.example", NodeKind::kLeaf, Affiliation::kNone, false},
      {"blog", "leased@x.example", NodeKind::kLeaf, Affiliation::kNone, true},
      {"all", "bare@x.example", NodeKind::kCollection, Affiliation::kNone, false},
      {"commons/offers", "eve@x.example", NodeKind::kMarket, Affiliation::kOutcast, false},
      {"commons/grants", "ann@one.example", NodeKind::kMarket, Affiliation::kNone, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.node) + " " + c.jid);
    const auto access = under_test_->reader().node_access(kPool, {c.node}, jid(c.jid));
    ASSERT_TRUE(access.ok()) << access.error().text;
    EXPECT_EQ(access->kind, c.kind);
    EXPECT_EQ(access->affiliation, c.affiliation);
    EXPECT_EQ(access->subscribed, c.subscribed);
    EXPECT_EQ(access->config, c.node == std::string("blog") ? blog.config : "");
  }
  for (const auto& [pool, node] : {std::pair{"commons", "nowhere"}, std::pair{"nowhere", "blog"}}) {
    EXPECT_EQ(under_test_->reader().node_access({pool}, {node}, jid("ann@one.example")).error().code,
              base::Errc::kNotFound);
  }
}

TEST_P(NodeReaderContract, ItemsByEitherOrderAndById) {
  auto b = item("blog", "b", 2);
  auto expired = item("blog", "expired", 4);
  expired.expires = under_test_->now() - std::chrono::microseconds(1);
  auto leased = item("blog", "leased", 5);
  leased.expires = under_test_->now() + std::chrono::hours(1);
  market::Batch first = batch();
  first.nodes = {leaf("blog"), leaf("other")};
  first.items = {item("blog", "a", 1), b, item("blog", "c", 3), expired, leased, item("other", "x", 9)};
  write(first);
  auto changed = item("blog", "a", 10);
  changed.created = first.items[0].created;
  auto made_again = item("blog", "b", 11);
  market::Batch second = batch();
  second.items = {changed, made_again};
  write(second);

  NodeItemsQuery query = of("blog");
  const auto page = under_test_->reader().node_items(query);
  EXPECT_EQ(ids(page), (Ids{"c", "leased", "a", "b"}));
  EXPECT_EQ(page->count, 4U);
  EXPECT_TRUE(page->complete);
  EXPECT_EQ(page->rows[2].payload, changed.payload);
  EXPECT_EQ(page->rows[2].publisher, changed.publisher);
  EXPECT_EQ(page->rows[2].created, changed.created);
  EXPECT_EQ(page->rows[2].modified, changed.modified);
  EXPECT_EQ(page->rows[2].seq, changed.seq);
  EXPECT_EQ(page->rows[2].node.value, "blog");
  EXPECT_EQ(page->rows[1].expires, leased.expires);
  query.order = ItemOrder::kCreation;
  EXPECT_EQ(ids(under_test_->reader().node_items(query)), (Ids{"a", "c", "leased", "b"}));
  query.payloads = false;
  EXPECT_EQ(under_test_->reader().node_items(query)->rows[0].payload, "");
  query.ids = {"b", "never", "expired", "a", "x", "b"};
  EXPECT_EQ(ids(under_test_->reader().node_items(query)), (Ids{"b", "a", "b"}));
  EXPECT_EQ(ids(under_test_->reader().node_items(of("nowhere"))), Ids{});
  query = of("blog");
  for (const char* unknown : {"never", "expired", "x"}) {
    SCOPED_TRACE(unknown);
    query.page = {10, unknown, kNone, kNone};
    EXPECT_EQ(under_test_->reader().node_items(query).error().code, base::Errc::kNotFound);
    query.page = {10, kNone, unknown, kNone};
    EXPECT_EQ(under_test_->reader().node_items(query).error().code, base::Errc::kNotFound);
  }
  query.pool.value = "nowhere";
  EXPECT_EQ(under_test_->reader().node_items(query).error().code, base::Errc::kNotFound);
}

// Items of one moment keep the order they were published in.
TEST_P(NodeReaderContract, CreationAtOnceKeepsItsOrder) {
  market::Batch first = batch();
  first.nodes = {leaf("blog")};
  for (const char* id : {"z", "m", "a"}) {
    first.items.push_back(item("blog", id, first.items.size() + 1));
    first.items.back().created = kStart;
  }
  write(first);
  market::Batch second = batch();
  second.items = {item("blog", "z", 20)};
  second.items[0].created = kStart;
  write(second);
  NodeItemsQuery query = of("blog");
  query.order = ItemOrder::kCreation;
  EXPECT_EQ(ids(under_test_->reader().node_items(query)), (Ids{"z", "m", "a"}));
  query.page.after = "m";
  EXPECT_EQ(ids(under_test_->reader().node_items(query)), (Ids{"a"}));
  query.order = ItemOrder::kModification;
  EXPECT_EQ(ids(under_test_->reader().node_items(query)), (Ids{"a", "z"}));
}

TEST_P(NodeReaderContract, TenThousandItemsPageBothWays) {
  constexpr std::size_t kMany = 10'000;
  market::Batch first = batch();
  first.nodes = {leaf("blog")};
  Ids expected;
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    expected.push_back("item-" + std::to_string(i * 7919 % 10'007));
    first.items.push_back(item("blog", expected.back(), i));
  }
  write(first);
  for (const ItemOrder order : {ItemOrder::kModification, ItemOrder::kCreation}) {
    for (const bool backwards : {false, true}) {
      SCOPED_TRACE(backwards ? "backwards" : "forwards");
      NodeItemsQuery query = of("blog");
      query.order = order;
      query.payloads = false;
      query.page.max = market::kMaxPage;
      if (backwards) query.page.before = "";
      Ids seen;
      for (bool complete = false; !complete;) {
        const auto page = under_test_->reader().node_items(query);
        ASSERT_TRUE(page.ok()) << page.error().text;
        ASSERT_FALSE(page->rows.empty());
        ASSERT_EQ(page->count, kMany);
        const Ids part = ids(page);
        ASSERT_EQ(page->first_index, backwards ? kMany - seen.size() - part.size() : seen.size());
        seen.insert(backwards ? seen.begin() : seen.end(), part.begin(), part.end());
        complete = page->complete;
        (backwards ? query.page.before : query.page.after) = backwards ? part.front() : part.back();
      }
      EXPECT_EQ(seen, expected);
    }
  }
}

TEST_P(NodeReaderContract, ListingsShowToWhomTheyConcern) {
  auto all = leaf("all");
  all.kind = pubsub::NodeKind::kCollection;
  all.title = "Everything";
  auto inside = leaf("inside"), hidden_inside = leaf("inside-hidden"), hidden = leaf("secret"), both = leaf("both");
  inside.parents = {"all"};
  hidden_inside.parents = {"all"};
  hidden_inside.hidden = hidden.hidden = true;
  both.parents = {"all", "more"};
  market::Batch first = batch();
  first.nodes = {inside, all, hidden, hidden_inside, both, leaf("zoo")};
  first.affiliations = {{{"secret"}, jid("ann@one.example"), Affiliation::kMember},
                        {{"secret"}, jid("eve@x.example"), Affiliation::kOutcast},
                        {{"inside-hidden"}, jid("ann@one.example"), Affiliation::kOwner}};
  write(first);

  const Ids market = {"commons/audit", "commons/availability", "commons/grants", "commons/offers", "commons/requests"};
  struct Case {
    const char* name;
    const char* collection;
    Viewer viewer;
    Ids expected;
  };
  const Viewer ann{jid("ann@one.example"), false}, eve{jid("eve@x.example"), false};
  const auto with_market = [&market](const Ids& after) {
    Ids names{"all"};
    names.insert(names.end(), market.begin(), market.end());
    names.insert(names.end(), after.begin(), after.end());
    return names;
  };
  const Case cases[] = {
      {"a member", "", ann, with_market({"secret", "zoo"})},
      {"an outcast", "", eve, with_market({"zoo"})},
      {"an operator", "", kOperator, with_market({"secret", "zoo"})},
      {"a collection", "all", eve, {"both", "inside"}},
      {"a collection, to an owner", "all", ann, {"both", "inside", "inside-hidden"}},
      {"a collection, to an operator", "all", kOperator, {"both", "inside", "inside-hidden"}},
      {"another collection", "more", eve, {"both"}},
      {"nothing in it", "zoo", eve, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    NodesQuery query{kPool, kNone, {}};
    if (*c.collection != '\0') query.collection = domain::NodeName{c.collection};
    const auto page = under_test_->reader().nodes(query, c.viewer);
    EXPECT_EQ(ids(page), c.expected);
    EXPECT_EQ(page->count, c.expected.size());
  }
  NodesQuery query{kPool, kNone, {2, "commons/grants", kNone, kNone}};
  const auto page = under_test_->reader().nodes(query, eve);
  ASSERT_EQ(ids(page), (Ids{"commons/offers", "commons/requests"}));
  EXPECT_EQ(page->first_index, 4U);
  EXPECT_FALSE(page->complete);
  EXPECT_EQ(page->rows[0].kind, pubsub::NodeKind::kMarket);
  EXPECT_EQ(page->rows[0].title, "What providers lend");
  EXPECT_EQ(page->rows[1].title, "What consumers need");
  query.page = {3, kNone, "commons/grants", kNone};
  const auto before = under_test_->reader().nodes(query, eve);
  ASSERT_EQ(ids(before), (Ids{"all", "commons/audit", "commons/availability"}));
  EXPECT_EQ(before->rows[0].title, "Everything");
  EXPECT_EQ(before->rows[0].kind, pubsub::NodeKind::kCollection);
  query.page = {2, "secret", kNone, kNone};
  EXPECT_EQ(under_test_->reader().nodes(query, eve).error().code, base::Errc::kNotFound);
  EXPECT_EQ(ids(under_test_->reader().nodes(query, ann)), (Ids{"zoo"}));
}

}  // namespace
}  // namespace bourse::test
