// The `from` that the server stamped is the identity. Every kind of payload tries here to speak for somebody else.
#include <gloox/tag.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsed_xml.h"
#include "service_fixture.h"
#include "xmpp/stamped_sender.h"

namespace bourse::xmpp {
namespace {

using testing_service::jid;
using testing_service::ServiceTest;

const std::string kMe = "mallory@evil.test/x";
const std::string kVictim = "root@x/r";  // an operator, so that to be taken for it would show

enum class Outcome { kCommand, kQuery, kRefused };

struct Attempt {
  std::string name;
  std::string stanza;  // iq-set, iq-get, presence, message; with '|' the type
  std::string content;
  Outcome outcome;
};

std::string pubsub(const std::string& content, const std::string& ns = "") {
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub" + ns + "' from='root@x/r' jid='root@x'>" + content +
         "</pubsub>";
}
std::string field(const std::string& var, const std::string& value) {
  return "<field var='" + var + "'><value>" + value + "</value></field>";
}
std::string form(const std::string& type, const std::string& fields) {
  return "<x xmlns='jabber:x:data' type='submit' from='root@x/r'>" + field("FORM_TYPE", type) + fields + "</x>";
}
std::string command(const std::string& node, const std::string& fields) {
  const std::string name = "urn:bourse:market:1#" + node;
  return "<command xmlns='http://jabber.org/protocol/commands' action='execute' from='root@x/r' node='" + name + "'>" +
         form(name, fields) + "</command>";
}
std::string ours(const std::string& element, const std::string& attributes = {}) {
  return "<" + element + " xmlns='urn:bourse:market:1' " + attributes + "/>";
}

std::vector<Attempt> attempts() {
  const std::string item = "<item id='i' publisher='root@x/r' jid='root@x' from='root@x/r'>";
  const std::string offer = "<offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/></offer>";
  const std::string request = "<request xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/></request>";
  const std::string blog = "<entry xmlns='urn:example' from='root@x/r'><author>root@x</author></entry>";
  const std::string config = "http://jabber.org/protocol/pubsub#node_config";
  using enum Outcome;
  return {
      {"offer", "iq set", pubsub("<publish node='commons/offers'>" + item + offer + "</item></publish>"), kCommand},
      {"offer that names its provider", "iq set",
       pubsub("<publish node='commons/offers'>" + item +
              "<offer xmlns='urn:bourse:market:1' provider='root@x'><resource name='cpu' "
              "quantity='4'/></offer></item></publish>"),
       kRefused},
      {"request", "iq set", pubsub("<publish node='commons/requests'>" + item + request + "</item></publish>"),
       kCommand},
      {"request that names its consumer", "iq set",
       pubsub(
           "<publish node='commons/requests'>" + item +
           "<request xmlns='urn:bourse:market:1' consumer='root@x'><resource name='cpu' quantity='4'/></request></item>"
           "</publish>"),
       kRefused},
      {"item", "iq set", pubsub("<publish node='blog' jid='root@x'>" + item + blog + "</item></publish>"), kCommand},
      {"grant", "iq set",
       pubsub("<publish node='commons/grants'>" + item + "<grant xmlns='urn:bourse:market:1'/></item></publish>"),
       kRefused},
      {"retraction", "iq set",
       pubsub("<retract node='commons/offers' publisher='root@x'>" + item + "</item></retract>"), kCommand},
      {"retraction of an item", "iq set", pubsub("<retract node='blog'>" + item + "</item></retract>"), kCommand},
      {"subscription of another", "iq set", pubsub("<subscribe node='blog' jid='root@x'/>"), kRefused},
      {"subscription of another session", "iq set", pubsub("<subscribe node='blog' jid='mallory@evil.test/y'/>"),
       kRefused},
      {"subscription of a look-alike", "iq set", pubsub("<subscribe node='blog' jid='mallory@еvil.test'/>"), kRefused},
      {"subscription of one's own", "iq set", pubsub("<subscribe node='blog' jid='MALLORY@Evil.Test'/>"), kCommand},
      {"subscription with two owners", "iq set",
       pubsub("<subscribe node='blog' jid='mallory@evil.test'/><options jid='root@x'/>"), kRefused},
      {"another's unsubscription", "iq set", pubsub("<unsubscribe node='blog' jid='root@x'/>"), kRefused},
      {"another's options", "iq get", pubsub("<options node='blog' jid='root@x'/>"), kRefused},
      {"another's options, set", "iq set",
       pubsub("<options node='blog' jid='root@x'>" + form("http://jabber.org/protocol/pubsub#subscribe_options", "") +
              "</options>"),
       kRefused},
      {"subscriptions", "iq get", pubsub("<subscriptions jid='root@x'/>"), kCommand},
      {"affiliations", "iq get", pubsub("<affiliations jid='root@x'/>"), kCommand},
      {"items", "iq get", pubsub("<items node='commons/requests' jid='root@x' publisher='root@x'/>"), kQuery},
      {"node", "iq set",
       pubsub("<create node='mine' jid='root@x'/><configure>" +
              form(config, field("pubsub#creator", "root@x") + field("pubsub#owner", "root@x")) + "</configure>"),
       kCommand},
      {"configuration", "iq set",
       pubsub("<configure node='blog' jid='root@x'>" + form(config, field("pubsub#creator", "root@x")) + "</configure>",
              "#owner"),
       kCommand},
      {"deletion", "iq set", pubsub("<delete node='blog' jid='root@x'/>", "#owner"), kCommand},
      {"purge", "iq set", pubsub("<purge node='blog' jid='root@x'/>", "#owner"), kCommand},
      {"affiliation", "iq set",
       pubsub("<affiliations node='blog' jid='root@x'><affiliation jid='mallory@evil.test' "
              "affiliation='owner'/></affiliations>",
              "#owner"),
       kCommand},
      {"subscriptions of a node", "iq set",
       pubsub("<subscriptions node='blog'><subscription jid='root@x' subscription='subscribed'/></subscriptions>",
              "#owner"),
       kCommand},
      {"archive", "iq set",
       "<query xmlns='urn:xmpp:mam:2' node='commons/requests' jid='root@x' from='root@x'>" +
           form("urn:xmpp:mam:2", field("with", "root@x")) + "</query>",
       kQuery},
      {"nodes", "iq get", "<query xmlns='http://jabber.org/protocol/disco#items' from='root@x' jid='root@x'/>", kQuery},
      {"node's facts", "iq get",
       "<query xmlns='http://jabber.org/protocol/disco#info' node='blog' from='root@x' jid='root@x'/>", kCommand},
      {"confirmation", "iq set", ours("confirm", "grant='g1'"), kCommand},
      {"confirmation for another", "iq set", ours("confirm", "grant='g1' provider='root@x'"), kRefused},
      {"renewal", "iq set", ours("renew", "grant='g1' duration='PT1H'"), kCommand},
      {"explanation", "iq get", ours("explain", "request='r1'"), kCommand},
      {"explanation for another", "iq get", ours("explain", "request='r1' consumer='root@x'"), kRefused},
      {"prediction", "iq get", "<predict xmlns='urn:bourse:market:1' for='PT1H'><provider jid='root@x'/></predict>",
       kCommand},
      {"history", "iq get", ours("history", "jid='root@x'"), kQuery},
      {"audit", "iq get", ours("audit", "jid='root@x'"), kQuery},
      {"own requests", "iq get", ours("requests"), kQuery},
      {"another's requests", "iq get", ours("requests", "consumer='root@x'"), kRefused},
      {"import", "iq set", "<history-import xmlns='urn:bourse:market:1' from='root@x'/>", kRefused},
      {"order in a form", "iq set", command("withdraw", field("offer", "o1")), kCommand},
      {"order in a form for another", "iq set", command("withdraw", field("offer", "o1") + field("jid", "root@x")),
       kRefused},
      {"question in a form", "iq set", command("my-grants", ""), kQuery},
      {"operator's command", "iq set", command("drain", field("jid", "b@x")), kRefused},
      {"operator's table", "iq set", command("queue", field("from", "root@x")), kRefused},
      {"owner's decision", "message ",
       form("http://jabber.org/protocol/pubsub#subscribe_authorization",
            field("pubsub#node", "blog") + field("pubsub#subscriber_jid", "b@x") + field("pubsub#allow", "1") +
                field("from", "root@x/r") + field("pubsub#owner", "root@x")) +
           "<delay xmlns='urn:xmpp:delay' from='root@x/r' stamp='2026-11-22T00:00:00Z'/>",
       kCommand},
      {"heartbeat", "message ",
       "<heartbeat xmlns='urn:bourse:market:1' every='PT1M' zone='Europe/Berlin'/><delay xmlns='urn:xmpp:delay' "
       "from='root@x/r' "
       "stamp='2026-11-22T00:00:00Z'/>",
       kCommand},
      {"presence", "presence ",
       "<forwarded xmlns='urn:xmpp:forward:0'><presence xmlns='jabber:client' from='root@x/r'/></forwarded>"
       "<addresses xmlns='http://jabber.org/protocol/address'><address type='ofrom' jid='root@x/r'/></addresses>",
       kCommand},
      {"leave", "presence unavailable", "<delay xmlns='urn:xmpp:delay' from='root@x/r' stamp='2026-11-22T00:00:00Z'/>",
       kCommand},
  };
}

// `sender`: the attribute that the server stamped, and what stands beside it.
std::string stanza_of(const Attempt& attempt, const std::string& sender) {
  const auto space = attempt.stanza.find(' ');
  const std::string name = attempt.stanza.substr(0, space);
  const std::string type = attempt.stanza.substr(space + 1);
  return "<" + name + " " + sender + (type.empty() ? "" : " type='" + type + "'") + " id='q1' to='bourse.localhost'>" +
         attempt.content + "</" + name + ">";
}

struct SenderTest : ServiceTest {
  void clear() {
    backend.commands.clear();
    backend.queries.clear();
    sender.sent.clear();
  }
  [[nodiscard]] bool is_silent() const {
    return backend.commands.empty() && backend.queries.empty() && sender.sent.empty();
  }

  void expect_mine(const Attempt& attempt) {
    EXPECT_EQ(backend.commands.size(), attempt.outcome == Outcome::kCommand ? 1U : 0U) << sent();
    EXPECT_EQ(backend.queries.size(), attempt.outcome == Outcome::kQuery ? 1U : 0U) << sent();
    EXPECT_EQ(sender.sent.size(), attempt.outcome == Outcome::kRefused ? 1U : 0U) << sent();
    for (const auto& each : backend.commands) {
      EXPECT_EQ(each.actor, jid(kMe));
      EXPECT_TRUE(each.reply_to.from.empty() || each.reply_to.from == jid(kMe)) << each.reply_to.from.text();
    }
    for (const auto& each : backend.queries) {
      EXPECT_EQ(each.viewer.jid, jid(kMe).bare());
      EXPECT_FALSE(each.viewer.privileged);
      EXPECT_EQ(each.reply_to.from, jid(kMe));
    }
    for (const auto& xml : sender.sent) EXPECT_NE(xml.find(" to='" + kMe + "'"), std::string::npos) << xml;
  }
};

TEST_F(SenderTest, NoPayloadSpeaksForAnother) {
  for (const auto& attempt : attempts()) {
    SCOPED_TRACE(attempt.name);
    receive(stanza_of(attempt, "from='" + kMe + "'"));
    expect_mine(attempt);
    clear();
    if (attempt.stanza == "presence ")
      receive("<presence type='unavailable' from='" + kMe + "' to='bourse.localhost'/>");
    clear();
  }
}

TEST_F(SenderTest, NoAttributeBesideItDoesEither) {
  const std::string foreign = "xmlns:v='urn:example' v:from='" + kVictim + "'";
  for (const auto& attempt : attempts()) {
    SCOPED_TRACE(attempt.name);
    for (const auto& beside : {foreign + " from='" + kMe + "'", "from='" + kMe + "' " + foreign}) {
      receive(stanza_of(attempt, beside));
      expect_mine(attempt);
      clear();
      if (attempt.stanza == "presence ")
        receive("<presence type='unavailable' from='" + kMe + "' to='bourse.localhost'/>");
      clear();
    }
  }
}

TEST_F(SenderTest, HoweverItIsWrittenItIsTheSame) {
  const Attempt offer = attempts().front();
  for (const std::string from : {"MALLORY@EVIL.test/x", "mallory@evil.test./x", "ｍallory@evil.test/x"}) {
    receive(stanza_of(offer, "from='" + from + "'"));
    expect_mine(offer);
    clear();
  }
  // Another resource, another domain that looks the same, another account.
  for (const std::string from : {"mallory@evil.test/X", "mallory@еvil.test/x", "mаllory@evil.test/x", "evil.test/x"}) {
    receive(stanza_of(offer, "from='" + from + "'"));
    ASSERT_EQ(backend.commands.size(), 1U) << from;
    EXPECT_NE(backend.commands[0].actor, jid(kMe)) << from;
    clear();
  }
}

TEST_F(SenderTest, WhoHasNoAddressIsNotHeard) {
  const std::vector<std::string> nobody = {"",
                                           "@",
                                           "@x",
                                           "a@",
                                           "a b@x/r",
                                           "a@x/",
                                           "a@.x",
                                           "a@x\xEF\xBF\xBEy/r",
                                           "i♥x@x/r",
                                           "a\xE2\x80\x8B@x/r",
                                           std::string(1024, 'a') + "@x/r"};
  for (const auto& attempt : attempts()) {
    for (const auto& from : nobody) {
      receive(stanza_of(attempt, "from='" + from + "'"));
      EXPECT_TRUE(is_silent()) << attempt.name << " of '" << from << "': " << sent();
    }
    receive(stanza_of(attempt, ""));
    receive(stanza_of(attempt, "xmlns:v='urn:example' v:from='" + kVictim + "'"));
    EXPECT_TRUE(is_silent()) << attempt.name << sent();
  }
  service.on_tick();
  EXPECT_TRUE(is_silent());
}

TEST_F(SenderTest, BouncesAndProbesAreTheSendersOwn) {
  const std::string error =
      "<error type='cancel' by='root@x/r'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
      "<x xmlns='urn:example' from='root@x/r'/>";
  for (int i = 0; i < 3; ++i) {
    receive("<message type='error' xmlns:v='urn:example' v:from='root@x/r' from='" + kMe + "' to='bourse.localhost'>" +
            error + "</message>");
  }
  ASSERT_EQ(backend.commands.size(), 1U);
  EXPECT_EQ(std::get<pubsub::DropSubscriber>(std::get<pubsub::Command>(backend.commands[0].body)).subscriber, jid(kMe));
  clear();
  service.probe({jid(kVictim)});
  service.on_tick();
  clear();
  receive("<iq type='error' id='probe-1' xmlns:v='urn:example' v:from='" + kVictim + "' from='" + kMe +
          "' to='bourse.localhost'>" + error + "</iq>");
  EXPECT_TRUE(is_silent()) << "only who was asked may say that it is gone";
}

TEST(StampedSenders, CountsWhatItDrops) {
  StampedSenders senders;
  const auto take = [&](const std::string& xml) {
    const ParsedXml stanza(xml);
    EXPECT_TRUE(stanza.ok()) << xml;
    return senders.of(*stanza);
  };
  EXPECT_EQ(take("<iq from='A@X/r'/>").value(), jid("a@x/r"));
  EXPECT_EQ(senders.dropped(), 0U);
  EXPECT_FALSE(take("<iq/>"));
  EXPECT_FALSE(take("<iq from='i♥x@x'/>"));
  EXPECT_FALSE(take("<v:iq xmlns:v='urn:example' from='a@x/r'/>"));
  EXPECT_EQ(senders.dropped(), 3U);
}

TEST(StampedSenders, SaysSoOnceAMinute) {
  using namespace std::chrono_literals;
  StampedSenders senders;
  const ParsedXml nobody("<message/>");
  const base::Timestamp start{1'000'000h};
  EXPECT_EQ(senders.report(start), 0U);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(senders.of(*nobody));
  EXPECT_EQ(senders.report(start), 3U);
  EXPECT_FALSE(senders.of(*nobody));
  EXPECT_EQ(senders.report(start + 59s), 0U);
  EXPECT_EQ(senders.report(start + 60s), 1U);
  EXPECT_EQ(senders.report(start + 120s), 0U);
}

TEST(StampedSenders, AnAddressIsTheSameHoweverItIsWritten) {
  const auto service = jid("bourse.münchen.test");
  const auto is = [&](const std::string& attributes) {
    const ParsedXml stanza("<iq " + attributes + "/>");
    EXPECT_TRUE(stanza.ok()) << attributes;
    return is_address(*stanza, "to", service);
  };
  for (const std::string to : {"bourse.münchen.test", "Bourse.MÜNCHEN.test", "bourse.xn--mnchen-3ya.test"}) {
    EXPECT_TRUE(is("to='" + to + "'")) << to;
  }
  for (const std::string other : {"to='bourse.münchen.test/x'", "to='a@bourse.münchen.test'", "to=''", "",
                                  "xmlns:v='urn:example' v:to='bourse.münchen.test'", "from='bourse.münchen.test'"}) {
    EXPECT_FALSE(is(other)) << other;
  }
}

}  // namespace
}  // namespace bourse::xmpp
