// The contract of market::Reader: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/records.h"
#include "store_under_test.h"

namespace bourse::test {
namespace {

using domain::Presence;
using market::ItemKind;
using market::ItemQuery;
using market::Page;
using market::Viewer;

class ReaderContract : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Reader, ReaderContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

template <class T>
std::vector<std::string> ids(const base::Result<market::PageOf<T>>& page) {
  std::vector<std::string> result;
  EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().text);
  if (!page.ok()) return result;
  for (const auto& row : page->rows) {
    if constexpr (std::is_same_v<T, market::Item>) {
      result.push_back(row.id);
    } else {
      result.push_back(std::to_string(row.index.value));
    }
  }
  return result;
}

ItemQuery all(ItemKind kind) { return {{"commons"}, kind, {}, false, false, {}}; }

using Ids = std::vector<std::string>;

TEST_P(ReaderContract, PagesBothWays) {
  market::Batch first = batch();
  for (std::uint64_t i = 1; i <= 5; ++i)
    first.offers.push_back(offer("o" + std::to_string(i), "ann@one.example", 10 - i));
  write(first);  // in order of seq: o5 o4 o3 o2 o1
  market::Batch second = batch();
  second.offers = {withdrawn(offer("o3", "ann@one.example", 7)), offer("o5", "ann@one.example", 20)};
  write(second);  // o4 o2 o1 o5

  struct Case {
    const char* name;
    Page page;
    Ids expected;
    std::uint64_t first_index;
    bool complete;
  };
  const auto none = std::nullopt;
  const Case cases[] = {
      {"all", {100, none, none, none}, {"o4", "o2", "o1", "o5"}, 0, true},
      {"first two", {2, none, none, none}, {"o4", "o2"}, 0, false},
      {"exactly all", {4, none, none, none}, {"o4", "o2", "o1", "o5"}, 0, true},
      {"after", {2, "o4", none, none}, {"o2", "o1"}, 1, false},
      {"after, to the end", {2, "o2", none, none}, {"o1", "o5"}, 2, true},
      {"before", {2, none, "o5", none}, {"o2", "o1"}, 1, false},
      {"before, to the start", {2, none, "o1", none}, {"o4", "o2"}, 0, true},
      {"last page", {3, none, "", none}, {"o2", "o1", "o5"}, 1, false},
      {"by index", {2, none, none, 1}, {"o2", "o1"}, 1, false},
      {"count only", {0, none, none, none}, {}, 0, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ItemQuery query = all(ItemKind::kOffer);
    query.page = c.page;
    const auto page = under_test_->reader().items(query, {jid("anyone@x.example"), false});
    EXPECT_EQ(ids(page), c.expected);
    EXPECT_EQ(page->count, 4U);
    EXPECT_EQ(page->complete, c.complete);
    if (!c.expected.empty()) {
      EXPECT_EQ(page->first_index, c.first_index);
    }
  }
  for (const char* unknown : {"o3", "never"}) {
    SCOPED_TRACE(unknown);
    ItemQuery query = all(ItemKind::kOffer);
    query.page.after = unknown;
    EXPECT_EQ(under_test_->reader().items(query, kOperator).error().code, base::Errc::kNotFound);
    query.page = {};
    query.page.before = unknown;
    EXPECT_EQ(under_test_->reader().items(query, kOperator).error().code, base::Errc::kNotFound);
  }
  ItemQuery named = all(ItemKind::kOffer);
  named.ids = {"o5", "never", "o3", "o1"};
  EXPECT_EQ(ids(under_test_->reader().items(named, kOperator)), (Ids{"o5", "o1"}));
  ItemQuery elsewhere = all(ItemKind::kOffer);
  elsewhere.pool.value = "nowhere";
  EXPECT_EQ(under_test_->reader().items(elsewhere, kOperator).error().code, base::Errc::kNotFound);
}

TEST_P(ReaderContract, ItemsShowToWhomTheyConcern) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto o2 = offer("o2", "bob@two.example", 2);
  auto r1 = request("r1", "cy@three.example", 3);
  auto r2 = request("r2", "dee@three.example", 4);
  r2.state = domain::RequestState::kDone;
  r2.granted = 2;
  const auto g1 = grant(1, o1, r1, resources({{"cpu", 1000}, {"gpu", 250}}), {{1, 250}});
  const auto g2 = ended(grant(2, o2, r2, resources({{"cpu", 1000}})), domain::GrantState::kReleased);
  market::Batch first = batch();
  first.offers = {o1, o2};
  first.requests = {r1, r2};
  first.new_grants = {g1, g2};
  first.providers = {{jid("ann@one.example"), Presence::kUp, kStart, "", ""}};
  write(first);

  struct Case {
    const char* name;
    ItemKind kind;
    const char* viewer;
    bool privileged, own, ended;
    Ids expected;
  };
  const Case cases[] = {
      {"offers are everybody's", ItemKind::kOffer, "cy@three.example", false, false, false, {"o1", "o2"}},
      {"own offers", ItemKind::kOffer, "bob@two.example", false, true, false, {"o2"}},
      {"own requests only", ItemKind::kRequest, "cy@three.example", false, false, true, {"r1"}},
      {"over", ItemKind::kRequest, "dee@three.example", false, false, false, {}},
      {"over, asked for", ItemKind::kRequest, "dee@three.example", false, false, true, {"r2"}},
      {"operator", ItemKind::kRequest, "op@x.example", true, false, true, {"r1", "r2"}},
      {"operator's own", ItemKind::kRequest, "op@x.example", true, true, true, {}},
      {"the consumer's grant", ItemKind::kGrant, "cy@three.example", false, false, false, {"g1"}},
      {"the provider's grant", ItemKind::kGrant, "ann@one.example", false, false, false, {"g1"}},
      {"another's grant", ItemKind::kGrant, "eve@x.example", false, false, true, {}},
      {"an ended grant", ItemKind::kGrant, "bob@two.example", false, false, true, {"g2"}},
      {"availability", ItemKind::kAvailability, "eve@x.example", false, false, false, {"ann@one.example"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ItemQuery query = all(c.kind);
    query.own = c.own;
    query.ended_too = c.ended;
    EXPECT_EQ(ids(under_test_->reader().items(query, Viewer{jid(c.viewer), c.privileged})), c.expected);
    if (c.expected.empty()) continue;
    query.ids = c.expected;  // by id the same rules hold
    EXPECT_EQ(ids(under_test_->reader().items(query, Viewer{jid(c.viewer), c.privileged})), c.expected);
  }
  ItemQuery query = all(ItemKind::kGrant);
  query.ids = {"g1", "g01", "nonsense"};
  EXPECT_EQ(ids(under_test_->reader().items(query, Viewer{jid("eve@x.example"), false})), Ids{});
  const auto grants = under_test_->reader().items(query, kOperator);
  ASSERT_EQ(grants->rows.size(), 1U);
  EXPECT_EQ(*domain::decode_grant(grants->rows[0].record), g1);
  EXPECT_EQ(grants->rows[0].published, g1.started);
  query = all(ItemKind::kRequest);
  query.ids = {"r2"};
  query.ended_too = true;
  const auto requests = under_test_->reader().items(query, kOperator);
  EXPECT_EQ(requests->rows[0].request_state, domain::RequestState::kDone);
  EXPECT_EQ(requests->rows[0].granted, 2U);
  EXPECT_EQ(requests->rows[0].record, r2.record);
  EXPECT_EQ(requests->rows[0].publisher, r2.consumer);
  EXPECT_EQ(requests->rows[0].published, r2.submitted);
}

audit::Entry entry(audit::EntryKind kind, int second) {
  audit::Entry result;
  result.at = kStart + std::chrono::seconds(second);
  result.kind = kind;
  return result;
}

TEST_P(ReaderContract, AuditIsFiltered) {
  auto published = entry(audit::EntryKind::kOfferPublished, 0);
  published.actor = jid("ann@one.example/agent");
  published.provider = jid("ann@one.example");
  published.offer.value = "o1";
  published.record = std::string("\0\x01", 2);
  auto started = entry(audit::EntryKind::kGrantStarted, 1);
  started.provider = jid("ann@one.example");
  started.consumer = jid("cy@three.example");
  started.offer.value = "o1";
  started.request.value = "r1";
  started.grant.value = 7;
  auto revoked = started;
  revoked.kind = audit::EntryKind::kGrantRevoked;
  revoked.at = kStart + std::chrono::seconds(2);
  revoked.actor = jid("op@x.example/desk");
  revoked.reason = "misuse";
  market::Batch first = batch();
  first.audit_entries = {published, started, revoked};
  for (std::uint64_t i = 0; i < 3; ++i) first.audit.push_back({{i}, audit::encode(first.audit_entries[i])});
  first.counters.next_audit.value = 3;
  write(first);

  market::AuditQuery query;
  query.pool.value = "commons";
  const auto ask = [&](const market::AuditQuery& q, const Viewer& viewer) {
    return ids(under_test_->reader().audit(q, viewer));
  };
  EXPECT_EQ(ask(query, kOperator), (Ids{"0", "1", "2"}));
  EXPECT_EQ(ask(query, {jid("ann@one.example"), false}), (Ids{"0", "1", "2"}));
  EXPECT_EQ(ask(query, {jid("cy@three.example"), false}), (Ids{"1", "2"}));
  EXPECT_EQ(ask(query, {jid("op@x.example"), false}), (Ids{"2"}));
  EXPECT_EQ(ask(query, {jid("eve@x.example"), false}), Ids{});
  struct Case {
    const char* name;
    std::function<void(market::AuditQuery&)> narrow;
    Ids expected;
  };
  const Case cases[] = {
      {"jid", [](auto& q) { q.jid = jid("cy@three.example"); }, {"1", "2"}},
      {"offer", [](auto& q) { q.offer = domain::OfferId{"o1"}; }, {"0", "1", "2"}},
      {"request", [](auto& q) { q.request = domain::RequestId{"r1"}; }, {"1", "2"}},
      {"grant", [](auto& q) { q.grant = domain::GrantId{7}; }, {"1", "2"}},
      {"kind", [](auto& q) { q.kind = audit::EntryKind::kGrantRevoked; }, {"2"}},
      {"since", [](auto& q) { q.since = kStart + std::chrono::seconds(1); }, {"1", "2"}},
      {"until", [](auto& q) { q.until = kStart + std::chrono::seconds(1); }, {"0"}},
      {"after", [](auto& q) { q.page.after = "1"; }, {"2"}},
      {"last",
       [](auto& q) {
         q.page = {1, std::nullopt, "", std::nullopt};
       },
       {"2"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    market::AuditQuery narrowed = query;
    c.narrow(narrowed);
    EXPECT_EQ(ask(narrowed, kOperator), c.expected);
  }
  for (const char* bad : {"3", "-1", "x", "99999999999999999999"}) {
    SCOPED_TRACE(bad);
    query.page.after = bad;
    EXPECT_EQ(under_test_->reader().audit(query, kOperator).error().code, base::Errc::kNotFound);
  }
  query.page = {};
  const auto page = under_test_->reader().audit(query, kOperator);
  EXPECT_EQ(page->rows[0].entry.record, published.record);
  EXPECT_EQ(page->rows[2].entry.reason, "misuse");
  EXPECT_EQ(page->rows[2].entry.actor, revoked.actor);
}

TEST_P(ReaderContract, StatusCounts) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto r1 = request("r1", "cy@three.example", 2);
  market::Batch first = batch();
  first.offers = {o1};
  first.requests = {r1};
  first.new_grants = {grant(1, o1, r1, resources({{"cpu", 1}}))};
  first.providers = {{jid("ann@one.example"), Presence::kUp, kStart, "", ""},
                     {jid("bob@two.example"), Presence::kDown, kStart, "", ""}};
  first.subscriptions = {subscription("commons/offers", "sue@x.example/b"),
                         subscription("commons/availability", "sue@x.example"),
                         subscription("commons/offers", "sued@x.example")};
  first.counters = {{9}, {4}, {1}, {0}};
  write(first);
  const auto status = under_test_->reader().status({"commons"});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->offers, 1U);
  EXPECT_EQ(status->waiting_requests, 1U);
  EXPECT_EQ(status->live_grants, 1U);
  EXPECT_EQ(status->providers_up, 1U);
  EXPECT_EQ(status->subscriptions, 3U);
  EXPECT_EQ(status->events, 9U);
  EXPECT_EQ(status->audit_entries, 4U);
  EXPECT_EQ(under_test_->reader().status({"nowhere"}).error().code, base::Errc::kNotFound);
}

}  // namespace
}  // namespace bourse::test
