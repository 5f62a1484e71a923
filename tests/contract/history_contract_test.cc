// The contract of market::Store and market::Reader for availability history: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store_under_test.h"

namespace bourse::test {
namespace {

using domain::AvailabilityInterval;
using domain::Presence;
using history::Window;
using market::CommitOutcome;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr auto kUp = Presence::kUp;
constexpr auto kDown = Presence::kDown;

class HistoryContract : public StoreContract {
 protected:
  [[nodiscard]] base::Result<history::Intervals> ask(const std::string& provider, base::Timestamp since,
                                                     base::Timestamp until) {
    return under_test_->reader().availability({"commons"}, jid(provider), since, until);
  }
  void write_closed(const std::string& provider, const history::Intervals& intervals) {
    market::Batch next = batch();
    for (const auto& interval : intervals) next.closed.push_back({jid(provider), interval});
    write(next);
  }
  [[nodiscard]] CommitOutcome try_closed(const std::string& provider, const AvailabilityInterval& interval) {
    market::Batch next = batch();
    next.closed = {{jid(provider), interval}};
    return commit(next).outcome;
  }
  // So many days into a year in which days are easily counted; January has 31.
  static base::Timestamp at(int day, int second = 0) {
    return base::Timestamp(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + days(day) + seconds(second);
  }
};
INSTANTIATE_TEST_SUITE_P(History, HistoryContract, testing::Values(Kind::kFake, Kind::kPostgres), name_of);

TEST_P(HistoryContract, ClosedIntervalsComeBackAsTheyWere) {
  const history::Intervals told = {
      {kUp, at(0), at(1), 2},         {kDown, at(1), at(1, 5), 1},
      {kUp, at(1, 5), at(100, 7), 4},  // over three months' beginnings
      {kUp, at(100, 7), at(101), 9},   // touches the one before and is another
      {kDown, at(150), at(151), -3},
  };
  write_closed("ann@one.example", told);
  EXPECT_EQ(*ask("ann@one.example", at(-1), at(200)), told);
  EXPECT_TRUE(ask("ann@one.example", at(110), at(150))->empty());
  EXPECT_EQ(ask("bob@two.example", at(-1), at(200)).error().code, base::Errc::kNotFound);
}

TEST_P(HistoryContract, AnswersAreClipped) {
  market::Batch first = batch();
  first.providers = {{jid("ann@one.example"), kUp, at(65), "", ""}};
  first.closed = {{jid("ann@one.example"), {kUp, at(10), at(60), 2}},
                  {jid("ann@one.example"), {kDown, at(60), at(65), 1}}};
  write(first);
  struct Case {
    const char* name;
    base::Timestamp since, until;
    history::Intervals expected;
  };
  const Case cases[] = {
      {"all", at(0), at(80), {{kUp, at(10), at(60), 2}, {kDown, at(60), at(65), 1}, {kUp, at(65), {}}}},
      {"within one", at(20), at(21), {{kUp, at(20), at(21), 2}}},
      {"within one, in its second month", at(40), at(41), {{kUp, at(40), at(41), 2}}},
      {"over a month's beginning", at(30), at(33), {{kUp, at(30), at(33), 2}}},
      {"from a month's beginning", at(31), at(33), {{kUp, at(31), at(33), 2}}},
      {"to a month's beginning", at(30), at(31), {{kUp, at(30), at(31), 2}}},
      {"before all", at(0), at(10), {}},
      {"within the running one", at(70), at(80), {{kUp, at(70), {}}}},
      {"to where it begins", at(62), at(65), {{kDown, at(62), at(65), 1}}},
      {"reversed", at(33), at(30), {}},
      {"empty", at(33), at(33), {}},
      {"since ever",
       base::Timestamp::min(),
       base::Timestamp::max(),
       {{kUp, at(10), at(60), 2}, {kDown, at(60), at(65), 1}, {kUp, at(65), {}}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(*ask("ann@one.example", c.since, c.until), c.expected);
  }
}

TEST_P(HistoryContract, OverlapsAreRefusedWhole) {
  write_closed("ann@one.example", {{kUp, at(10), at(60), 2}});
  struct Case {
    const char* name;
    base::Timestamp since, until;
    CommitOutcome expected;
  };
  const Case cases[] = {
      {"the same", at(10), at(60), CommitOutcome::kRejected},
      {"its end", at(59, 86399), at(61), CommitOutcome::kRejected},
      {"its beginning", at(9), at(10, 1), CommitOutcome::kRejected},
      {"within, in its second month", at(35), at(36), CommitOutcome::kRejected},
      {"around", at(5), at(70), CommitOutcome::kRejected},
      {"touches its beginning", at(9), at(10), CommitOutcome::kCommitted},
      {"touches its end", at(60), at(61), CommitOutcome::kCommitted},
      {"no length", at(20), at(20), CommitOutcome::kCommitted},
      {"reversed", at(21), at(20), CommitOutcome::kCommitted},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(try_closed("ann@one.example", {kDown, c.since, c.until, 0}), c.expected);
  }
  EXPECT_EQ(try_closed("bob@two.example", {kDown, at(10), at(60), 0}), CommitOutcome::kCommitted);
  EXPECT_EQ(ask("ann@one.example", at(0), at(200))->size(), 4U) << "what has no length is kept as well";

  market::Batch twice = batch();
  twice.closed = {{jid("cy@three.example"), {kUp, at(1), at(3)}}, {jid("cy@three.example"), {kUp, at(2), at(4)}}};
  EXPECT_EQ(commit(twice).outcome, CommitOutcome::kRejected);
  EXPECT_FALSE(ask("cy@three.example", at(0), at(9)).ok());
}

TEST_P(HistoryContract, LoadBeginsWithHistory) {
  const auto now = std::chrono::floor<seconds>(under_test_->now());
  const market::ProviderRow ann{jid("ann@one.example"), kUp, kStart, "Europe/Berlin", std::string("\0\xff counts", 9)};
  const market::ProviderRow bob{jid("bob@two.example"), kDown, kStart + hours(1), "", ""};
  market::Batch first = batch();
  first.providers = {bob, ann};
  first.closed = {{jid("old@x.example"), {kUp, at(0), at(1)}}};  // imported: it has no running interval
  first.gaps = {{now - days(800), now - days(790)}, {now - days(731), now - days(729)}, {now - hours(2), now}};
  first.history_counts = std::string("\0 pool", 6);
  first.offers = {offer("o1", "ann@one.example", 1)};
  write(first);
  const Loaded loaded = reload();
  EXPECT_EQ(loaded.order, "pyqon");
  ASSERT_EQ(loaded.providers.size(), 2U);
  EXPECT_EQ(loaded.providers[0].provider, ann.provider);
  EXPECT_EQ(loaded.providers[0].presence, kUp);
  EXPECT_EQ(loaded.providers[0].since, ann.since);
  EXPECT_EQ(loaded.providers[0].zone, ann.zone);
  EXPECT_EQ(loaded.providers[0].counts, ann.counts);
  EXPECT_EQ(loaded.providers[1].provider, bob.provider);
  EXPECT_EQ(loaded.providers[1].presence, kDown);
  EXPECT_EQ(loaded.providers[1].counts, "");
  EXPECT_EQ(loaded.gaps, (history::Gaps{first.gaps[1], first.gaps[2]}));
  EXPECT_EQ(loaded.history_counts, (std::vector{*first.history_counts}));

  market::Batch second = batch();
  second.providers = {{ann.provider, kDown, kStart + hours(5), "Asia/Tokyo", "new"}};
  second.history_counts = "more";
  write(second);
  const Loaded again = reload();
  EXPECT_EQ(again.providers[0].counts, "new");
  EXPECT_EQ(again.providers[0].zone, "Asia/Tokyo");
  EXPECT_EQ(again.providers[0].presence, kDown);
  EXPECT_EQ(again.history_counts, (std::vector<std::string>{"more"}));
}

TEST_P(HistoryContract, RollupsAdd) {
  const auto ann = jid("ann@one.example");
  const auto bob = jid("bob@two.example");
  market::Batch first = batch();
  first.days = {{ann, 20500, hours(3), hours(1), 1}, {bob, 20500, hours(5), {}, 0}, {ann, 20501, hours(1), {}, 0}};
  first.hours = {{492000, hours(1), seconds(5)}, {492003, seconds(1), {}}};
  write(first);
  market::Batch second = batch();
  second.days = {{ann, 20500, seconds(2), seconds(3), 4}};
  second.hours = {{492000, seconds(1), seconds(1)}};
  write(second);
  auto& reader = under_test_->reader();
  const auto sums = [&](const std::vector<domain::Jid>& providers, int since, int until) {
    std::string text;
    const auto found = reader.day_sums({"commons"}, providers, since, until);
    if (!found.ok()) return found.error().text;
    for (const auto& sum : *found) {
      text += std::to_string(sum.day) + ":" + std::to_string(sum.up / seconds(1)) + "/" +
              std::to_string(sum.down / seconds(1)) + "/" + std::to_string(sum.outages) + " ";
    }
    return text;
  };
  EXPECT_EQ(sums({}, 0, 40000), "20500:28802/3603/5 20501:3600/0/0 ");
  EXPECT_EQ(sums({ann}, 20500, 20501), "20500:10802/3603/5 ");
  EXPECT_EQ(sums({bob, jid("never@x.example")}, -5, 40000), "20500:18000/0/0 ");
  EXPECT_EQ(sums({}, 20502, 20500), "");
  const auto hour_sums = *reader.hour_sums({"commons"}, 492000, 492003);
  ASSERT_EQ(hour_sums.size(), 1U);
  EXPECT_EQ(hour_sums[0].hour, 492000);
  EXPECT_EQ(hour_sums[0].up, base::Duration(hours(1)) + seconds(1));
  EXPECT_EQ(hour_sums[0].down, base::Duration(seconds(6)));
  EXPECT_EQ(reader.hour_sums({"commons"}, 0, 492004)->size(), 2U);
  EXPECT_EQ(reader.day_sums({"nowhere"}, {}, 0, 1).error().code, base::Errc::kNotFound);
}

TEST_P(HistoryContract, GapsAreClippedAndNeverOverlap) {
  market::Batch first = batch();
  first.gaps = {{at(10), at(20)}, {at(20), at(30)}, {at(50), at(50)}, {at(60), at(61)}};
  write(first);
  auto& reader = under_test_->reader();
  EXPECT_EQ(*reader.gaps({"commons"}, {at(15), at(60, 5)}),
            (history::Gaps{{at(15), at(20)}, {at(20), at(30)}, {at(60), at(60, 5)}}));
  EXPECT_TRUE(reader.gaps({"commons"}, {at(30), at(60)})->empty());
  EXPECT_TRUE(reader.gaps({"commons"}, {at(25), at(15)})->empty());
  market::Batch second = batch();
  second.gaps = {{at(29), at(31)}};
  EXPECT_EQ(commit(second).outcome, CommitOutcome::kRejected);
}

TEST_P(HistoryContract, ProvidersNow) {
  const auto ann = jid("ann@one.example");
  const auto bob = jid("bob@two.example");
  const auto old = jid("old@x.example");
  market::Batch first = batch();
  first.providers = {{ann, kDown, kStart, "Europe/Berlin", ""}, {bob, kUp, kStart, "", ""}};
  first.closed = {{old, {kUp, at(0), at(1)}}};
  first.loads = {{ann, kStart, {0.25F, 0.1F, 5'000'000'000'000, -3.5F}}};
  write(first);
  market::Batch second = batch();
  second.loads = {{bob, kStart, {}}, {ann, kStart + seconds(60), {0.3F, std::nullopt, 7, std::nullopt}}};
  write(second);
  auto& reader = under_test_->reader();
  auto all = *reader.providers_now({"commons"}, {});
  std::ranges::sort(all, {}, [](const auto& now) { return now.provider.text(); });
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].provider, ann);
  EXPECT_EQ(all[0].zone, "Europe/Berlin");
  EXPECT_EQ(all[0].presence, kDown);
  EXPECT_EQ(all[0].since, kStart);
  EXPECT_EQ(all[0].heard, kStart + seconds(60));
  EXPECT_EQ(all[0].load, second.loads[1].load);
  EXPECT_EQ(all[1].load, domain::Load());
  EXPECT_EQ(all[1].heard, kStart);
  EXPECT_EQ(all[2].provider, old);
  EXPECT_EQ(all[2].presence, std::nullopt);
  EXPECT_EQ(all[2].heard, std::nullopt);
  const auto named = *reader.providers_now({"commons"}, {bob, jid("never@x.example")});
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].provider, bob);
}

TEST_P(HistoryContract, AccessSaysWhoIsConcerned) {
  const auto o1 = offer("o1", "ann@one.example", 1);
  const auto o2 = offer("o2", "bob@two.example", 2);
  const auto r1 = request("r1", "cy@three.example", 3);
  market::Batch first = batch();
  first.offers = {o1, o2};
  first.requests = {r1};
  first.new_grants = {ended(grant(1, o1, r1, resources({{"cpu", 1}})), domain::GrantState::kReleased)};
  first.providers = {{jid("ann@one.example"), kUp, kStart, "", ""}};
  write(first);
  market::Batch second = batch();
  second.offers = {withdrawn(o1)};
  write(second);
  struct Case {
    const char *provider, *viewer;
    bool known, lends, concerned;
  };
  const Case cases[] = {
      {"ann@one.example", "cy@three.example", true, false, true},
      {"ann@one.example", "bob@two.example", true, false, false},
      {"ann@one.example", "ann@one.example", true, false, true},
      {"bob@two.example", "cy@three.example", false, true, false},
      {"never@x.example", "cy@three.example", false, false, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.provider) + " as " + c.viewer);
    const auto access = *under_test_->reader().history_access({"commons"}, jid(c.provider), jid(c.viewer));
    EXPECT_EQ(access.known, c.known);
    EXPECT_EQ(access.lends, c.lends);
    EXPECT_EQ(access.concerned, c.concerned);
  }
}

TEST_P(HistoryContract, LeaseTellsWhenTheHolderWasLastAlive) {
  const auto about_now = [&](base::Timestamp alive) {
    const auto off = under_test_->now() - alive;
    return off > -seconds(2) && off < seconds(10);
  };
  EXPECT_EQ(lease_.alive, base::Timestamp()) << "the first holder ever";
  write(batch());
  (void)reload();
  EXPECT_TRUE(about_now(lease_.alive));
  under_test_->store().release(lease_);
  Loaded loaded;
  const auto next = under_test_->second_store().acquire({"commons"}, "second", loaded);
  ASSERT_TRUE(next.ok()) << next.error().text;
  EXPECT_TRUE(about_now(next->alive)) << "a clean end is a sign of life";
  under_test_->expire_lease();
  const auto later = under_test_->store().acquire({"commons"}, "third", loaded);
  ASSERT_TRUE(later.ok());
  EXPECT_LT(later->alive, under_test_->now() - seconds(10));
}

}  // namespace
}  // namespace bourse::test
