// Who is there: transitions, heartbeats, when nobody looked, what is predicted and what is imported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "market/batch_builder.h"
#include "market_fixture.h"

namespace bourse::market {
namespace {

using domain::EndReason;
using domain::Presence;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kAdmin[] = "admin@a.test/x";

template <class Row>
std::vector<Row> rows(const Plan& plan) {
  std::vector<Row> found;
  for (const auto& change : plan.changes) {
    if (const auto* row = std::get_if<Row>(&change)) found.push_back(*row);
  }
  return found;
}

base::Errc code_of(const Plan& plan) {
  for (const auto& reply : plan.replies) {
    if (const auto* error = std::get_if<base::Error>(&reply.body)) return error->code;
  }
  return base::Errc::kInternal;
}

void arrive(Pool& pool, const std::string& session, const std::string& offer) {
  (void)pool.act(session, SessionAvailable{});
  (void)pool.publish(session, offer, offer_of({{"cpu", "4"}}));
}

Heartbeat heartbeat(base::Duration every, std::string zone = "") {
  return {.load = {.cpu = 0.5F}, .every = every, .zone = std::move(zone)};
}

TEST(History, OpensWithTheFirstOfferAndClosesWithTheLast) {
  Pool pool;
  const auto began = pool.now;
  const auto first = pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  ASSERT_EQ(rows<ProviderRow>(first).size(), 1u);
  EXPECT_EQ(rows<ProviderRow>(first)[0].presence, Presence::kUp);
  EXPECT_THAT(rows<HistoryClosed>(first), IsEmpty()) << "nothing is known of the time before";
  EXPECT_THAT(rows<ProviderRow>(pool.publish(kAnn, "b", offer_of({{"cpu", "4"}}))), IsEmpty());

  pool.now += 2h;
  EXPECT_THAT(rows<ProviderRow>(pool.retract(kAnn, "offers", "a")), IsEmpty());
  const auto last = pool.retract(kAnn, "offers", "b");
  const auto closed = rows<HistoryClosed>(last);
  ASSERT_EQ(closed.size(), 1u);
  const domain::AvailabilityInterval up{Presence::kUp, began, pool.now, static_cast<int>(EndReason::kWithdrawn)};
  EXPECT_EQ(closed[0].interval.interval, up);
  ASSERT_EQ(closed[0].cells.size(), 1u);
  EXPECT_EQ(closed[0].cells[0].up_total(), 2h);
  EXPECT_EQ(rows<ProviderRow>(last)[0].presence, Presence::kDown);
  EXPECT_EQ(rows<ProviderRow>(last)[0].since, pool.now);
}

TEST(History, SaysWhyAnIntervalEnded) {
  Pool pool;
  arrive(pool, kAnn, "a");
  pool.now += 1h;
  auto closed = rows<HistoryClosed>(pool.act(kAnn, SessionGone{}));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].interval.interval.reason, static_cast<int>(EndReason::kSessionGone));
  pool.now += 1h;
  (void)pool.act(kAnn, SessionAvailable{});
  closed = rows<HistoryClosed>(pool.publish(kAnn, "a", offer_of({{"cpu", "4"}})));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].interval.interval.presence, Presence::kDown);
  EXPECT_EQ(closed[0].interval.interval.reason, static_cast<int>(EndReason::kCameBack));
}

// A clock that is set back makes intervals without length, never of negative length, and none that overlap.
TEST(History, SurvivesAClockThatIsSetBack) {
  Pool pool;
  arrive(pool, kAnn, "a");
  const auto since = pool.now;
  pool.now -= 1h;
  const auto gone = pool.act(kAnn, SessionGone{});
  EXPECT_THAT(rows<HistoryClosed>(gone), IsEmpty());
  EXPECT_EQ(rows<ProviderRow>(gone)[0].since, since);
  pool.now += 2h;
  (void)pool.act(kAnn, SessionAvailable{});
  const auto closed = rows<HistoryClosed>(pool.publish(kAnn, "a", offer_of({{"cpu", "4"}})));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].interval.interval.since, since);
  EXPECT_EQ(closed[0].interval.interval.until, pool.now);
}

TEST(Heartbeats, WhoFallsSilentIsDownSinceItWasHeardLast) {
  Pool pool;
  arrive(pool, kAnn, "a");
  pool.now += 10min;
  const auto heard = pool.now;
  (void)pool.act(kAnn, heartbeat(60s));
  EXPECT_THAT(rows<HistoryClosed>(pool.pass(2min + 59s)), IsEmpty());
  const auto silent = pool.pass(1s);
  const auto closed = rows<HistoryClosed>(silent);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].interval.interval.until, heard);
  EXPECT_EQ(closed[0].interval.interval.reason, static_cast<int>(EndReason::kHeartbeatMissed));
  EXPECT_THAT(in_words(silent), Contains("-offer a"));
}

TEST(Heartbeats, KeepWhoSendsThem) {
  Pool pool;
  arrive(pool, kAnn, "a");
  for (int i = 0; i < 10; ++i) {
    (void)pool.act(kAnn, heartbeat(60s));
    EXPECT_THAT(rows<HistoryClosed>(pool.pass(2min)), IsEmpty());
  }
}

// What an agent may promise is what it is held to.
TEST(Heartbeats, AreHonouredAsPromisedOrRefused) {
  for (const base::Duration every : {domain::kShortestHeartbeat, base::Duration(60s), domain::kLongestHeartbeat}) {
    Pool pool;
    arrive(pool, kAnn, "a");
    pool.now += 10min;
    (void)pool.act(kAnn, heartbeat(every));
    EXPECT_THAT(rows<HistoryClosed>(pool.pass(3 * every - 1s)), IsEmpty());
    EXPECT_EQ(rows<HistoryClosed>(pool.pass(1s)).size(), 1u);
  }
  for (const base::Duration every : {base::Duration(4s), base::Duration(61min), base::Duration(24h)}) {
    Pool pool;
    arrive(pool, kAnn, "a");
    EXPECT_EQ(code_of(pool.act(kAnn, heartbeat(every))), base::Errc::kInvalidPayload);
    EXPECT_THAT(rows<HistoryClosed>(pool.pass(100h)), IsEmpty()) << "it is held to nothing";
  }
}

TEST(Heartbeats, OfNobodyWeKnowChangeNothing) {
  Pool pool;
  EXPECT_FALSE(pool.act(kBob, heartbeat(60s)).writes());
  EXPECT_FALSE(pool.pass(1h).writes());
}

TEST(Heartbeats, LoadsAreStoredTogetherOncePerProvider) {
  Pool pool;
  arrive(pool, kAnn, "a");
  arrive(pool, kBob, "b");
  (void)pool.pass(1min);
  EXPECT_THAT(rows<LoadRow>(pool.act(kAnn, heartbeat(60s))), IsEmpty());
  (void)pool.act(kAnn, heartbeat(60s));
  (void)pool.act(kBob, heartbeat(60s, "Europe/Berlin"));
  EXPECT_EQ(rows<LoadRow>(pool.pass(10s)).size(), 2u);
  EXPECT_THAT(rows<LoadRow>(pool.pass(10s)), IsEmpty());
}

TEST(Gaps, NobodysDowntimeIsCountedWhileNobodyLooked) {
  Pool pool;
  arrive(pool, kAnn, "a");
  pool.now += 30min;
  (void)pool.act(kAdmin, LinkDown{});
  const auto down = pool.now;
  pool.now += 10min;
  (void)pool.act(kAdmin, LinkDown{});  // it is still down
  pool.now += 10min;
  const auto gaps = rows<history::Window>(pool.act(kAdmin, LinkUp{}));
  EXPECT_THAT(gaps, ElementsAre(history::Window{down, pool.now}));
  EXPECT_THAT(rows<history::Window>(pool.act(kAdmin, LinkUp{})), IsEmpty());
  pool.now += 10min;
  const auto closed = rows<HistoryClosed>(pool.act(kAnn, SessionGone{}));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].cells[0].up_total(), 40min);
}

// What closes while the link is down is summed up before anybody knows how long it will be.
TEST(Gaps, TheOneThatIsOpenCountsToo) {
  Pool pool;
  auto offer = offer_of({{"cpu", "4"}});
  offer.expires = pool.now + 1h;
  (void)pool.publish(kAnn, "a", offer);
  pool.now += 30min;
  (void)pool.act(kAdmin, LinkDown{});
  const auto closed = rows<HistoryClosed>(pool.pass(30min));
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].cells[0].up_total(), 30min);
}

TEST(Gaps, SilenceDuringOneIsNobodysFault) {
  Pool pool;
  arrive(pool, kAnn, "a");
  (void)pool.act(kAnn, heartbeat(60s));
  (void)pool.act(kAdmin, LinkDown{});
  for (int i = 0; i < 10; ++i) EXPECT_THAT(rows<HistoryClosed>(pool.pass(1min)), IsEmpty());
  (void)pool.act(kAdmin, LinkUp{});
  EXPECT_THAT(rows<HistoryClosed>(pool.pass(2min)), IsEmpty());
  EXPECT_EQ(rows<HistoryClosed>(pool.pass(1min)).size(), 1u) << "now it is";
}

// After a restart a session is known by its offers only; its heartbeat must not outlive it.
TEST(Heartbeats, OfASessionThatLeftUnseenAreForgotten) {
  Pool pool;
  EXPECT_TRUE(pool.state
                  .on_offer({.id = {"a"},
                             .provider = jid("ann@a.test"),
                             .session = jid(kAnn),
                             .resources = resources({{"cpu", "4"}}),
                             .record = domain::encode(offer_of({{"cpu", "4"}}))})
                  .ok());
  (void)pool.act(kAnn, heartbeat(60s));
  (void)pool.retract(kAnn, "offers", "a");
  (void)pool.pass(10min);
  (void)pool.act(kAdmin, LinkUp{});
}

TEST(Gaps, AJumpOfTheClockIsOne) {
  Pool pool;
  const history::Window jump{pool.now, pool.now + 1h};
  pool.now += 1h;
  EXPECT_THAT(rows<history::Window>(pool.act(kAdmin, Unobserved{jump})), ElementsAre(jump));
  const history::Window longer{jump.since, jump.until + 1h};
  EXPECT_THAT(rows<history::Window>(pool.act(kAdmin, Unobserved{longer})),
              ElementsAre(history::Window{jump.until, longer.until}));
  EXPECT_THAT(rows<history::Window>(pool.act(kAdmin, Unobserved{jump})), IsEmpty());
}

const Prediction& prediction(const Plan& plan) { return std::get<Prediction>(plan.replies.at(0).body); }

TEST(Predictions, WhoEndedOftenIsTrustedLess) {
  Pool pool;
  for (int day = 0; day < 40; ++day) {
    arrive(pool, kBob, "b");
    if (day == 0) arrive(pool, kAnn, "a");
    (void)pool.pass(12h);
    (void)pool.act(kBob, SessionGone{});
    (void)pool.pass(12h);
  }
  arrive(pool, kBob, "b");
  (void)pool.pass(11min);
  const auto plan =
      pool.act(kAdmin, PredictAvailability{{jid("ann@a.test"), jid("bob@b.test"), jid("eve@e.test")}, 24h, 1});
  const auto& answer = prediction(plan);
  ASSERT_EQ(answer.providers.size(), 3u);
  EXPECT_GT(answer.providers[0].stays, 0.7);
  EXPECT_LT(answer.providers[1].stays, 0.3);
  EXPECT_EQ(answer.providers[2].stays, 0) << "nobody knows it";
  EXPECT_FALSE(answer.providers[2].up_for);
  EXPECT_GE(answer.together, answer.providers[0].stays - 1e-9);
  EXPECT_FALSE(plan.writes());
}

// The policy of history queries: figures of who lends are everybody's, how long it is up already is not.
TEST(Predictions, AreForWhomTheHistoryIs) {
  struct Case {
    const char* name;
    const char* actor;
    HistoryPolicy policy;
    const char* of;
    std::optional<base::Errc> refused;
    bool details;
  };
  const HistoryPolicy everybody{true, true}, parties{false, false};
  const auto no = base::Errc::kForbidden;
  const Case cases[] = {
      {"anybody of who lends", "eve@e.test/x", {}, "ann@a.test", {}, false},
      {"anybody of who does not lend any more", "eve@e.test/x", {}, "bob@b.test", no, false},
      {"anybody where details are open", "eve@e.test/x", everybody, "ann@a.test", {}, true},
      {"anybody where nothing is", "eve@e.test/x", parties, "ann@a.test", no, false},
      {"one without a grant where nothing is", "ida@i.test/x", parties, "ann@a.test", no, false},
      {"its grantee", "cy@c.test/x", parties, "ann@a.test", {}, true},
      {"the provider itself", kAnn, parties, "ann@a.test", {}, true},
      {"the provider itself when down", kBob, parties, "bob@b.test", {}, false},
      {"an operator", kAdmin, parties, "ann@a.test", {}, true},
      {"anybody of who is not known", "eve@e.test/x", parties, "never@x.test", {}, false},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    Pool pool({}, test.policy);
    arrive(pool, kBob, "b");
    (void)pool.request("ida@i.test/x", "r0", request_of({{"cpu", "1"}}));  // of bob, and ended
    (void)pool.act(kBob, SessionGone{});
    arrive(pool, kAnn, "a");
    (void)pool.retract("ida@i.test/x", "requests", "r0");
    (void)pool.request("cy@c.test/x", "r", request_of({{"cpu", "1"}}));
    pool.now += 1h;
    const auto plan = pool.act(test.actor, PredictAvailability{{jid(test.of)}, 1h});
    if (test.refused) {
      EXPECT_EQ(code_of(plan), *test.refused);
    } else {
      EXPECT_EQ(prediction(plan).providers.at(0).up_for.has_value(), test.details);
      EXPECT_EQ(prediction(plan).providers.at(0).stays > 0, std::string(test.of) == "ann@a.test");
    }
  }
}

// Of machines that stay with 0.5 each, two of which one must stay are not enough for 0.9; of those that always stayed,
// one.
TEST(Spares, AreAsManyAsTheAssuranceTakes) {
  struct Case {
    const char* name;
    std::uint32_t assurance;
    std::uint32_t least, most;  // grants
  };
  for (const Case& test : {Case{"all", 0, 9, 9}, Case{"a little", 100, 1, 1}, Case{"much", 990, 2, 8}}) {
    Pool pool;
    for (int i = 0; i < 12; ++i) {
      (void)pool.publish("p" + std::to_string(i) + "@a.test/x", "o" + std::to_string(i), offer_of({{"cpu", "1"}}));
    }
    (void)pool.pass(2h);
    auto request = request_of({{"cpu", "1"}});
    request.spares = 8;
    request.assurance = test.assurance;
    request.duration = 4h;
    (void)pool.request(kBob, "r", request);
    const auto granted = pool.state.find_request({"r"})->granted;
    EXPECT_GE(granted, test.least) << test.name;
    EXPECT_LE(granted, test.most) << test.name;
  }
}

ImportHistory import_of(std::vector<ClosedInterval> intervals) { return {"x", 0, true, std::move(intervals)}; }
ClosedInterval interval(const Pool& pool, const std::string& provider, base::Duration since, base::Duration until) {
  return {jid(provider), {Presence::kUp, pool.now - since, pool.now - until, 7}};
}

TEST(Imports, AreWrittenWholeWhenTheLastPartHasCome) {
  Pool pool;
  auto first = import_of({interval(pool, "n1@x.test", 5h, 4h)});
  first.last = false;
  EXPECT_FALSE(pool.act(kAdmin, first).writes());
  auto second = import_of({interval(pool, "n1@x.test", 4h, 2h), interval(pool, "n2@x.test", 5h, 4h)});
  second.part = 1;
  const auto written = pool.act(kAdmin, second);
  EXPECT_EQ(rows<HistoryClosed>(written).size(), 3u);
  EXPECT_EQ(written.audit.at(0).entry.kind, audit::EntryKind::kHistoryImported);
}

TEST(Imports, WhatIsWrongIsRefusedWhole) {
  struct Case {
    const char* name;
    std::vector<ClosedInterval> intervals;
  };
  Pool pool;
  arrive(pool, kAnn, "a");
  pool.now += 1h;
  const Case cases[] = {
      {"reversed", {interval(pool, "n1@x.test", 1h, 2h)}},
      {"in the future", {interval(pool, "n1@x.test", 1h, -1h)}},
      {"overlap", {interval(pool, "n1@x.test", 5h, 3h), interval(pool, "n1@x.test", 4h, 2h)}},
      {"overlaps what runs", {interval(pool, "ann@a.test", 5h, 30min)}},
  };
  for (const auto& test : cases) {
    auto good = interval(pool, "n0@x.test", 9h, 8h);
    auto all = test.intervals;
    all.push_back(good);
    const auto plan = pool.act(kAdmin, import_of(all));
    EXPECT_EQ(code_of(plan), base::Errc::kConflict) << test.name;
    EXPECT_FALSE(plan.writes()) << test.name;
  }
  EXPECT_EQ(code_of(pool.act(kBob, import_of({interval(pool, "n1@x.test", 5h, 3h)}))), base::Errc::kForbidden);
  auto late = import_of({});
  late.part = 3;
  EXPECT_EQ(code_of(pool.act(kAdmin, late)), base::Errc::kConflict);
}

// The sums by hour in a batch are those of its intervals; an outage stands where it began.
TEST(BatchBuilder, SumsHistoryUpByHour) {
  Pool pool;
  pool.now = std::chrono::floor<std::chrono::days>(pool.now) + 12h;
  const auto down = [&pool](const std::string& provider, base::Duration since, base::Duration until) {
    auto closed = interval(pool, provider, since, until);
    closed.interval.presence = Presence::kDown;
    return closed;
  };
  BatchBuilder builder;
  auto plan = pool.act(kAdmin, import_of({interval(pool, "n1@x.test", 30h, 20h), down("n1@x.test", 20h, 2h),
                                          interval(pool, "n2@x.test", 3h, 150min), down("n2@x.test", 150min, 2h),
                                          down("n3@x.test", 125min, 121min), down("n3@x.test", 115min, 100min)}));
  builder.add(plan);
  const auto batch = std::move(builder).finish({});
  EXPECT_EQ(batch.closed.size(), 6u);
  HourRow sum;
  std::map<std::int64_t, std::uint64_t> outages;
  for (const auto& hour : batch.hours) {
    sum.up += hour.up;
    sum.down += hour.down;
    if (hour.outages > 0) outages[hour.hour] += hour.outages;
  }
  EXPECT_EQ(sum.up, 10h + 30min);
  EXPECT_EQ(sum.down, 18h + 30min + 19min);
  const auto noon = std::chrono::floor<std::chrono::hours>(pool.now).time_since_epoch().count();
  EXPECT_THAT(outages, ElementsAre(std::pair(noon - 20, 1u), std::pair(noon - 3, 2u), std::pair(noon - 2, 1u)));
  EXPECT_EQ(batch.hours.size(), 29u) << "an hour has one row, whoever was there in it";
}

}  // namespace
}  // namespace bourse::market
