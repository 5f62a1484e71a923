// Presence, roster questions and messages that come back: what of it reaches the market, and what is answered.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsed_xml.h"
#include "xmpp/service.h"

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;
using pubsub::Show;

class Market final : public Backend {
 public:
  base::Status submit(market::Command&& command) override {
    if (full) return {base::Errc::kResourceConstraint, "full"};
    commands.push_back(std::move(command));
    return base::Done{};
  }
  base::Status ask(market::Query&& /*query*/) override { return base::Done{}; }
  std::vector<market::Command> commands;
  bool full = false;
};

class Sender final : public StanzaSender {
 public:
  bool send(std::string_view xml) override {
    sent.emplace_back(xml);
    if (left != 0) --left;
    return true;
  }
  [[nodiscard]] bool linked() const override { return true; }
  [[nodiscard]] std::size_t room() const override { return left; }
  std::vector<std::string> sent;
  std::size_t left = 1'000'000;  // pieces
};

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

struct PresenceTest : testing::Test {
  PresenceTest() { service.attach(sender); }
  static ServiceConfig config() {
    ServiceConfig made;
    made.service = jid("bourse.localhost");
    made.pools = {{"commons"}};
    made.bounce.hard = 2;
    return made;
  }
  void receive(const std::string& xml) {
    const ParsedXml stanza(xml);
    ASSERT_TRUE(stanza.ok()) << xml;
    service.on_stanza(*stanza);
  }
  void presence(const std::string& from, const std::string& type, const std::string& content = {}) {
    receive("<presence from='" + from + "' to='bourse.localhost'" + (type.empty() ? "" : " type='" + type + "'") + ">" +
            content + "</presence>");
  }
  void bounce(const std::string& from, const std::string& condition) {
    receive("<message type='error' from='" + from + "' to='bourse.localhost'><error type='cancel'><" + condition +
            " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text>"
            "</error></message>");
  }
  std::vector<std::string> take_sent() { return std::exchange(sender.sent, {}); }

  base::ManualClock clock{base::Timestamp{1'000'000h}};
  Market market;
  Sender sender;
  Service service{config(), market, {}, clock};
};

std::string from_us(const std::string& type, const std::string& to) {
  return "<presence" + (type.empty() ? "" : " type='" + type + "'") + " from='bourse.localhost' to='" + to + "'/>";
}

TEST_F(PresenceTest, EveryChangeOfShowReachesTheMarketOnce) {
  const std::pair<const char*, Show> shows[] = {{"", Show::kOnline},
                                                {"<show>away</show>", Show::kAway},
                                                {"<show>chat</show><status>here</status>", Show::kChat},
                                                {"<show>dnd</show>", Show::kDnd},
                                                {"<show>xa</show>", Show::kXa},
                                                {"<show>dancing</show>", Show::kOnline}};
  for (const auto& [xml, show] : shows) {
    market.commands.clear();
    for (int twice = 0; twice < 2; ++twice) presence("a@x/r", "", xml);
    ASSERT_EQ(market.commands.size(), 1U) << xml;
    EXPECT_EQ(market.commands[0].actor, jid("a@x/r"));
    EXPECT_EQ(std::get<market::SessionAvailable>(market.commands[0].body).show, show) << xml;
  }
  presence("a@x", "", "<show>away</show>");
  EXPECT_EQ(market.commands.size(), 1U) << "a session has a resource";
}

TEST_F(PresenceTest, WhoSubscribesIsAnsweredAndAskedOnce) {
  presence("a@x", "subscribe");
  EXPECT_EQ(take_sent(), (std::vector{from_us("subscribed", "a@x"), from_us("", "a@x"), from_us("subscribe", "a@x")}));
  presence("a@x", "subscribed");
  EXPECT_TRUE(take_sent().empty()) << "an answer is not answered";
  presence("a@x", "subscribe");
  EXPECT_EQ(take_sent(), (std::vector{from_us("subscribed", "a@x"), from_us("", "a@x")})) << "it was asked already";
  presence("a@x", "unsubscribe");
  EXPECT_EQ(take_sent(), std::vector{from_us("unsubscribed", "a@x")});
  presence("a@x", "unsubscribed");
  EXPECT_TRUE(take_sent().empty());
  presence("a@x", "subscribe");
  EXPECT_EQ(take_sent().back(), from_us("subscribe", "a@x")) << "it took its presence back meanwhile";
  EXPECT_TRUE(market.commands.empty());
}

TEST_F(PresenceTest, ProbesAreAnsweredWhereTheyCameFrom) {
  presence("a@x/r", "probe");
  presence("a@x", "probe");
  EXPECT_EQ(take_sent(), (std::vector{from_us("", "a@x/r"), from_us("", "a@x")}));
  receive("<presence type='probe' from='a@x' to='somebody@bourse.localhost'/>");
  receive("<presence type='subscribe' from='a@x' to='somebody@bourse.localhost'/>");
  presence("a@x", "error");
  presence("a@x", "invented");
  EXPECT_TRUE(take_sent().empty());
}

// Two services that each have the other in the roster.
TEST_F(PresenceTest, TwoServicesDoNotAskForEver) {
  Market others_market;
  Sender others_sender;
  auto others_config = config();
  others_config.service = jid("other.localhost");
  Service other{others_config, others_market, {}, clock};
  other.attach(others_sender);
  receive("<presence type='subscribe' from='other.localhost' to='bourse.localhost'/>");
  int rounds = 0;
  for (; rounds < 10 && !(sender.sent.empty() && others_sender.sent.empty()); ++rounds) {
    for (const auto& xml : std::exchange(sender.sent, {})) {
      const ParsedXml stanza(xml);
      other.on_stanza(*stanza);
    }
    for (const auto& xml : std::exchange(others_sender.sent, {})) receive(xml);
  }
  EXPECT_LT(rounds, 5);
}

TEST_F(PresenceTest, ASessionThatShowsItselfOutlivesAnEarlierPing) {
  service.probe({jid("a@localhost/r")});
  service.on_tick();
  presence("a@localhost/r", "");
  receive(
      "<iq type='error' id='probe-1' from='a@localhost/r' to='bourse.localhost'><error type='cancel'>"
      "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  for (std::uint64_t i = 0; i <= SessionProbe::kPatienceTicks; ++i) service.on_tick();
  ASSERT_EQ(market.commands.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<market::SessionAvailable>(market.commands[0].body));
}

TEST_F(PresenceTest, WhoseMessagesComeBackIsDropped) {
  bounce("a@x", "gone");
  EXPECT_TRUE(market.commands.empty());
  market.full = true;
  bounce("a@x", "gone");
  EXPECT_TRUE(market.commands.empty());
  market.full = false;
  service.on_tick();
  ASSERT_EQ(market.commands.size(), 1U) << "tried again";
  EXPECT_TRUE(market.commands[0].pool.value.empty());
  EXPECT_TRUE(market.commands[0].actor.empty());
  const auto& dropped = std::get<pubsub::DropSubscriber>(std::get<pubsub::Command>(market.commands[0].body));
  EXPECT_EQ(dropped.subscriber, jid("a@x"));
  EXPECT_NE(dropped.reason.find("gone"), std::string::npos);
  EXPECT_TRUE(sender.sent.empty()) << "an error is not answered";
}

TEST_F(PresenceTest, WhatIsNoBounceIsIgnored) {
  for (int i = 0; i < 3; ++i) {
    receive("<message type='error' from='a@x' to='bourse.localhost'/>");
    receive("<message type='error' from='a@x' to='bourse.localhost'><error/></message>");
    receive(
        "<message type='error' from='a@x' to='bourse.localhost'><error><gone xmlns='urn:example'/></error></message>");
    bounce("bourse.localhost", "gone");
    bounce("@", "gone");
    receive("<message from='a@x' to='bourse.localhost'><body>hello</body></message>");
  }
  EXPECT_TRUE(market.commands.empty());
  EXPECT_TRUE(sender.sent.empty());
}

TEST_F(PresenceTest, NotificationsStopWhenTheLinkIsFull) {
  market::Notification notification;
  notification.event.seq = {1};
  notification.event.kind = market::EventKind::kRetracted;
  notification.event.node = {"commons/offers"};
  notification.event.item_id = "o1";
  for (int i = 0; i < 2'000; ++i) {
    notification.recipients.others.push_back({.to = jid("user" + std::to_string(i) + "@example.org")});
  }
  sender.left = 2;
  const auto first = service.notify(notification, 0);
  EXPECT_EQ(sender.sent.size(), 2U);
  EXPECT_GT(first, 100U);
  EXPECT_LT(first, 2'000U);
  EXPECT_EQ(service.notify(notification, first), 0U) << "no room";
  sender.left = 1'000;
  EXPECT_EQ(first + service.notify(notification, first), 2'000U);
  std::string all;
  for (const auto& xml : sender.sent) all += xml;
  for (int i = 0; i < 2'000; ++i) {
    const auto to = "to='user" + std::to_string(i) + "@example.org'";
    const auto at = all.find(to);
    ASSERT_NE(at, std::string::npos) << to;
    EXPECT_EQ(all.find(to, at + 1), std::string::npos) << to << " twice";
  }
}

}  // namespace
}  // namespace bourse::xmpp
