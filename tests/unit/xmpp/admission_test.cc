// What is let in when a domain is too fast, and whose it is not to use up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "service_fixture.h"

namespace bourse::xmpp {
namespace {

using testing_service::jid;
using testing_service::RecordingBackend;
using testing_service::RecordingSender;

struct Rated : testing::Test {
  Rated() {
    market::AccessPolicy policy;
    EXPECT_TRUE(policy.set({"domain-rate", "", "1/s burst 5"}).ok());
    board.publish({"commons"}, std::make_shared<const market::AccessPolicy>(policy));
    service.attach(sender);
  }
  void receive(const std::string& xml) {
    const ParsedXml stanza(xml);
    ASSERT_TRUE(stanza.ok()) << xml;
    service.on_stanza(*stanza);
  }
  void presence(const std::string& from, const std::string& type = {}) {
    receive("<presence from='" + from + "' to='bourse.localhost'" + (type.empty() ? "" : " type='" + type + "'") +
            "/>");
  }
  void heartbeat(const std::string& from, const std::string& every = "PT30S") {
    receive("<message from='" + from + "' to='bourse.localhost'><heartbeat xmlns='urn:bourse:market:1' every='" +
            every + "'/></message>");
  }
  void ask(const std::string& from) {
    receive("<iq type='get' id='q' from='" + from +
            "' to='bourse.localhost'><status xmlns='urn:bourse:market:1'/></iq>");
  }
  [[nodiscard]] std::ptrdiff_t heartbeats(const std::string& of) const {
    return std::ranges::count_if(backend.commands, [&](const auto& command) {
      return std::holds_alternative<market::Heartbeat>(command.body) && command.actor == jid(of);
    });
  }

  base::ManualClock clock{base::Timestamp(std::chrono::hours(1))};
  RecordingBackend backend;
  RecordingSender sender;
  market::PolicyBoard board;
  Service service{{.service = jid("bourse.localhost"),
                   .pools = {{"commons"}},
                   .operators = {jid("root@a.test")},
                   .ticket_key = std::string(32, 'k'),
                   .policies = &board},
                  backend,
                  [](const domain::Grant& /*grant*/) { return std::string("ticket"); },
                  clock};
};

TEST_F(Rated, WhoIsTooFastIsToldAndOperatorsAreNot) {
  for (int i = 0; i < 20; ++i) ask("mallory@a.test/x");
  EXPECT_EQ(backend.queries.size(), 5U);
  ASSERT_EQ(sender.sent.size(), 15U);
  EXPECT_THAT(sender.sent.back(), testing::HasSubstr("<retry-after xmlns='urn:bourse:market:1' seconds='1'/>"));
  for (int i = 0; i < 20; ++i) ask("root@a.test/x");
  ask("bob@b.test/x");
  EXPECT_EQ(backend.queries.size(), 26U);
  clock.advance(std::chrono::seconds(2));
  for (int i = 0; i < 20; ++i) ask("mallory@a.test/x");
  EXPECT_EQ(backend.queries.size(), 28U);
}

TEST_F(Rated, HeartbeatsOfWhoIsThereAreNobodysToUseUp) {
  presence("ann@a.test/pc");
  for (int i = 0; i < 20; ++i) ask("mallory@a.test/x");
  heartbeat("ann@a.test/pc", "often");
  heartbeat("ann@a.test/pc");
  EXPECT_EQ(heartbeats("ann@a.test/pc"), 1) << "one that cannot be read is none";
  for (int i = 0; i < 20; ++i) heartbeat("ann@a.test/pc");
  EXPECT_EQ(heartbeats("ann@a.test/pc"), 1) << "one a second";
  service.on_tick();
  heartbeat("ann@a.test/pc");
  EXPECT_EQ(heartbeats("ann@a.test/pc"), 2);
  heartbeat("stranger@a.test/pc");
  EXPECT_EQ(heartbeats("stranger@a.test/pc"), 0) << "who is not there pays like anybody";
}

TEST_F(Rated, HeartbeatsOfWhoIsThereWaitForRoom) {
  presence("ann@a.test/pc");
  backend.refuse = base::Error{base::Errc::kResourceConstraint, "full"};
  heartbeat("ann@a.test/pc");
  heartbeat("stranger@b.test/pc");
  backend.refuse.reset();
  service.on_tick();
  EXPECT_EQ(heartbeats("ann@a.test/pc"), 1);
  EXPECT_EQ(heartbeats("stranger@b.test/pc"), 0);
}

TEST_F(Rated, WhoAnsweredAPingIsThere) {
  service.probe({jid("ann@a.test/pc")});
  service.on_tick();
  receive("<iq type='result' id='probe-1' from='ann@a.test/pc' to='bourse.localhost'/>");
  for (int i = 0; i < 20; ++i) ask("mallory@a.test/x");
  heartbeat("ann@a.test/pc");
  EXPECT_EQ(heartbeats("ann@a.test/pc"), 1);
  presence("ann@a.test/pc");
  EXPECT_TRUE(std::holds_alternative<market::SessionAvailable>(backend.commands.back().body)) << "news all the same";
}

TEST_F(Rated, RosterQuestionsPayToo) {
  for (int i = 0; i < 20; ++i) presence("mallory" + std::to_string(i) + "@a.test", "subscribe");
  EXPECT_EQ(sender.sent.size(), 15U) << "three answers each";
}

}  // namespace
}  // namespace bourse::xmpp
