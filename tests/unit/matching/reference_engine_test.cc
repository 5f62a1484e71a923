// The engine that others are compared with, against markets small enough to be worked out by hand.
#include "support/reference_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using namespace std::chrono_literals;
using base::Duration;
using base::Timestamp;
using domain::DeviceShare;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::jid;
using testing::resources;

// A Monday.
const Timestamp kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

domain::Request asks(const testing::Quantities& quantities, const std::string& needs = "", Duration duration = 1h) {
  domain::Request request = quantities.empty() ? domain::Request{} : testing::request(quantities, needs);
  request.duration = duration;
  return request;
}

class ReferenceEngineTest : public ::testing::Test {
 protected:
  void offer(OfferHandle handle, const domain::Offer& content, const std::string& provider = "p@a.org") {
    engine.put_offer(handle, jid(provider), content);
  }
  void request(RequestHandle handle, const domain::Request& content, const std::string& consumer = "c@x.edu",
               const std::vector<std::string>& groups = {}) {
    engine.put_request(handle, handle, jid(consumer), groups, content);
  }
  bool book(OfferHandle handle, std::uint64_t id, const testing::Quantities& quantities, Duration from, Duration until,
            bool ahead, std::vector<DeviceShare> devices = {}) {
    return engine.book(handle, {{id}, resources(quantities), std::move(devices), {kNow + from, kNow + until}, ahead});
  }
  // The offer chosen, or -1.
  int best(RequestHandle handle, Duration later = 0h, const Exclusions& excluded = {}) {
    const auto placement = engine.best(handle, kNow + later, excluded);
    if (!placement) return -1;
    EXPECT_TRUE(engine.feasible(handle, *placement, kNow + later, excluded));
    return static_cast<int>(placement->offer);
  }

  ReferenceEngine engine;
};

TEST_F(ReferenceEngineTest, OneOfferServesOneRequestOrNot) {
  const auto cpu = [](const std::string& quantity) { return testing::offer({{"cpu", quantity}}); };
  const auto change = [](domain::Offer content, auto how) {
    how(content);
    return content;
  };
  const auto changed = [](domain::Request content, auto how) {
    how(content);
    return content;
  };
  struct Case {
    std::string name;
    domain::Offer offer;
    domain::Request request;
    bool serves;
  };
  const Case cases[] = {
      {"enough", cpu("2"), asks({{"cpu", "2"}}), true},
      {"too little", cpu("2"), asks({{"cpu", "2001m"}}), false},
      {"a resource that is not there", cpu("2"), asks({{"memory", "1"}}), false},
      {"nothing is asked for", cpu("2"), asks({}), false},
      {"a seat",
       change(cpu("2"),
              [](auto& o) {
                o.services = {{"blast", "2.1", "", 1}};
              }),
       changed(asks({}), [](auto& r) { r.services = {"blast"}; }), true},
      {"no such service", cpu("2"), changed(asks({}), [](auto& r) { r.services = {"blast"}; }), false},
      {"part of a device", testing::offer({{"gpu", "1"}}), asks({{"gpu", "300m"}}), true},
      {"one and a half devices", testing::offer({{"gpu", "2"}}), asks({{"gpu", "1500m"}}), false},
      {"its provider", cpu("2"), asks({{"cpu", "1"}}, "(provider=p@a.org)"), true},
      {"another domain", cpu("2"), asks({{"cpu", "1"}}, "(domain=b.org)"), false},
      {"what it says of its domain does not count", testing::with(cpu("2"), "domain", "b.org"),
       asks({{"cpu", "1"}}, "(domain=b.org)"), false},
      {"not what is not there", cpu("2"), asks({{"cpu", "1"}}, "(!(arch=x))"), false},
      {"serves the domain", change(cpu("2"), [](auto& o) { o.serves = testing::filter("(domain=*.edu)"); }),
       asks({{"cpu", "1"}}), true},
      {"serves the group", change(cpu("2"), [](auto& o) { o.serves = testing::filter("(group=lab)"); }),
       asks({{"cpu", "1"}}), true},
      {"serves another group", change(cpu("2"), [](auto& o) { o.serves = testing::filter("(group=staff)"); }),
       asks({{"cpu", "1"}}), false},
      {"the longest lease", change(cpu("2"), [](auto& o) { o.terms.max_lease = 1h; }), asks({{"cpu", "1"}}), true},
      {"too long", change(cpu("2"), [](auto& o) { o.terms.max_lease = 59min; }), asks({{"cpu", "1"}}), false},
      {"too short", change(cpu("2"), [](auto& o) { o.terms.min_lease = 61min; }), asks({{"cpu", "1"}}), false},
      {"drains", change(cpu("2"), [](auto& o) { o.terms.drain = true; }), asks({{"cpu", "1"}}), false},
      {"until it expires", change(cpu("2"), [](auto& o) { o.expires = kNow + 1h; }), asks({{"cpu", "1"}}), true},
      {"expires before", change(cpu("2"), [](auto& o) { o.expires = kNow + 59min; }), asks({{"cpu", "1"}}), false},
      {"has not started", change(cpu("2"), [](auto& o) { o.starts = kNow + 1us; }), asks({{"cpu", "1"}}), false},
      {"will have started", change(cpu("2"), [](auto& o) { o.starts = kNow + 1h; }),
       changed(asks({{"cpu", "1"}}), [](auto& r) { r.start = kNow + 1h; }), true},
      {"up to closing time",
       change(cpu("2"),
              [](auto& o) {
                o.schedule = {"Mon 09:00-13:00", ""};
              }),
       asks({{"cpu", "1"}}), true},
      {"beyond closing time",
       change(cpu("2"),
              [](auto& o) {
                o.schedule = {"Mon 09:00-12:59", ""};
              }),
       asks({{"cpu", "1"}}), false},
      {"closed",
       change(cpu("2"),
              [](auto& o) {
                o.schedule = {"Mon 14:00-18:00", ""};
              }),
       asks({{"cpu", "1"}}), false},
      {"open when it starts",
       change(cpu("2"),
              [](auto& o) {
                o.schedule = {"Mon 14:00-18:00", ""};
              }),
       changed(asks({{"cpu", "1"}}), [](auto& r) { r.start = kNow + 5h; }), true},
      {"closed when it starts",
       change(cpu("2"),
              [](auto& o) {
                o.schedule = {"Mon 09:00-14:00", ""};
              }),
       changed(asks({{"cpu", "1"}}), [](auto& r) { r.start = kNow + 5h; }), false},
      {"a start that has passed means now", change(cpu("2"), [](auto& o) { o.expires = kNow + 1h; }),
       changed(asks({{"cpu", "1"}}), [](auto& r) { r.start = kNow - 5h; }), true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    offer(1, c.offer);
    request(1, c.request, "c@x.edu", {"lab"});
    EXPECT_EQ(best(1), c.serves ? 1 : -1);
    EXPECT_EQ(engine.wakes(1, kNow).size(), c.serves ? 1U : 0U);
    if (c.name == "nothing is asked for") continue;  // which is nothing to explain: no such request is let in
    const Explanation explanation = engine.explain(1, kNow, {});
    EXPECT_EQ(explanation.fitting, c.serves ? 1U : 0U);
    EXPECT_EQ(explanation.rejections.empty(), c.serves);
    EXPECT_EQ(explanation.nearest.empty(), c.serves);
  }
}

TEST_F(ReferenceEngineTest, BarredAndExcluded) {
  offer(1, testing::with(testing::offer({{"cpu", "2"}}), "rack", "7"), "p@a.org");
  offer(2, testing::offer({{"cpu", "4"}}), "q@b.org");
  request(1, asks({{"cpu", "1"}}));
  EXPECT_EQ(best(1), 1);
  EXPECT_EQ(best(1, 0h, {{jid("p@a.org")}, {}, {}, {}}), 2);
  EXPECT_EQ(best(1, 0h, {{}, {"a.org"}, {}, {}}), 2);
  EXPECT_EQ(best(1, 0h, {{}, {}, {{"rack", "7"}}, {}}), -1);  // the other one has none
  EXPECT_EQ(best(1, 0h, {{}, {}, {{"rack", ""}}, {}}), 1);
  EXPECT_EQ(best(1, 0h, {{}, {}, {{"domain", "a.org"}}, {}}), 2);
  EXPECT_THAT(engine.values(1, "rack"), ElementsAre("7"));
  EXPECT_THAT(engine.values(2, "rack"), IsEmpty());
  EXPECT_THAT(engine.values(2, "provider"), ElementsAre("q@b.org"));
  EXPECT_EQ(engine.capacity("cpu"), 6000);

  engine.bar(jid("p@a.org"), true);
  EXPECT_EQ(best(1), 2);
  EXPECT_THAT(engine.wakes(1, kNow), IsEmpty());
  engine.bar(jid("p@a.org"), false);
  EXPECT_EQ(best(1), 1);
}

TEST_F(ReferenceEngineTest, Preferences) {
  offer(1, testing::with(testing::offer({{"cpu", "2"}}), "speed", "3"), "p@a.org");
  offer(2, testing::with(testing::with(testing::offer({{"cpu", "4"}}), "speed", "5"), "price", "9"), "q@b.org");
  offer(3, testing::offer({{"cpu", "8"}}), "r@b.org");
  engine.rate(jid("r@b.org"), {0.9, 0.9, 0.9, 0.9});
  struct Case {
    std::string prefers;
    int best;
  };
  const Case cases[] = {{"best-fit", 1}, {"availability", 3}, {"fastest", 2}, {"speed - price", 1}, {"cpu", 3}};
  for (const Case& c : cases) {
    auto content = asks({{"cpu", "1"}});
    auto parsed = domain::Preference::parse(c.prefers);
    ASSERT_TRUE(parsed.ok()) << c.prefers;
    content.prefers = std::move(parsed).value();
    request(1, content);
    EXPECT_EQ(best(1), c.best) << c.prefers;
  }
}

TEST_F(ReferenceEngineTest, DevicesAreGivenSoThatWholeOnesStayWhole) {
  offer(1, testing::offer({{"gpu", "3"}}));
  request(1, asks({{"gpu", "300m"}}));
  request(2, asks({{"gpu", "2"}}));
  request(3, asks({{"gpu", "3"}}));
  ASSERT_TRUE(book(1, 1, {{"gpu", "500m"}}, 0h, 5h, false, {{1, 500}}));
  EXPECT_EQ(engine.best(1, kNow, {})->devices, (std::vector<DeviceShare>{{1, 300}}));
  EXPECT_EQ(engine.best(2, kNow, {})->devices, (std::vector<DeviceShare>{{0, 1000}, {2, 1000}}));
  EXPECT_EQ(best(3), -1);
  EXPECT_TRUE(engine.feasible(1, {1, resources({{"gpu", "300m"}}), {{0, 300}}}, kNow, {}));
  EXPECT_FALSE(engine.feasible(1, {1, resources({{"gpu", "300m"}}), {{0, 150}, {1, 150}}}, kNow, {}));
  EXPECT_FALSE(engine.feasible(2, {1, resources({{"gpu", "2"}}), {{0, 1000}, {1, 1000}}}, kNow, {}));
}

TEST_F(ReferenceEngineTest, AnIndivisibleOfferIsTakenWhole) {
  auto content = testing::offer({{"cpu", "4"}, {"gpu", "2"}});
  content.terms.divisible = false;
  offer(1, content);
  request(1, asks({{"cpu", "1"}, {"gpu", "500m"}}));
  const auto placement = engine.best(1, kNow, {});
  ASSERT_TRUE(placement);
  EXPECT_EQ(placement->resources, content.resources);
  EXPECT_EQ(placement->devices.size(), 2U);
  ASSERT_TRUE(book(1, 1, {{"cpu", "1"}}, 2h, 3h, true));
  EXPECT_EQ(best(1, 30min), 1);
  EXPECT_EQ(best(1, 90min), -1);
}

TEST_F(ReferenceEngineTest, BookingsTakeTheirTime) {
  offer(1, testing::offer({{"cpu", "4"}}));
  request(1, asks({{"cpu", "3"}}, "", 2h));
  auto later = asks({{"cpu", "3"}}, "", 2h);
  later.start = kNow + 10h;
  request(2, later);

  ASSERT_TRUE(book(1, 1, {{"cpu", "2"}}, 0h, 10h, false));
  EXPECT_EQ(best(1), -1);
  EXPECT_EQ(best(2), 1);        // free again by then
  EXPECT_EQ(best(2, 10h), -1);  // but then it is in use, whatever it said
  ASSERT_TRUE(book(1, 2, {{"cpu", "4"}}, 10h, 12h, true));
  EXPECT_EQ(best(2), -1);
  EXPECT_FALSE(book(1, 3, {{"cpu", "1"}}, 0h, 11h, false));
  EXPECT_TRUE(book(1, 3, {{"cpu", "1"}}, 0h, 10h, false));
  EXPECT_FALSE(book(1, 4, {{"cpu", "2"}}, 5h, 6h, true));
  EXPECT_EQ(engine.broken(), "");

  EXPECT_FALSE(engine.begin(1, {2}));  // others are in its place
  engine.give_back(1, {1});
  engine.give_back(1, {3});
  EXPECT_TRUE(engine.begin(1, {2}));
  EXPECT_EQ(best(1), -1);  // from now on
  engine.give_back(1, {2});
  EXPECT_EQ(best(1), 1);
}

TEST_F(ReferenceEngineTest, Prolonging) {
  auto content = testing::offer({{"cpu", "4"}});
  content.terms.max_lease = 20h;
  content.expires = kNow + 30h;
  content.schedule = {"Mon 00:00-24:00, Tue 00:00-17:00", ""};
  offer(1, content);
  ASSERT_TRUE(book(1, 1, {{"cpu", "3"}}, 0h, 5h, false));
  ASSERT_TRUE(book(1, 2, {{"cpu", "2"}}, 18h, 19h, true));
  EXPECT_TRUE(engine.prolong(1, {1}, kNow + 6h, kNow + 1h));
  EXPECT_EQ(engine.bookings(1).at({1}).when.until, kNow + 6h);
  EXPECT_TRUE(engine.prolong(1, {1}, kNow + 18h, kNow));
  EXPECT_FALSE(engine.prolong(1, {1}, kNow + 18h + 1us, kNow));  // the one ahead
  engine.give_back(1, {2});
  EXPECT_TRUE(engine.prolong(1, {1}, kNow + 20h, kNow));
  EXPECT_FALSE(engine.prolong(1, {1}, kNow + 20h + 1us, kNow));        // no such lease
  EXPECT_TRUE(engine.prolong(1, {1}, kNow + 29h, kNow + 10h));         // up to closing time
  EXPECT_FALSE(engine.prolong(1, {1}, kNow + 29h + 1us, kNow + 10h));  // closed
  EXPECT_EQ(engine.bookings(1).at({1}).when.until, kNow + 29h);
}

TEST_F(ReferenceEngineTest, Queues) {
  auto urgent = asks({{"cpu", "1"}});
  urgent.priority = 5;
  request(5, asks({{"cpu", "1"}}));
  request(3, asks({{"cpu", "1"}}));
  request(7, urgent);
  request(4, asks({{"cpu", "1"}}), "d@x.edu");
  request(2, asks({{"cpu", "8"}}));
  EXPECT_THAT(engine.heads(), ElementsAre(2, 4, 7));
  EXPECT_EQ(engine.next_in_queue(7), RequestHandle{3});
  EXPECT_EQ(engine.next_in_queue(3), RequestHandle{5});
  EXPECT_EQ(engine.next_in_queue(5), std::nullopt);
  EXPECT_TRUE(engine.same_queue(3, 7));
  EXPECT_FALSE(engine.same_queue(3, 4));
  offer(1, testing::offer({{"cpu", "2"}}));
  EXPECT_THAT(engine.wakes(1, kNow), ElementsAre(4, 7));
  engine.remove_request(7);
  EXPECT_THAT(engine.wakes(1, kNow), ElementsAre(3, 4));
}

TEST_F(ReferenceEngineTest, Openings) {
  EXPECT_EQ(engine.next_opening(), Timestamp::max());
  EXPECT_FALSE(engine.advance(kNow));
  auto content = testing::offer({{"cpu", "2"}});
  offer(1, content);
  EXPECT_EQ(engine.next_opening(), Timestamp::max());
  content.starts = kNow + 3h;
  offer(2, content);
  EXPECT_EQ(engine.next_opening(), kNow + 3h);
  content.starts = {};
  content.schedule = {"Mon 14:00-18:00", ""};
  offer(3, content);
  EXPECT_EQ(engine.next_opening(), kNow + 2h);
  EXPECT_FALSE(engine.advance(kNow + 2h - 1us));
  EXPECT_TRUE(engine.advance(kNow + 2h));
  EXPECT_FALSE(engine.advance(kNow + 2h));
  EXPECT_EQ(engine.next_opening(), kNow + 3h);
  EXPECT_TRUE(engine.advance(kNow + 4h));
  EXPECT_EQ(engine.next_opening(), kNow + 2h + 24h * 7);
  content.expires = kNow + 24h;
  offer(3, content);
  EXPECT_EQ(engine.next_opening(), Timestamp::max());
  EXPECT_FALSE(engine.advance(kNow + 1h));  // a clock that stepped back
  EXPECT_EQ(engine.next_opening(), kNow + 2h);
}

TEST_F(ReferenceEngineTest, HoldsKeepTheirPlace) {
  offer(1, testing::offer({{"cpu", "4"}}), "p@a.org");
  offer(2, testing::offer({{"cpu", "4"}}), "q@b.org");
  ASSERT_TRUE(book(1, 1, {{"cpu", "1"}}, 0h, 5h, false));
  ASSERT_TRUE(book(2, 2, {{"cpu", "1"}}, 0h, 3h, false));
  request(1, asks({{"cpu", "4"}}, "", 2h));
  request(2, asks({{"cpu", "3"}}, "", 3h), "d@x.edu");
  request(3, asks({{"cpu", "3"}}, "", 4h), "d@x.edu");
  const auto hold = engine.hold(1, kNow, {});
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->offer, 2U);
  EXPECT_EQ(hold->from, kNow + 3h);
  EXPECT_EQ(engine.held_for(1)->offer, 2U);

  EXPECT_EQ(best(2, 0h, {{jid("p@a.org")}, {}, {}, {}}), 2);   // over before
  EXPECT_EQ(best(3, 0h, {{jid("p@a.org")}, {}, {}, {}}), -1);  // would be in the way
  EXPECT_TRUE(engine.best(1, kNow + 3h, {}) == std::nullopt);  // its booking is overdue
  EXPECT_FALSE(engine.prolong(2, {2}, kNow + 4h, kNow));
  engine.give_back(2, {2});
  EXPECT_EQ(best(1, 3h), 2);  // whose hold it is
  EXPECT_EQ(best(3, 3h, {{jid("p@a.org")}, {}, {}, {}}), -1);

  // Another hold is chosen around it.
  const auto second = engine.hold(3, kNow, {{jid("p@a.org")}, {}, {}, {}});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->from, kNow + 5h);
  engine.remove_request(1);
  EXPECT_EQ(engine.held_for(3)->from, kNow + 5h);
  EXPECT_EQ(engine.hold(3, kNow, {{jid("p@a.org")}, {}, {}, {}})->from, kNow);

  request(4, asks({{"cpu", "5"}}));
  EXPECT_EQ(engine.hold(4, kNow, {}), std::nullopt);
  engine.remove_offer(2);
  EXPECT_EQ(engine.held_for(3), std::nullopt);
}

TEST_F(ReferenceEngineTest, HoldsWaitForOpening) {
  auto content = testing::offer({{"cpu", "4"}});
  content.schedule = {"Mon 11:00-13:00, Tue 08:00-10:00, Wed 08:00-18:00", ""};
  offer(1, content);
  request(1, asks({{"cpu", "4"}}, "", 2h));
  EXPECT_EQ(engine.hold(1, kNow, {})->from, kNow + 20h);  // Tuesday, 8
  request(2, asks({{"cpu", "1"}}, "", 3h));
  EXPECT_EQ(engine.hold(2, kNow, {})->from, kNow + 44h);  // Wednesday, 8
  request(3, asks({{"cpu", "1"}}, "", 11h));
  EXPECT_EQ(engine.hold(3, kNow, {}), std::nullopt);
}

TEST_F(ReferenceEngineTest, ExplainsWhatItSees) {
  offer(1, testing::with(testing::offer({{"cpu", "8"}}), "arch", "x86_64"));
  offer(2, testing::with(testing::offer({{"cpu", "32"}}), "arch", "x86_64"));
  offer(3, testing::with(testing::offer({{"cpu", "32"}}), "arch", "arm64"));
  ASSERT_TRUE(book(2, 1, {{"cpu", "20"}}, 0h, 2h, false));
  request(1, asks({{"cpu", "16"}}, "(arch=x86_64)"));
  const Explanation explanation = engine.explain(1, kNow, {});
  EXPECT_EQ(explanation.offers, 3U);
  EXPECT_EQ(explanation.fitting, 0U);
  EXPECT_THAT(explanation.changes,
              ElementsAre("ask for cpu 12 instead of 16 (1 offer)", "leave out (arch=x86_64) (1 offer)",
                          "start at 2026-11-23 14:00 UTC, when it is free again (1 offer)"));
  ASSERT_FALSE(explanation.nearest.empty());
  EXPECT_EQ(explanation.nearest.front().offer, 2U);
  EXPECT_EQ(explanation.nearest.front().from, kNow + 2h);
}

}  // namespace
}  // namespace bourse::matching
