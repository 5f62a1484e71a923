// The contract of market::Store and market::Reader for availability history: the same for the fake and for PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <utility>

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
  // What `ask` answers of a snapshot of its own.
  template <class Ask>
  [[nodiscard]] auto in_snapshot(Ask ask) {
    std::optional<decltype(ask(std::declval<market::HistorySnapshot&>()))> answer;
    const auto read = under_test_->reader().history(
        {"commons"}, [&](market::HistorySnapshot& history) { answer.emplace(ask(history)); });
    if (!read.ok()) throw std::runtime_error(read.error().text);
    return std::move(answer).value();
  }
  [[nodiscard]] base::Result<history::Intervals> ask(const std::string& provider, base::Timestamp since,
                                                     base::Timestamp until) {
    return in_snapshot([&](auto& history) -> base::Result<history::Intervals> {
      auto found = history.intervals({jid(provider)}, {since, until});
      if (!found.ok()) return found.error();
      return std::move(found->front());
    });
  }
  [[nodiscard]] history::Gaps gaps(const Window& window) {
    return in_snapshot([&](auto& history) { return history.gaps(window); });
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

TEST_P(HistoryContract, ManyProvidersAreToldInTheOrderAsked) {
  write_closed("ann@one.example", {{kUp, at(10), at(60), 2}, {kDown, at(60), at(61), 1}});
  write_closed("bob@two.example", {{kDown, at(29), at(32), 3}, {kUp, at(33), at(33), 4}});
  market::Batch running = batch();
  running.providers = {{jid("cy@three.example"), kUp, at(50), "", ""}};
  write(running);
  const auto ask_all = [this](const std::vector<domain::Jid>& providers) {
    return in_snapshot([&](auto& history) { return history.intervals(providers, {at(30), at(55)}); });
  };
  const std::vector<domain::Jid> order = {jid("cy@three.example"), jid("bob@two.example"), jid("ann@one.example"),
                                          jid("bob@two.example")};
  const history::Intervals bobs = {{kDown, at(30), at(32), 3}, {kUp, at(33), at(33), 4}};
  const std::vector<history::Intervals> expected = {{{kUp, at(50), {}}}, bobs, {{kUp, at(30), at(55), 2}}, bobs};
  EXPECT_EQ(*ask_all(order), expected);
  EXPECT_TRUE(ask_all({})->empty());
  EXPECT_EQ(ask_all({jid("ann@one.example"), jid("never@x.example")}).error().code, base::Errc::kNotFound);
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
  ASSERT_GE(loaded.gaps.size(), 2U);  // acquiring adds the moment since the batch
  EXPECT_EQ(loaded.gaps[0], first.gaps[1]);
  EXPECT_EQ(loaded.gaps[1], first.gaps[2]);
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

// Nobody knows what it does now; what is known of its habits stays.
TEST_P(HistoryContract, UnobservedNothingRuns) {
  market::Batch first = batch();
  first.providers = {{jid("ann@one.example"), kUp, kStart, "Europe/Berlin", "counts"},
                     {jid("bob@two.example"), kUp, kStart, "", ""}};
  write(first);
  market::Batch lost = batch();
  lost.providers = {{jid("ann@one.example"), std::nullopt, {}, "Europe/Berlin", "fewer"},
                    {jid("bob@two.example"), std::nullopt, {}, "", ""}};
  lost.closed = {{jid("ann@one.example"), {kUp, kStart, kStart + hours(1), 5}},
                 {jid("bob@two.example"), {kUp, kStart, kStart + hours(1), 5}}};
  write(lost);
  const Loaded loaded = reload();
  ASSERT_EQ(loaded.providers.size(), 1U) << "of bob there is nothing to know";
  EXPECT_EQ(loaded.providers[0].presence, std::nullopt);
  EXPECT_EQ(loaded.providers[0].counts, "fewer");
  const auto asked = ask("ann@one.example", kStart, kStart + hours(9));
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(asked->size(), 1U);

  market::Batch back = batch();
  back.providers = {{jid("ann@one.example"), kUp, kStart + hours(2), "Europe/Berlin", "fewer"}};
  write(back);
  EXPECT_EQ(reload().providers[0].presence, kUp);
  EXPECT_EQ(ask("ann@one.example", kStart, kStart + hours(9))->size(), 2U);
}

TEST_P(HistoryContract, RollupsAdd) {
  market::Batch first = batch();
  first.hours = {{492000, hours(1), seconds(5), 2}, {492003, seconds(1), {}, 0}};
  write(first);
  market::Batch second = batch();
  second.hours = {{492000, seconds(1), seconds(1), 5'000'000'000}, {492002, {}, {}, 1}};
  write(second);
  const auto sums = [this](std::int64_t since, std::int64_t until) {
    return in_snapshot([&](auto& history) { return history.hour_sums(since, until); });
  };
  const market::HourRow all[] = {
      {492000, hours(1) + seconds(1), seconds(6), 5'000'000'002}, {492002, {}, {}, 1}, {492003, seconds(1), {}, 0}};
  EXPECT_THAT(sums(0, 492004), testing::ElementsAreArray(all));
  EXPECT_THAT(sums(492000, 492002), testing::ElementsAre(all[0]));
  EXPECT_THAT(sums(492001, 492003), testing::ElementsAre(all[1]));
  EXPECT_THAT(sums(492003, 492000), testing::IsEmpty());
  EXPECT_THAT(sums(-5, 0), testing::IsEmpty());
}

TEST_P(HistoryContract, NoPoolNoHistory) {
  bool asked = false;
  const auto read = under_test_->reader().history({"nowhere"}, [&](market::HistorySnapshot&) { asked = true; });
  EXPECT_EQ(read.error().code, base::Errc::kNotFound);
  EXPECT_FALSE(asked);
}

TEST_P(HistoryContract, GapsAreClippedAndNeverOverlap) {
  market::Batch first = batch();
  first.gaps = {{at(10), at(20)}, {at(20), at(30)}, {at(50), at(50)}, {at(60), at(61)}};
  write(first);
  EXPECT_EQ(gaps({at(15), at(60, 5)}), (history::Gaps{{at(15), at(20)}, {at(20), at(30)}, {at(60), at(60, 5)}}));
  EXPECT_TRUE(gaps({at(30), at(60)}).empty());
  EXPECT_TRUE(gaps({at(25), at(15)}).empty());
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
  auto all = in_snapshot([](auto& history) { return history.providers_now({}); });
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
  const auto named = in_snapshot([&](auto& history) { return history.providers_now({bob, jid("never@x.example")}); });
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
    const auto access = in_snapshot([&](auto& history) { return history.access(jid(c.provider), jid(c.viewer)); });
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

// A process may end again while it loads: the next one must still know what the first one found.
TEST_P(HistoryContract, OutageOutlivesALoadThatFails) {
  struct Broken final : Loaded {
    base::Status on_node(pubsub::NodeRow&& /*row*/) override { return {base::Errc::kUnavailable, "killed"}; }
  } broken;
  auto& store = under_test_->store();
  under_test_->expire_lease();
  ASSERT_FALSE(store.acquire({"commons"}, "first", broken).ok());
  ASSERT_FALSE(broken.gaps.empty());
  const auto begun = broken.gaps.front().since;
  EXPECT_LE(begun, under_test_->now() - seconds(10));

  Loaded loaded;
  const auto lease = under_test_->second_store().acquire({"commons"}, "first", loaded);
  ASSERT_TRUE(lease.ok()) << lease.error().text;
  const auto gaps = history::merge(loaded.gaps);
  ASSERT_EQ(gaps.size(), 1U) << "in pieces without anything between them";
  EXPECT_EQ(gaps[0].since, begun);
  EXPECT_GE(gaps[0].until, lease->alive);
  lease_ = *lease;

  // A clock that was ahead recorded more than has passed: acquiring does not run into it.
  market::Batch ahead = batch();
  ahead.gaps = {{loaded.gaps.back().until + hours(2), loaded.gaps.back().until + hours(3)}};
  ahead.providers = {{jid("ann@one.example"), kUp, kStart, "", ""}};
  write(ahead);
  EXPECT_EQ(reload().gaps.back(), ahead.gaps[0]);
}

}  // namespace
}  // namespace bourse::test
