// What operators decide about a JID: drained, banned, and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market_fixture.h"

namespace bourse::market {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kAnn[] = "ann@a.test/pc";
constexpr char kBob[] = "bob@b.test/pc";
constexpr char kCarl[] = "carl@c.test/cli";
constexpr char kAdmin[] = "admin@a.test/x";

std::string error(base::Errc code) { return "error " + std::to_string(static_cast<int>(code)); }

Plan drain(Pool& pool, bool on, const std::string& reason = "") {
  return pool.act(kAdmin, Sanction{.jid = jid(kAnn), .drained = on, .reason = reason});
}
Plan ban(Pool& pool, bool on, const std::string& reason = "") {
  return pool.act(kAdmin, Sanction{.jid = jid(kAnn), .banned = on, .reason = reason});
}

std::vector<std::string> trail(const Plan& plan) {
  std::vector<std::string> words;
  for (const auto& [index, entry] : plan.audit) {
    words.push_back(std::string(audit::name(entry.kind)) + " " + entry.reason);
  }
  return words;
}

TEST(Sanctions, AreOperatorsOnly) {
  Pool pool;
  for (const auto& sanction : {Sanction{.jid = jid(kAnn), .drained = true}, Sanction{.jid = jid(kAnn), .banned = true},
                               Sanction{.jid = jid(kAnn), .banned = false}}) {
    const auto plan = pool.act(kBob, sanction);
    EXPECT_THAT(in_words(plan), ElementsAre(error(base::Errc::kForbidden)));
    EXPECT_FALSE(plan.writes());
  }
  EXPECT_FALSE(pool.state.is_banned(jid("ann@a.test")));
  EXPECT_FALSE(pool.state.is_drained(jid("ann@a.test")));
}

TEST(Sanctions, WhatMakesNoSenseIsRefused) {
  Pool pool;
  EXPECT_THAT(in_words(pool.act(kAdmin, Sanction{.banned = true})), ElementsAre(error(base::Errc::kBadRequest)));
  // An operator that is banned could not take it back.
  EXPECT_THAT(in_words(pool.act(kAdmin, Sanction{.jid = jid("admin@a.test"), .banned = true})),
              ElementsAre(error(base::Errc::kNotAllowed)));
  EXPECT_THAT(in_words(pool.act(kAdmin, Sanction{.jid = jid("admin@a.test"), .drained = true})), Contains("ok"));
}

TEST(Sanctions, AreIdempotent) {
  Pool pool;
  EXPECT_FALSE(ban(pool, false).writes());
  EXPECT_TRUE(ban(pool, true, "spam").writes());
  const auto again = ban(pool, true, "other words");
  EXPECT_THAT(in_words(again), ElementsAre("ok"));
  EXPECT_FALSE(again.writes());
  EXPECT_FALSE(pool.act(kAdmin, Sanction{.jid = jid(kAnn)}).writes());
  EXPECT_TRUE(ban(pool, false).writes());
  EXPECT_FALSE(ban(pool, false).writes());
  EXPECT_THAT(pool.state.sanctions, IsEmpty());
}

TEST(Sanctions, AreAboutTheBareJidAndInTheAuditLog) {
  Pool pool;
  const auto drained = drain(pool, true, "maintenance");
  EXPECT_THAT(in_words(drained), ElementsAre("ann@a.test drained", "ok"));
  EXPECT_THAT(trail(drained), ElementsAre("sanctioned drained: maintenance"));
  EXPECT_EQ(drained.audit.front().entry.provider, jid("ann@a.test"));
  EXPECT_EQ(drained.audit.front().entry.actor, jid(kAdmin));
  EXPECT_EQ(pool.state.sanctions.at(jid("ann@a.test")).reason, "maintenance");

  const auto both = ban(pool, true);
  EXPECT_THAT(in_words(both), ElementsAre("ann@a.test drained banned", "ok"));
  EXPECT_THAT(trail(both), ElementsAre("sanctioned banned"));
  EXPECT_EQ(pool.state.sanctions.at(jid("ann@a.test")).reason, "maintenance");  // the last that was given

  const auto neither = pool.act(kAdmin, Sanction{.jid = jid(kAnn), .drained = false, .banned = false});
  EXPECT_THAT(in_words(neither), ElementsAre("ann@a.test", "ok"));
  EXPECT_THAT(trail(neither),
              ElementsAre("sanction-lifted not drained any more", "sanction-lifted not banned any more"));
}

TEST(Drained, ItsOffersGetNoNewGrantsAndKeepTheOld) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  EXPECT_THAT(in_words(pool.request(kCarl, "r1", request_of({{"cpu", "1"}}))), Contains("grant g1 on a for r1"));
  const auto drained = drain(pool, true);
  EXPECT_THAT(in_words(drained), Not(Contains("g1 revoked")));
  EXPECT_NE(pool.state.find_grant({1}), nullptr);
  EXPECT_THAT(in_words(pool.request(kCarl, "r2", request_of({{"cpu", "1"}}))), Contains("request r2 waiting 0"));
  // Neither by publishing again, nor by what comes free.
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", offer_of({{"cpu", "8"}}))), Not(Contains("grant g2 on a for r2")));
  EXPECT_THAT(in_words(pool.retract(kCarl, "grants", "g1")), Not(Contains("grant g2 on a for r2")));
  // Others are not touched.
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "1"}}))), Contains("grant g2 on b for r2"));
}

TEST(Drained, LiftedItServesWhoWaits) {
  Pool pool;
  (void)drain(pool, true);
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kCarl, "r", request_of({{"cpu", "1"}}));
  const auto lifted = drain(pool, false);
  EXPECT_THAT(in_words(lifted), Contains("grant g1 on a for r"));
}

TEST(Banned, LosesWhatItHas) {
  Pool pool;
  (void)pool.act(kAnn, pubsub::Command(pubsub::Subscribe{{"commons/offers"}, jid(kAnn)}));
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.publish(kAnn, "a2", offer_of({{"cpu", "4"}}));
  (void)pool.publish(kBob, "b", offer_of({{"memory", "1Gi"}}));
  (void)pool.request(kCarl, "carls", request_of({{"cpu", "1"}}));     // on one of Ann's
  (void)pool.request(kAnn, "anns", request_of({{"memory", "1Gi"}}));  // on Bob's
  (void)pool.request(kAnn, "waits", request_of({{"gpu", "1"}}));
  ASSERT_NE(pool.state.find_grant({2}), nullptr);

  const auto plan = ban(pool, true, "spam");
  const auto words = in_words(plan);
  for (const auto* change :
       {"ann@a.test banned", "-offer a", "-offer a2", "ann@a.test down", "g1 revoked", "g2 released",
        "request anns cancelled 1", "request waits cancelled 0", "-sub commons/offers ann@a.test/pc", "ok"}) {
    EXPECT_THAT(words, Contains(change));
  }
  EXPECT_THAT(words, Not(Contains("-offer b")));
  EXPECT_EQ(trail(plan).front(), "sanctioned banned: spam");  // the reason of all that follows
  EXPECT_NE(pool.state.find_request({"carls"}), nullptr);     // waits for another provider
  EXPECT_EQ(pool.state.nodes.subscription_count(), 0U);
}

TEST(Banned, IsRefusedUntilItIsLifted) {
  Pool pool;
  (void)ban(pool, true, "spam");
  struct Case {
    const char* name;
    Plan plan;
  };
  const Case cases[] = {
      {"publish", pool.publish("ann@a.test/phone", "a", offer_of({{"cpu", "1"}}))},
      {"request", pool.request(kAnn, "r", request_of({{"cpu", "1"}}))},
      {"retract", pool.retract(kAnn, "offers", "a")},
      {"subscribe", pool.act(kAnn, pubsub::Command(pubsub::Subscribe{{"commons/offers"}, jid(kAnn)}))},
      {"sanction", pool.act(kAnn, Sanction{.jid = jid(kAnn), .banned = false})},
  };
  for (const auto& [name, plan] : cases) {
    EXPECT_THAT(in_words(plan), ElementsAre(error(base::Errc::kForbidden))) << name;
    EXPECT_FALSE(plan.writes()) << name;
  }
  EXPECT_THAT(std::get<base::Error>(cases[0].plan.replies.front().body).text, HasSubstr("spam"));
  EXPECT_THAT(in_words(pool.publish(kBob, "b", offer_of({{"cpu", "1"}}))), Contains("+offer b"));
  (void)ban(pool, false);
  EXPECT_THAT(in_words(pool.publish(kAnn, "a", offer_of({{"cpu", "1"}}))), Contains("+offer a"));
}

TEST(Banned, ItsOwnRequestOnItsOwnOfferGoesToo) {
  Pool pool;
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  (void)pool.request(kAnn, "r", request_of({{"cpu", "1"}}, 2));
  (void)pool.request(kCarl, "next", request_of({{"cpu", "4"}}));
  const auto words = in_words(ban(pool, true));
  EXPECT_THAT(words, Contains("request r cancelled 2"));
  EXPECT_THAT(words, Contains("-offer a"));
  EXPECT_THAT(words, Not(Contains("grant g3 on a for next")));
  EXPECT_EQ(pool.state.find_offer({"a"}), nullptr);
}

TEST(Sanctions, AreLoaded) {
  Pool pool;
  ASSERT_TRUE(pool.state.on_sanction({.jid = jid("ann@a.test"), .drained = true, .since = pool.now}).ok());
  (void)pool.publish(kAnn, "a", offer_of({{"cpu", "4"}}));
  EXPECT_THAT(in_words(pool.request(kCarl, "r", request_of({{"cpu", "1"}}))), Contains("request r waiting 0"));
  EXPECT_FALSE(drain(pool, true).writes());
}

}  // namespace
}  // namespace bourse::market
