// Who gets what comes free: shares, priorities, quotas, gangs, spares, and requests too large to be lucky.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market_fixture.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@c.test/cli";
constexpr char kDora[] = "dora@d.test/cli";

domain::Request cpu(const std::string& amount, std::uint32_t count = 1) { return request_of({{"cpu", amount}}, count); }

TEST(Fairness, WhoHasLessComesFirst) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "c1", cpu("1"));
  (void)pool.request(kBob, "b", cpu("3"));
  (void)pool.request(kCarl, "c2", cpu("3"));
  (void)pool.request(kDora, "d", cpu("3"));
  EXPECT_THAT(in_words(pool.retract(kBob, "grants", "g2")), Contains("grant g3 on a for d")) << "carl has one already";
}

TEST(Fairness, WhatWasUsedBeforeCountsToo) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  auto day = cpu("4");
  day.duration = 24h;
  (void)pool.request(kCarl, "c1", day);
  (void)pool.pass(23h);
  (void)pool.request(kCarl, "c2", cpu("4"));
  (void)pool.request(kDora, "d", cpu("4"));
  EXPECT_THAT(in_words(pool.pass(1h)), Contains("grant g2 on a for d"));
}

TEST(Fairness, PriorityOrdersOnesOwnRequestsOnly) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kBob, "b", cpu("4"));
  (void)pool.request(kCarl, "low", cpu("4"));
  auto urgent = cpu("4");
  urgent.priority = 10;
  (void)pool.request(kCarl, "urgent", urgent);
  EXPECT_THAT(in_words(pool.retract(kBob, "grants", "g1")), Contains("grant g2 on a for urgent"));
}

TEST(Quotas, BoundWhatAGroupHolds) {
  Rules rules;
  rules.groups.push_back({"c", domain::Filter::parse("(domain=c.test)").value(), resources({{"cpu", "2"}}), 1.0});
  Pool pool(rules);
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "8"}}));
  (void)pool.request(kCarl, "c1", cpu("2"));
  EXPECT_THAT(in_words(pool.request(kCarl, "c2", cpu("2"))), Contains("request c2 waiting 0"));
  EXPECT_THAT(in_words(pool.request(kDora, "d", cpu("2"))), Contains("grant g2 on a for d"));
  EXPECT_THAT(in_words(pool.request(kCarl, "gang",
                                    [] {
                                      auto gang = cpu("1", 3);
                                      gang.gang = true;
                                      return gang;
                                    }())),
              Contains("request gang waiting 0"));
  EXPECT_THAT(in_words(pool.retract(kCarl, "grants", "g1")), Contains("grant g3 on a for c2"));
}

TEST(Gangs, AreServedWholeOrNotAtAll) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  auto gang = cpu("2", 3);
  gang.gang = true;
  EXPECT_THAT(in_words(pool.request(kCarl, "gang", gang)), ElementsAre("request gang waiting 0", "published gang"));
  EXPECT_THAT(in_words(pool.request(kDora, "d", cpu("2"))), Contains("grant g1 on a for d")) << "nothing is kept back";
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "2"}}))), Not(Contains(HasSubstr("for gang"))));
  const auto plan = pool.publish("eve@e.test/pc", "e", offer_of({{"cpu", "2"}}));
  EXPECT_THAT(in_words(plan), Contains("request gang granted 3"));
}

TEST(Gangs, TakeTheLeastWhenTheirQuotaIsShort) {
  Rules rules;
  rules.groups.push_back({"c", domain::Filter::parse("(domain=c.test)").value(), resources({{"cpu", "4"}}), 1.0});
  Pool pool(rules);
  auto whole = offer_of({{"cpu", "3"}});
  whole.terms.divisible = false;
  whole.attributes.push_back(domain::make_attribute("speed", "9", domain::AttributeType::kNumber).value());
  (void)pool.publish(kAnn, "whole", whole);
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "2"}}));
  auto gang = cpu("1", 3);
  gang.gang = true;
  gang.prefers = domain::Preference::parse("speed").value();
  EXPECT_THAT(in_words(pool.request(kCarl, "none", gang)), Contains("request none waiting 0")) << "3 + 1 + 1";
  (void)pool.retract(kCarl, "requests", "none");
  (void)pool.publish("eve@e.test/pc", "e", offer_of({{"cpu", "1"}}));
  EXPECT_THAT(in_words(pool.request(kCarl, "gang", gang)), Contains("request gang granted 3")) << "1 + 1 + 1";
}

TEST(Gangs, OfProposalsThatCannotBeCompletedAreDisbanded) {
  Pool pool;
  auto asking = offer_of({{"cpu", "2"}});
  asking.terms.confirm = domain::Confirm::kManual;
  (void)pool.publish(kAnn, "a", asking);
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "2"}}));
  auto gang = cpu("2", 2);
  gang.gang = true;
  (void)pool.request(kCarl, "gang", gang);
  const auto plan = pool.action(kAnn, GrantAction::Kind::kDecline, 1);
  EXPECT_THAT(in_words(plan), Contains("g1 declined"));
  EXPECT_THAT(in_words(plan), Contains("g2 released"));
  EXPECT_EQ(pool.state.find_request({"gang"})->granted, 0U);
  EXPECT_THAT(in_words(pool.publish("eve@e.test/pc", "e", offer_of({{"cpu", "2"}}))),
              Contains("request gang granted 2"));
}

TEST(Gangs, ReplaceWhatTheyLoseOneByOne) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "2"}}));
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "2"}}));
  auto gang = cpu("2", 2);
  gang.gang = true;
  (void)pool.request(kCarl, "gang", gang);
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "a")), Not(Contains("g2 released")));
  EXPECT_THAT(in_words(pool.publish("eve@e.test/pc", "e", offer_of({{"cpu", "2"}}))),
              Contains("grant g3 on e for gang"));
}

TEST(Spread, ByAttributeAndDomain) {
  Pool pool;
  const auto in_rack = [](const char* rack) {
    auto offer = offer_of({{"cpu", "4"}});
    offer.attributes.push_back(domain::make_attribute("rack", rack, domain::AttributeType::kString).value());
    return offer;
  };
  (void)pool.publish(kAnn, "a1", in_rack("r1"));
  (void)pool.publish(kAnn, "a2", in_rack("r2"));
  (void)pool.publish(kBob, "b", offer_of({{"cpu", "4"}}));
  auto request = cpu("1", 3);
  request.spread = "rack";
  EXPECT_THAT(in_words(pool.request(kCarl, "racks", request)), Contains("request racks waiting 2"))
      << "b is in no rack that is known";
  request.spread = domain::kByDomain;
  request.count = 2;
  EXPECT_THAT(in_words(pool.request(kCarl, "domains", request)), Contains("request domains granted 2"));
}

// One that is closed for the moment keeps its grants.
TEST(Spread, SeesGrantsOfClosedOffers) {
  const auto in_zone = [](const char* zone) {
    auto offer = offer_of({{"cpu", "4"}});
    offer.attributes.push_back(domain::make_attribute("zone", zone, domain::AttributeType::kString).value());
    return offer;
  };
  Pool pool;
  pool.act(kAnn, SessionAvailable{});
  (void)pool.publish(kAnn, "a", in_zone("north"));
  auto request = cpu("1", 2);
  request.spread = "zone";
  (void)pool.request(kCarl, "r", request);
  (void)pool.act(kAnn, SessionGone{});
  EXPECT_THAT(in_words(pool.publish(kBob, "b", in_zone("north"))), Not(Contains(HasSubstr("for r"))));
  pool.act(kAnn, SessionAvailable{});
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", in_zone("south"))), Contains("grant g2 on b for r"))
      << "it has moved, so that the north is open to the request";
}

TEST(AntiAffinity, KeepsAwayFromAnotherRequest) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "primary", cpu("1"));
  auto standby = cpu("1");
  standby.apart = {{{"primary"}, std::string(domain::kByProvider)}};
  EXPECT_THAT(in_words(pool.request(kCarl, "standby", standby)), Contains("request standby waiting 0"));
  EXPECT_THAT(in_words(pool.retract(kCarl, "grants", "g1")), Contains("grant g2 on a for standby"));
}

TEST(Spares, CoverWhatIsLost) {
  Pool pool;
  for (const auto* who : {"ann@a.test/pc", "bob@b.test/pc", "eve@e.test/pc"}) {
    (void)pool.publish(who, std::string(who, 3), offer_of({{"cpu", "1"}}));
  }
  auto request = cpu("1", 2);
  request.spares = 3;
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request)), Contains("request r granted 3"));
  EXPECT_THAT(in_words(pool.retract(kAnn, "offers", "ann")), Contains("request r granted 2"));
  EXPECT_THAT(in_words(pool.retract(kBob, "offers", "bob")), Contains("request r waiting 1"));
}

TEST(Backfill, ALargeRequestIsServedThoughSmallOnesKeepComing) {
  Rules rules;
  rules.starving_after = 10min;
  Pool pool(rules);
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  int made = 0;
  const auto small = [&] {
    auto request = cpu("1");
    request.duration = 30min;
    return pool.request(kBob, "s" + std::to_string(made++), request);
  };
  for (int i = 0; i < 4; ++i) {
    (void)small();
    (void)pool.pass(1min);
  }
  auto large = cpu("4");
  (void)pool.request(kCarl, "large", large);
  bool served = false;
  for (int minute = 0; minute < 60 && !served; ++minute) {
    (void)small();
    for (const auto& word : in_words(pool.pass(1min))) served = served || word.ends_with("for large");
  }
  EXPECT_TRUE(served);
}

TEST(Explain, IsForTheConsumerAndOperators) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "r", cpu("8"));
  EXPECT_THAT(in_words(pool.act(kDora, ExplainRequest{{"r"}})),
              ElementsAre("error " + std::to_string(static_cast<int>(base::Errc::kNotFound))));
  const auto plan = pool.act(kCarl, ExplainRequest{{"r"}});
  EXPECT_FALSE(plan.writes());
  ASSERT_EQ(plan.replies.size(), 1U);
  const auto& answer = std::get<RequestExplanation>(plan.replies[0].body);
  EXPECT_EQ(answer.offers, 1U);
  EXPECT_EQ(answer.fitting, 0U);
  ASSERT_FALSE(answer.rejections.empty());
  EXPECT_EQ(answer.rejections[0].obstacle, matching::Obstacle::kResource);
  EXPECT_EQ(answer.rejections[0].what, "cpu");
  ASSERT_FALSE(answer.nearest.empty());
  EXPECT_EQ(answer.nearest[0].offer.value, "a");
}

}  // namespace
}  // namespace bourse::market
