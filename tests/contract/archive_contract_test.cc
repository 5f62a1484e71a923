// The contract of market::Reader for archives: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "store_under_test.h"

namespace bourse::test {
namespace {

using market::ArchiveQuery;
using market::EventKind;
using market::Page;
using market::Viewer;

using Ids = std::vector<std::string>;
const auto kNone = std::nullopt;

base::Timestamp at(std::uint64_t second) { return kStart + std::chrono::seconds(second); }

market::Event told(std::uint64_t seq, const std::string& node, EventKind kind) {
  market::Event row = event(seq, "i" + std::to_string(seq));
  row.node.value = node;
  row.kind = kind;
  row.publisher = row.provider = {};
  return row;
}
market::Event of_provider(std::uint64_t seq, const std::string& node, EventKind kind, const char* provider) {
  market::Event row = told(seq, node, kind);
  row.provider = jid(provider);
  row.publisher = jid(std::string(provider) + "/agent");
  return row;
}
market::Event of_consumer(std::uint64_t seq, EventKind kind, const char* consumer) {
  market::Event row = told(seq, "commons/requests", kind);
  row.consumer = jid(consumer);
  row.publisher = jid(std::string(consumer) + "/cli");
  return row;
}
market::Event of_grant(std::uint64_t seq, EventKind kind, const char* provider, const char* consumer) {
  market::Event row = told(seq, "commons/grants", kind);
  row.provider = jid(provider);
  row.consumer = jid(consumer);
  return row;
}
market::Event of_item(std::uint64_t seq, EventKind kind, const char* publisher) {
  market::Event row = told(seq, "blog", kind);
  row.publisher = jid(publisher);
  return row;
}

constexpr const char* kAnn = "ann@one.example";
constexpr const char* kBob = "bob@two.example";
constexpr const char* kCy = "cy@three.example";

class ArchiveContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    if (IsSkipped()) return;
    market::Batch first = batch();
    first.nodes = {leaf("blog"), leaf("empty")};
    first.events = {
        of_provider(1, "commons/offers", EventKind::kPublished, kAnn),
        of_consumer(2, EventKind::kPublished, kCy),
        of_grant(3, EventKind::kGrantStarted, kAnn, kCy),
        of_provider(4, "commons/offers", EventKind::kPublished, kBob),
        of_item(5, EventKind::kItemPublished, "dee@x.example"),
        of_item(6, EventKind::kItemPublished, "dee@x.example.org/laptop"),
        of_provider(7, "commons/availability", EventKind::kAvailabilityChanged, kAnn),
        told(8, "blog", EventKind::kNodeConfigured),
        told(9, "commons/offers", EventKind::kSubscriptionChanged),
        of_grant(10, EventKind::kGrantEnded, kAnn, kCy),
        of_grant(11, EventKind::kGrantChanged, kBob, kAnn),
        of_consumer(12, EventKind::kRetracted, kCy),
        of_consumer(13, EventKind::kPublished, kAnn),
        of_item(14, EventKind::kItemRetracted, "dee@x.example/phone"),
        of_provider(15, "commons/offers", EventKind::kRetracted, kAnn),
        told(16, "blogs", EventKind::kItemPublished),
    };
    first.counters.last_event.value = 16;
    write(first);
  }

  base::Result<market::PageOf<market::Event>> ask(const ArchiveQuery& query, const char* viewer) {
    if (viewer == nullptr) return under_test_->reader().archive(query, kOperator);
    return under_test_->reader().archive(query, Viewer{jid(viewer), false});
  }
  Ids seqs(const ArchiveQuery& query, const char* viewer) {
    const auto page = ask(query, viewer);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().text);
    Ids result;
    if (!page.ok()) return result;
    for (const auto& row : page->rows) result.push_back(std::to_string(row.seq.value));
    return result;
  }
};
INSTANTIATE_TEST_SUITE_P(Reader, ArchiveContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

ArchiveQuery of(const std::string& node) {
  ArchiveQuery query;
  query.pool.value = "commons";
  query.node.value = node;
  return query;
}

TEST_P(ArchiveContract, ShowsToWhomItConcerns) {
  struct Case {
    const char* node;
    const char* viewer;  // null: an operator
    Ids expected;
  };
  const Case cases[] = {
      {"commons/offers", kCy, {"1", "4", "15"}},
      {"commons/availability", kCy, {"7"}},
      {"commons/requests", kCy, {"2", "12"}},
      {"commons/requests", kAnn, {"13"}},
      {"commons/requests", kBob, {}},
      {"commons/requests", nullptr, {"2", "12", "13"}},
      {"commons/grants", kCy, {"3", "10"}},
      {"commons/grants", kAnn, {"3", "10", "11"}},
      {"commons/grants", "eve@x.example", {}},
      {"commons/grants", nullptr, {"3", "10", "11"}},
      {"blog", kCy, {"5", "6", "14"}},
      {"empty", kCy, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.node) + " to " + (c.viewer == nullptr ? "an operator" : c.viewer));
    EXPECT_EQ(seqs(of(c.node), c.viewer), c.expected);
    EXPECT_EQ(ask(of(c.node), c.viewer)->count, c.expected.size());
    const Viewer viewer = c.viewer == nullptr ? kOperator : Viewer{jid(c.viewer), false};
    const auto edges = under_test_->reader().archive_edges({{"commons"}, {c.node}}, viewer);
    ASSERT_TRUE(edges.ok()) << edges.error().text;
    ASSERT_EQ(edges->first.has_value(), !c.expected.empty());
    ASSERT_EQ(edges->last.has_value(), !c.expected.empty());
    if (c.expected.empty()) continue;
    EXPECT_EQ(edges->first->id, c.expected.front());
    EXPECT_EQ(edges->last->id, c.expected.back());
    EXPECT_EQ(edges->last->at, at(std::stoull(c.expected.back())));
  }
  for (const auto& [pool, node] : {std::pair{"commons", "nowhere"}, std::pair{"nowhere", "blog"}}) {
    ArchiveQuery query = of(node);
    query.pool.value = pool;
    EXPECT_EQ(ask(query, kCy).error().code, base::Errc::kNotFound);
    EXPECT_EQ(under_test_->reader().archive_edges({{pool}, {node}}, kOperator).error().code, base::Errc::kNotFound);
  }
  const auto row = ask(of("blog"), kCy)->rows[1];
  EXPECT_EQ(row.kind, EventKind::kItemPublished);
  EXPECT_EQ(row.item_id, "i6");
  EXPECT_EQ(row.publisher, jid("dee@x.example.org/laptop"));
  EXPECT_EQ(row.record, "event i6");
  EXPECT_EQ(row.at, at(6));
  EXPECT_EQ(row.node.value, "blog");
}

TEST_P(ArchiveContract, Narrows) {
  struct Case {
    const char* name;
    const char* node;
    std::function<void(ArchiveQuery&)> narrow;
    Ids expected;
  };
  const Case cases[] = {
      {"since", "commons/grants", [](auto& q) { q.since = at(10); }, {"10", "11"}},
      {"just after", "commons/grants", [](auto& q) { q.since = at(10) + base::Duration(1); }, {"11"}},
      {"until, which belongs", "commons/grants", [](auto& q) { q.until = at(10); }, {"3", "10"}},
      {"both", "blog", [](auto& q) { q.since = at(6), q.until = at(13); }, {"6"}},
      {"nothing between", "blog", [](auto& q) { q.since = at(13), q.until = at(6); }, {}},
      {"after everything", "blog", [](auto& q) { q.since = at(100'000); }, {}},
      {"before everything", "blog", [](auto& q) { q.until = at(0) - std::chrono::hours(1); }, {}},
      {"after an id", "commons/grants", [](auto& q) { q.after_id = "3"; }, {"10", "11"}},
      {"before an id", "commons/grants", [](auto& q) { q.before_id = "11"; }, {"3", "10"}},
      {"between ids", "commons/grants", [](auto& q) { q.after_id = "3", q.before_id = "11"; }, {"10"}},
      {"with a provider", "commons/offers", [](auto& q) { q.with = jid(kAnn); }, {"1", "15"}},
      {"with a consumer", "commons/requests", [](auto& q) { q.with = jid(kCy); }, {"2", "12"}},
      {"with one party", "commons/grants", [](auto& q) { q.with = jid(kBob); }, {"11"}},
      {"with the other, its session named",
       "commons/grants",
       [](auto& q) { q.with = jid("cy@three.example/x"); },
       {"3", "10"}},
      {"with a publisher", "blog", [](auto& q) { q.with = jid("dee@x.example"); }, {"5", "14"}},
      {"with nobody", "blog", [](auto& q) { q.with = jid("x.example"); }, {}},
      {"ids",
       "commons/grants",
       [](auto& q) {
         q.ids = {"11", "3", "11"};
       },
       {"3", "11"}},
      {"ids, and an id as well",
       "commons/grants",
       [](auto& q) {
         q.ids = {"11", "3"}, q.after_id = "10";
       },
       {"11"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ArchiveQuery query = of(c.node);
    c.narrow(query);
    EXPECT_EQ(seqs(query, nullptr), c.expected);
    EXPECT_EQ(ask(query, nullptr)->count, c.expected.size());
  }
}

TEST_P(ArchiveContract, PagesBothWays) {
  struct Case {
    const char* name;
    Page page;
    Ids expected;
    std::uint64_t first_index;
    bool complete;
  };
  const Case cases[] = {
      {"first", {2, kNone, kNone, kNone}, {"1", "4"}, 0, false},
      {"exactly all", {3, kNone, kNone, kNone}, {"1", "4", "15"}, 0, true},
      {"after", {1, "1", kNone, kNone}, {"4"}, 1, false},
      {"to the end", {2, "1", kNone, kNone}, {"4", "15"}, 1, true},
      {"last page", {2, kNone, "", kNone}, {"4", "15"}, 1, false},
      {"before", {1, kNone, "15", kNone}, {"4"}, 1, false},
      {"to the start", {2, kNone, "15", kNone}, {"1", "4"}, 0, true},
      {"by index", {1, kNone, kNone, 1}, {"4"}, 1, false},
      {"count only", {0, kNone, kNone, kNone}, {}, 0, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ArchiveQuery query = of("commons/offers");
    query.page = c.page;
    EXPECT_EQ(seqs(query, kCy), c.expected);
    const auto page = ask(query, kCy);
    EXPECT_EQ(page->count, 3U);
    EXPECT_EQ(page->complete, c.complete);
    if (!c.expected.empty()) {
      EXPECT_EQ(page->first_index, c.first_index);
    }
  }
  // An id of the archive that the other conditions leave out is a place all the same.
  ArchiveQuery query = of("commons/offers");
  query.with = jid(kAnn);
  query.page = {5, "4", kNone, kNone};
  EXPECT_EQ(seqs(query, kCy), Ids{"15"});
  EXPECT_EQ(ask(query, kCy)->first_index, 1U);
  query.page = {5, kNone, "4", kNone};
  EXPECT_EQ(seqs(query, kCy), Ids{"1"});
}

TEST_P(ArchiveContract, IdsThatAreNotThereAreNotFound) {
  // Not there; another node's; no number; too long a number; written otherwise.
  for (const char* bad : {"17", "2", "x", "-1", "1 ", "99999999999999999999", "01", "+1", "1e0"}) {
    SCOPED_TRACE(bad);
    ArchiveQuery query = of("commons/offers");
    const auto expect_not_found = [&] { EXPECT_EQ(ask(query, kCy).error().code, base::Errc::kNotFound); };
    query.page.after = bad;
    expect_not_found();
    query.page = {10, kNone, bad, kNone};
    expect_not_found();
    query.page = {};
    query.after_id = bad;
    expect_not_found();
    query.after_id.reset();
    query.before_id = bad;
    expect_not_found();
    query.before_id.reset();
    query.ids = {"1", bad};
    expect_not_found();
  }
  ArchiveQuery others = of("commons/grants");
  others.ids = {"11"};  // is there, but not to be seen by this one
  EXPECT_EQ(ask(others, kCy).error().code, base::Errc::kNotFound);
  EXPECT_EQ(seqs(others, kAnn), Ids{"11"});
}

TEST_P(ArchiveContract, IsEmptyAfterPurgeAndGoesOnAfterwards) {
  auto blog = leaf("blog");
  blog.archive_from.value = 17;
  market::Batch purge = batch();
  purge.nodes = {blog};
  purge.purged_nodes = {{"blog"}};
  purge.events = {told(17, "blog", EventKind::kNodePurged)};
  purge.counters.last_event.value = 17;
  write(purge);
  EXPECT_EQ(seqs(of("blog"), kCy), Ids{});
  EXPECT_FALSE(under_test_->reader().archive_edges({{"commons"}, {"blog"}}, kOperator)->first);
  ArchiveQuery old = of("blog");
  old.ids = {"5"};
  EXPECT_EQ(ask(old, kCy).error().code, base::Errc::kNotFound);
  market::Batch next = batch();
  next.events = {of_item(18, EventKind::kItemPublished, "dee@x.example/phone")};
  next.counters.last_event.value = 18;
  write(next);
  EXPECT_EQ(seqs(of("blog"), kCy), Ids{"18"});
  market::Batch gone = batch();
  gone.removed_nodes = {{"blog"}};
  write(gone);
  EXPECT_EQ(ask(of("blog"), kCy).error().code, base::Errc::kNotFound);
}

// Beyond what is counted exactly, the count may be a guess, but never less than what was seen.
TEST_P(ArchiveContract, ManyEvents) {
  constexpr std::uint64_t kFirst = 17, kLast = 12'016;
  market::Batch many = batch();
  for (std::uint64_t seq = kFirst; seq <= kLast; ++seq) {
    many.events.push_back(of_item(seq, EventKind::kItemPublished, "dee@x.example/phone"));
  }
  many.counters.last_event.value = kLast;
  write(many);
  ArchiveQuery query = of("blog");
  query.page = {100, "12000", kNone, kNone};
  const auto end = ask(query, kCy);
  ASSERT_TRUE(end.ok()) << end.error().text;
  ASSERT_EQ(end->rows.size(), 16U);
  EXPECT_TRUE(end->complete);
  EXPECT_GE(end->count, 10'001U);
  EXPECT_LE(end->first_index + end->rows.size(), end->count);
  query.page = {};
  query.since = at(11'917);
  EXPECT_EQ(ask(query, kCy)->count, 100U);
  EXPECT_EQ(seqs(query, kCy).front(), "11917");
  query.until = at(11'920);
  EXPECT_EQ(seqs(query, kCy), (Ids{"11917", "11918", "11919", "11920"}));
}

}  // namespace
}  // namespace bourse::test
