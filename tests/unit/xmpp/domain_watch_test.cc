// Whether it is a machine that went, or the way to its whole domain.
#include "xmpp/domain_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "market/lane.h"
#include "service_fixture.h"
#include "xmpp/retries.h"

namespace bourse::xmpp {
namespace {

using testing_service::jid;
using testing_service::RecordingSender;
using testing_service::ServiceTest;

constexpr base::Timestamp kStart{std::chrono::hours(1)};

struct DomainWatchTest : testing::Test {
  std::vector<std::string> pass(std::uint64_t ticks) {
    std::vector<std::string> lost;
    for (std::uint64_t i = 0; i < ticks; ++i) {
      for (const auto& each : watch.tick(sender)) lost.push_back(each.domain);
    }
    return lost;
  }
  DomainWatch watch{jid("bourse.b.test")};
  RecordingSender sender;
};

TEST_F(DomainWatchTest, ASilentDomainIsAskedAndThenLostOnce) {
  watch.met(jid("ann@a.test/pc"), kStart);
  EXPECT_THAT(pass(DomainWatch::kSilentTicks - 1), testing::IsEmpty());
  EXPECT_THAT(sender.sent, testing::IsEmpty());
  EXPECT_THAT(pass(1), testing::IsEmpty());
  ASSERT_EQ(sender.sent.size(), 1U);
  EXPECT_THAT(sender.sent[0], testing::HasSubstr("to='a.test'"));
  EXPECT_THAT(pass(DomainWatch::kPatienceTicks - DomainWatch::kSilentTicks), testing::ElementsAre("a.test"));
  EXPECT_THAT(pass(100), testing::IsEmpty());
  EXPECT_GT(sender.sent.size(), 5U) << "it is asked on, or nobody would notice that it is back";
  EXPECT_TRUE(watch.heard("a.test", kStart));
  EXPECT_FALSE(watch.heard("a.test", kStart)) << "told once";
  EXPECT_THAT(watch.sessions_at("a.test"), testing::ElementsAre(jid("ann@a.test/pc")));
}

TEST_F(DomainWatchTest, WhoIsHeardIsNotAsked) {
  watch.met(jid("ann@a.test/pc"), kStart);
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(pass(DomainWatch::kSilentTicks - 1), testing::IsEmpty());
    EXPECT_FALSE(watch.heard("a.test", kStart));
  }
  EXPECT_THAT(sender.sent, testing::IsEmpty());
}

TEST_F(DomainWatchTest, AServerThatGaveUpNeedsNoPatience) {
  watch.met(jid("ann@a.test/pc"), kStart);
  watch.unreachable("a.test", "domain-0");
  EXPECT_THAT(pass(DomainWatch::kSilentTicks), testing::IsEmpty()) << "it was not asked";
  watch.unreachable("a.test", "domain-4");
  EXPECT_THAT(pass(1), testing::IsEmpty()) << "nor by that";
  watch.unreachable("a.test", "domain-5");
  EXPECT_THAT(pass(1), testing::ElementsAre("a.test"));
}

// Somebody there says all the time that it is not to be reached, which it is.
TEST_F(DomainWatchTest, ADomainThatIsDoubtedIsAskedAndNoMore) {
  watch.met(jid("ann@a.test/pc"), kStart);
  for (int i = 0; i < 50; ++i) {
    watch.doubt("a.test");
    EXPECT_THAT(pass(1), testing::IsEmpty());
    EXPECT_FALSE(watch.heard("a.test", kStart));
  }
  EXPECT_GT(sender.sent.size(), 5U);
  EXPECT_LE(sender.sent.size(), 11U) << "not as often as it is doubted";
}

TEST_F(DomainWatchTest, NobodyIsLostWhoWasNotAsked) {
  watch.met(jid("ann@a.test/pc"), kStart);
  sender.up = false;
  EXPECT_THAT(pass(100), testing::IsEmpty());
  sender.up = true;
  EXPECT_THAT(pass(DomainWatch::kAnswerTicks), testing::IsEmpty());
  EXPECT_THAT(pass(1), testing::ElementsAre("a.test"));
}

TEST_F(DomainWatchTest, WhoIsLostStaysSoWhileOurOwnServerIsAway) {
  watch.met(jid("ann@a.test/pc"), kStart);
  watch.met(jid("bob@c.test/pc"), kStart);
  for (std::uint64_t i = 0; i < DomainWatch::kPatienceTicks; ++i) {
    (void)watch.tick(sender);
    EXPECT_FALSE(watch.heard("c.test", kStart));
  }
  EXPECT_TRUE(watch.is_lost("a.test"));
  watch.forget();
  EXPECT_TRUE(watch.heard("a.test", kStart));
  EXPECT_THAT(watch.sessions_at("a.test"), testing::ElementsAre(jid("ann@a.test/pc")));
  EXPECT_THAT(watch.sessions_at("c.test"), testing::IsEmpty());
}

TEST_F(DomainWatchTest, AsManyAsThereIsRoomForAndTheLostGiveWay) {
  const auto meet = [&](const std::string& name, std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) watch.met(jid("x@" + name + std::to_string(i) + ".test/pc"), kStart);
  };
  meet("d", 0, DomainWatch::kMostDomains + 1);
  const auto last = "d" + std::to_string(DomainWatch::kMostDomains) + ".test";
  EXPECT_TRUE(watch.is_heard(last)) << "nobody watches it: what its sessions do not answer counts";
  const auto lost = pass(DomainWatch::kPatienceTicks);
  EXPECT_EQ(lost.size(), DomainWatch::kMostLostAtOnce);
  watch.met(jid("x@new.test/pc"), kStart);
  EXPECT_THAT(watch.sessions_at("new.test"), testing::SizeIs(1));
}

TEST_F(DomainWatchTest, ItsOwnServersDomainAndThoseWithoutSessionsAreNotWatched) {
  watch.met(jid("bob@b.test/pc"), kStart);
  watch.met(jid("ann@a.test/pc"), kStart);
  watch.left(jid("ann@a.test/pc"));
  EXPECT_THAT(pass(100), testing::IsEmpty());
  EXPECT_THAT(sender.sent, testing::IsEmpty());
  EXPECT_TRUE(watch.is_heard("b.test"));
  EXPECT_FALSE(watch.is_heard("a.test")) << "nothing is known of it";
}

struct LostDomain : ServiceTest {
  void presence(const std::string& from, const std::string& type = {}) {
    receive("<presence from='" + from + "' to='bourse.localhost'" + (type.empty() ? "" : " type='" + type + "'") +
            "/>");
  }
  void bounce(const std::string& stanza, const std::string& from, const std::string& condition,
              const std::string& id = "x") {
    receive("<" + stanza + " type='error' id='" + id + "' from='" + from +
            "' to='bourse.localhost'><error type='wait'><" + condition +
            " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></" + stanza + ">");
  }
  template <class Body>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        backend.commands, [](const auto& command) { return std::holds_alternative<Body>(command.body); }));
  }
  void pass(std::uint64_t ticks) {
    for (std::uint64_t i = 0; i < ticks; ++i) service.on_tick();
  }
};

TEST_F(LostDomain, IsTheMarketsToKnowAndItsSessionsAreCalledWhenItIsBack) {
  presence("ann@a.test/pc");
  clock.advance(std::chrono::seconds(20));
  pass(DomainWatch::kPatienceTicks);
  ASSERT_EQ(count<market::DomainLost>(), 1U);
  const auto& lost = std::get<market::DomainLost>(backend.commands.back().body);
  EXPECT_EQ(lost.domain, "a.test");
  EXPECT_EQ(lost.since, clock.now() - std::chrono::seconds(20));
  EXPECT_EQ(count<market::SessionGone>(), 0U);
  sender.sent.clear();
  receive("<iq type='result' id='domain-5' from='a.test' to='bourse.localhost'/>");
  EXPECT_THAT(sent(), testing::HasSubstr("<presence from='bourse.localhost' to='ann@a.test/pc'/>"));
  service.on_tick();
  EXPECT_THAT(sent(), testing::HasSubstr("to='ann@a.test/pc' id='probe-")) << "it may have gone meanwhile";
}

TEST_F(LostDomain, IsNotWhatASessionThatWentMeans) {
  presence("ann@a.test/pc");
  presence("ann@a.test/pc", "unavailable");
  EXPECT_EQ(count<market::SessionGone>(), 1U);
  pass(100);
  EXPECT_EQ(count<market::DomainLost>(), 0U);
}

TEST_F(LostDomain, WhatAServerSaysInItsPlaceIsNoSignOfLifeOfAnybody) {
  presence("ann@a.test/pc");
  pass(DomainWatch::kSilentTicks);
  bounce("message", "ann@a.test", "remote-server-timeout");
  bounce("presence", "ann@a.test/pc", "remote-server-not-found");
  bounce("iq", "ann@a.test/pc", "remote-server-not-found");
  EXPECT_EQ(count<market::SessionGone>(), 0U) << "nobody knows";
  pass(1);
  EXPECT_EQ(count<market::DomainLost>(), 0U) << "anybody may say that";
  bounce("iq", "a.test", "remote-server-not-found", "domain-5");
  pass(1);
  EXPECT_EQ(count<market::DomainLost>(), 1U);
  bounce("iq", "a.test", "remote-server-not-found");
  EXPECT_THAT(sent(), testing::Not(testing::HasSubstr("<presence from")));
  bounce("iq", "a.test", "service-unavailable");
  EXPECT_THAT(sent(), testing::HasSubstr("<presence from")) << "an answer of its own";
}

TEST_F(LostDomain, APingThatNobodyAnsweredSaysNothingOfOneSession) {
  service.probe({jid("ann@a.test/pc"), jid("bob@b.test/pc")});
  service.on_tick();
  receive("<iq type='result' id='x' from='b.test' to='bourse.localhost'/>");
  presence("eve@b.test/pc");
  for (std::uint64_t i = 0; i <= SessionProbe::kPatienceTicks; ++i) {
    service.on_tick();
    receive("<iq type='result' id='x' from='b.test' to='bourse.localhost'/>");
  }
  EXPECT_EQ(count<market::SessionGone>(), 1U) << "bob's server is there";
  pass(DomainWatch::kPatienceTicks + 1);
  EXPECT_GE(count<market::DomainLost>(), 1U) << "ann's is not";
  EXPECT_EQ(count<market::SessionGone>(), 1U);
}

// Its server fell silent while a session's ping was under way, and came back before it counted as lost.
TEST_F(LostDomain, WhoseSilenceSaysNothingIsAskedAgain) {
  service.probe({jid("ann@a.test/pc")});
  pass(1);
  receive("<message from='eve@a.test/pc' to='bourse.localhost'/>");
  pass(DomainWatch::kPatienceTicks - DomainWatch::kHeardTicks - 1);
  presence("eve@a.test/pc");
  pass(DomainWatch::kHeardTicks + 1);
  EXPECT_EQ(count<market::SessionGone>(), 0U) << "its server may have gone with it";
  receive("<iq type='result' id='x' from='a.test' to='bourse.localhost'/>");
  for (std::uint64_t i = 0; i <= SessionProbe::kPatienceTicks; ++i) {
    pass(1);
    receive("<iq type='result' id='x' from='a.test' to='bourse.localhost'/>");
  }
  EXPECT_EQ(count<market::SessionGone>(), 1U) << "it alone does not answer";
  EXPECT_EQ(count<market::DomainLost>(), 0U);
}

TEST_F(LostDomain, AFloodHoldsUpNoOtherDomain) {
  backend.refuse = base::Error{base::Errc::kResourceConstraint, "full"};
  presence("ann@a.test/pc");
  backend.refuse.reset();
  const auto publish = [&](const std::string& from) {
    const auto before = backend.commands.size();
    receive("<iq type='set' id='q' from='" + from + "' to='bourse.localhost'><pubsub " +
            "xmlns='http://jabber.org/protocol/pubsub'><subscribe node='commons/offers' jid='" + from +
            "'/></pubsub></iq>");
    return backend.commands.size() - before;
  };
  EXPECT_EQ(publish("bob@b.test/pc"), 1U);
  EXPECT_EQ(publish("ann@a.test/pc"), 2U) << "her presence went first";
}

TEST(Retries, KeepTheirOrderWithinADomainAndAroundTheLink) {
  std::vector<std::string> taken;
  std::string full = "a.test";
  const auto submit = [&](market::Command&& command) -> base::Status {
    if (command.actor.domain() == full) return {base::Errc::kResourceConstraint, "full"};
    taken.push_back(command.actor.empty() ? "link" : command.actor.text());
    return base::Done{};
  };
  Retries retries;
  const auto send = [&](const std::string& from) {
    market::Command command{{}, from.empty() ? domain::Jid() : jid(from), {}, market::SessionAvailable{}};
    const auto lane = market::lane_of(command, false);
    EXPECT_EQ(retries.submit(lane, std::move(command), submit), 0U);
  };
  for (const auto* from : {"a@a.test/1", "b@b.test/1", "a@a.test/2", "", "b@b.test/2"}) send(from);
  EXPECT_THAT(taken, testing::ElementsAre("b@b.test/1")) << "the link waits for all before it, and all after it for it";
  EXPECT_TRUE(retries.holds_up("b.test"));
  retries.retry(submit);
  EXPECT_EQ(taken.size(), 1U);
  full = "nobody";
  retries.retry(submit);
  EXPECT_THAT(taken, testing::ElementsAre("b@b.test/1", "a@a.test/1", "a@a.test/2", "link", "b@b.test/2"));
  EXPECT_FALSE(retries.holds_up("a.test"));
}

TEST(Retries, ForgetOfALaneThatFillsThemAndOfNoOther) {
  std::vector<std::string> taken;
  bool full = true;
  const auto submit = [&](market::Command&& command) -> base::Status {
    if (full) return {base::Errc::kResourceConstraint, "full"};
    taken.push_back(command.actor.text());
    return base::Done{};
  };
  Retries retries;
  const auto send = [&](const std::string& lane, const std::string& from) {
    market::Command command{{}, from.empty() ? domain::Jid() : jid(from), {}, market::SessionAvailable{}};
    return retries.submit(lane, std::move(command), submit);
  };
  EXPECT_EQ(send("a.test", "a@a.test/1"), 0U);
  EXPECT_EQ(send("", ""), 0U);
  for (std::size_t i = 0; i < Retries::kMostOfALane; ++i) {
    ASSERT_EQ(send("flood.test", "m@flood.test/" + std::to_string(i)), 0U);
  }
  EXPECT_EQ(send("flood.test", "m@flood.test/last"), Retries::kMostOfALane / 2);
  full = false;
  retries.retry(submit);
  ASSERT_EQ(taken.size(), Retries::kMostOfALane / 2 + 3);
  EXPECT_EQ(taken.front(), "a@a.test/1");
  EXPECT_EQ(taken.at(1), "") << "what concerns everybody";
  EXPECT_EQ(taken.back(), "m@flood.test/last");
}

TEST(Lanes, AreDomainsButForOperatorsAndWhatConcernsAll) {
  using market::lane_of;
  const domain::Jid ann = jid("ann@a.test/pc");
  EXPECT_EQ(lane_of({{}, ann, {}, market::SessionAvailable{}}, false), "a.test");
  EXPECT_EQ(lane_of({{}, ann, {}, market::SessionAvailable{}}, true), "ann@a.test");
  EXPECT_EQ(lane_of({{}, {}, {}, market::DomainLost{"b.test", {}}}, false), "b.test");
  EXPECT_EQ(lane_of({{}, {}, {}, pubsub::Command(pubsub::DropSubscriber{ann, "gone"})}, false), "a.test");
  EXPECT_EQ(lane_of({{}, {}, {}, market::LinkUp{}}, false), "");
}

}  // namespace
}  // namespace bourse::xmpp
