#include "xmpp/session_probe.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bourse::xmpp {
namespace {

class Sender final : public StanzaSender {
 public:
  bool send(std::string_view xml) override {
    if (sent.size() >= room_for) return false;
    sent.emplace_back(xml);
    return true;
  }
  [[nodiscard]] bool linked() const override { return true; }
  std::vector<std::string> sent;
  std::size_t room_for = 1'000'000;
};

domain::Jid jid(const std::string& text) { return domain::Jid::parse(text).value(); }

std::vector<domain::Jid> sessions(std::size_t count) {
  std::vector<domain::Jid> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(jid("u" + std::to_string(i) + "@x/r"));
  return all;
}

struct SessionProbeTest : testing::Test {
  // Until patience ends for what has been asked in the last tick.
  std::vector<domain::Jid> gone_in_time() {
    std::vector<domain::Jid> gone;
    for (std::uint64_t i = 0; i < SessionProbe::kPatienceTicks; ++i) {
      for (auto& each : probe.tick(sender)) gone.push_back(std::move(each));
    }
    return gone;
  }
  SessionProbe probe{"bourse.localhost"};
  Sender sender;
};

TEST_F(SessionProbeTest, WhoSendsSomethingMeanwhileIsThere) {
  probe.ask({jid("back@x/r"), jid("silent@x/r")});
  EXPECT_TRUE(probe.tick(sender).empty());
  probe.alive(jid("back@x/r"));
  EXPECT_FALSE(probe.answered("probe-1", jid("back@x/r"))) << "the ping's fate says nothing about it any more";
  EXPECT_EQ(gone_in_time(), std::vector{jid("silent@x/r")});
}

TEST_F(SessionProbeTest, ManyAreAskedSomeAtATime) {
  probe.ask(sessions(SessionProbe::kMostPerTick * 2 + 1));
  for (const std::size_t expected : {SessionProbe::kMostPerTick, SessionProbe::kMostPerTick * 2,
                                     SessionProbe::kMostPerTick * 2 + 1, SessionProbe::kMostPerTick * 2 + 1}) {
    (void)probe.tick(sender);
    EXPECT_EQ(sender.sent.size(), expected);
  }
}

TEST_F(SessionProbeTest, NobodyIsAskedTwiceAtATime) {
  probe.ask({jid("a@x/r"), jid("b@x/r")});
  probe.ask({jid("a@x/r"), jid("b@x/r")});  // another pool wants to know as well
  (void)probe.tick(sender);
  EXPECT_EQ(sender.sent.size(), 2U);
  EXPECT_TRUE(probe.answered("probe-1", jid("a@x/r")));
  EXPECT_EQ(gone_in_time(), std::vector{jid("b@x/r")});
}

TEST_F(SessionProbeTest, AFullLinkOnlyDelays) {
  sender.room_for = 1;
  probe.ask({jid("a@x/r"), jid("b@x/r")});
  (void)probe.tick(sender);
  sender.room_for = 10;
  (void)probe.tick(sender);
  ASSERT_EQ(sender.sent.size(), 2U);
  EXPECT_NE(sender.sent[1].find("to='b@x/r' id='probe-2'"), std::string::npos) << sender.sent[1];
}

TEST_F(SessionProbeTest, BareJidsAreAskedForPresence) {
  probe.ask({jid("a@x"), jid("b@x/r")});
  (void)probe.tick(sender);
  ASSERT_EQ(sender.sent.size(), 2U);
  EXPECT_EQ(sender.sent[0], "<presence type='probe' from='bourse.localhost' to='a@x'/>");
  EXPECT_EQ(gone_in_time(), std::vector{jid("b@x/r")});
}

TEST_F(SessionProbeTest, TheNextLinkAsksAnew) {
  probe.ask({jid("a@x/r")});
  (void)probe.tick(sender);
  probe.forget();
  probe.ask({jid("a@x/r")});
  (void)probe.tick(sender);
  EXPECT_EQ(sender.sent.size(), 2U);
}

}  // namespace
}  // namespace bourse::xmpp
