// Stanzas in, commands, queries and stanzas out: the service between a recording market and a recording link.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/records.h"
#include "parsed_xml.h"
#include "service_fixture.h"
#include "xmpp/payload.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using testing_service::jid;
using testing_service::ServiceTest;

constexpr const char* kOffer = "<offer xmlns='urn:bourse:market:1'><resource name='cpu' quantity='4'/></offer>";

std::string pubsub(const std::string& content) {
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" + content + "</pubsub>";
}
std::string pubsub_owner(const std::string& content) {
  return "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" + content + "</pubsub>";
}

TEST_F(ServiceTest, PublishingAnOfferIsACommand) {
  request("set", pubsub("<publish node='commons/offers'><item id='o1'>" + std::string(kOffer) + "</item></publish>"));
  ASSERT_EQ(backend.commands.size(), 1U);
  const auto& command = backend.commands.front();
  EXPECT_EQ(command.pool.value, "commons");
  EXPECT_EQ(command.actor, jid("a@x/r"));
  EXPECT_EQ(command.reply_to.to, "bourse.localhost");
  EXPECT_EQ(command.reply_to.stanza_id, "q1");
  const auto& publish = std::get<market::PublishOffer>(command.body);
  EXPECT_EQ(publish.id.value, "o1");
  EXPECT_EQ(publish.offer.resources.amount("cpu"), 4000);
  EXPECT_EQ(publish.record, domain::encode(publish.offer));
  EXPECT_TRUE(sender.sent.empty());
}

TEST_F(ServiceTest, AnItemWithoutIdGetsARandomOne) {
  for (int i = 0; i < 2; ++i) {
    request("set", pubsub("<publish node='commons/requests'><item><request xmlns='urn:bourse:market:1'>"
                          "<resource name='cpu' quantity='4'/></request></item></publish>"));
  }
  ASSERT_EQ(backend.commands.size(), 2U);
  const auto id = [&](std::size_t i) { return std::get<market::PublishRequest>(backend.commands[i].body).id.value; };
  EXPECT_GE(id(0).size(), 20U);
  EXPECT_NE(id(0), id(1));
}

template <class Command>
const Command& of_node(const market::Command& command) {
  return std::get<Command>(std::get<pubsub::Command>(command.body));
}

TEST_F(ServiceTest, TheOtherCommands) {
  request("set", pubsub("<retract node='commons/grants'><item id='g7'/></retract>"));
  request("set", pubsub("<subscribe node='lab/offers' jid='a@x'/>"));
  request("set", pubsub("<create node='blog'/>"));
  request("set", pubsub_owner("<delete node='blog'/>"));
  request("get", pubsub("<subscriptions/>"));
  request("get", pubsub_owner("<configure node='commons/offers'/>"));
  request("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='lab/offers'/>");
  ASSERT_EQ(backend.commands.size(), 7U) << sent();
  EXPECT_EQ(std::get<market::Retract>(backend.commands[0].body).item_id, "g7");
  EXPECT_EQ(std::get<market::Retract>(backend.commands[0].body).node.value, "commons/grants");
  EXPECT_EQ(of_node<pubsub::Subscribe>(backend.commands[1]).subscriber, jid("a@x"));
  EXPECT_EQ(backend.commands[1].pool.value, "lab");
  EXPECT_EQ(of_node<pubsub::CreateNode>(backend.commands[2]).node.value, "blog");
  EXPECT_EQ(of_node<pubsub::DeleteNode>(backend.commands[3]).node.value, "blog");
  EXPECT_FALSE(of_node<pubsub::GetSubscriptions>(backend.commands[4]).node.has_value());
  EXPECT_EQ(of_node<pubsub::GetConfig>(backend.commands[5]).node.value, "commons/offers");
  EXPECT_EQ(of_node<pubsub::GetNode>(backend.commands[6]).node.value, "lab/offers");
  EXPECT_EQ(backend.commands[6].pool.value, "lab");
  for (const auto& command : backend.commands) {
    EXPECT_EQ(command.actor, jid("a@x/r"));
    EXPECT_EQ(command.reply_to.stanza_id, "q1");
  }
}

TEST_F(ServiceTest, QuestionsAreQueries) {
  request("get", pubsub("<items node='commons/offers'/>"));
  request("get", pubsub("<items node='commons/offers' max_items='7'/>"));
  request("get", pubsub("<items node='commons/grants'><item id='g1'/><item id='g2'/></items>"));
  request("get", pubsub("<items node='commons/requests'/><set xmlns='http://jabber.org/protocol/rsm'><max>3</max>"
                        "<after>r1</after></set>"));
  request("get", "<status xmlns='urn:bourse:market:1'/>");
  request("get", "<grants xmlns='urn:bourse:market:1' ended='true'/>");
  ASSERT_EQ(backend.queries.size(), 6U) << sent();
  const auto items = [&](std::size_t i) { return std::get<market::ItemQuery>(backend.queries[i].body); };
  EXPECT_EQ(items(0).page.before, "");
  EXPECT_EQ(items(1).page.max, 7U);
  EXPECT_EQ(items(2).ids, (std::vector<std::string>{"g1", "g2"}));
  EXPECT_EQ(items(2).kind, market::ItemKind::kGrant);
  EXPECT_EQ(items(3).page.after, "r1");
  EXPECT_EQ(items(3).page.max, 3U);
  EXPECT_FALSE(items(3).own);
  EXPECT_TRUE(items(5).own);
  EXPECT_TRUE(items(5).ended_too);
  EXPECT_EQ(backend.queries[0].viewer.jid, jid("a@x"));
  EXPECT_FALSE(backend.queries[0].viewer.privileged);
  receive("<iq type='get' id='q' from='root@x/r' to='bourse.localhost'><status xmlns='urn:bourse:market:1'/></iq>");
  EXPECT_TRUE(backend.queries.back().viewer.privileged);
}

TEST_F(ServiceTest, AuditorsSeeAllOfTheLogAndNothingElse) {
  const auto privileged = [&](const std::string& from, const std::string& payload) {
    receive("<iq type='get' id='q' from='" + from + "' to='bourse.localhost'><" + payload +
            " xmlns='urn:bourse:market:1'/></iq>");
    return backend.queries.back().viewer.privileged;
  };
  EXPECT_TRUE(privileged("auditor@x/pc", "audit"));
  EXPECT_TRUE(privileged("root@x/pc", "audit"));
  EXPECT_FALSE(privileged("a@x/pc", "audit"));
  for (const char* other : {"grants", "requests", "status"}) EXPECT_FALSE(privileged("auditor@x/pc", other)) << other;
}

TEST_F(ServiceTest, NodesAndArchivesAreAskedOfTheStore) {
  request("get", pubsub("<items node='blog'/>"));
  request("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>");
  request("get",
          "<query xmlns='http://jabber.org/protocol/disco#items' node='lab/offers'>"
          "<set xmlns='http://jabber.org/protocol/rsm'><max>2</max><after>o1</after></set></query>");
  request("set", "<query xmlns='urn:xmpp:mam:2' node='blog'/>");
  request("get", "<metadata xmlns='urn:xmpp:mam:2' node='blog'/>");
  ASSERT_EQ(backend.queries.size(), 5U) << sent();
  EXPECT_EQ(std::get<market::NodeItemsQuery>(backend.queries[0].body).node.value, "blog");
  const auto nodes = [&](std::size_t i) { return std::get<market::NodesQuery>(backend.queries[i].body); };
  EXPECT_FALSE(nodes(1).collection.has_value());
  EXPECT_EQ(nodes(1).page.max, market::kMaxPage);
  EXPECT_EQ(nodes(2).collection->value, "lab/offers");
  EXPECT_EQ(nodes(2).pool.value, "lab");
  EXPECT_EQ(nodes(2).page.max, 2U);
  EXPECT_EQ(nodes(2).page.after, "o1");
  EXPECT_EQ(std::get<market::ArchiveQuery>(backend.queries[3].body).node.value, "blog");
  EXPECT_EQ(std::get<market::ArchiveEdgesQuery>(backend.queries[4].body).node.value, "blog");
  EXPECT_TRUE(sender.sent.empty()) << sent();
  request("get", "<query xmlns='urn:xmpp:mam:2'/>");
  EXPECT_NE(sent().find("<x xmlns='jabber:x:data' type='form'>"), std::string::npos) << sent();
}

TEST_F(ServiceTest, ACancelledFormIsAnsweredAtOnce) {
  request("set", pubsub_owner("<configure node='blog'><x xmlns='jabber:x:data' type='cancel'/></configure>"));
  EXPECT_EQ(sent(), "<iq type='result' from='bourse.localhost' to='a@x/r' id='q1'/>");
  EXPECT_TRUE(backend.commands.empty());
}

std::string decision(const std::string& from, const std::string& allow) {
  return "<message from='" + from +
         "' to='bourse.localhost'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
         "http://jabber.org/protocol/pubsub#subscribe_authorization</value></field><field var='pubsub#node'><value>blog"
         "</value></field><field var='pubsub#subscriber_jid'><value>b@x</value></field><field "
         "var='pubsub#allow'><value>" +
         allow + "</value></field></x></message>";
}

TEST_F(ServiceTest, AnOwnersDecisionComesInAMessage) {
  receive(decision("o@x/r", "1"));
  receive(decision("o@x/r", "perhaps"));
  receive(decision("", "1"));
  ASSERT_EQ(backend.commands.size(), 1U);
  const auto& command = backend.commands.front();
  EXPECT_EQ(command.actor, jid("o@x/r"));
  EXPECT_TRUE(command.reply_to.stanza_id.empty());
  EXPECT_TRUE(of_node<pubsub::ApproveSubscription>(command).allow);
  backend.refuse = base::Error{Errc::kUnavailable, "not loaded"};
  receive(decision("o@x/r", "0"));
  EXPECT_TRUE(sender.sent.empty()) << "nobody answers a message";
}

TEST_F(ServiceTest, CommandsForPeopleAreAnsweredInTheirOwnWrapping) {
  request("get", "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>");
  const std::string list = sent();
  const std::string_view mark = " node='";
  const auto begin = list.find(mark, list.find("<item")) + mark.size();
  const std::string first = list.substr(begin, list.find('\'', begin) - begin);
  ASSERT_FALSE(first.empty()) << list;
  sender.sent.clear();
  request("set", "<command xmlns='http://jabber.org/protocol/commands' node='" + first + "' action='execute'/>");
  if (!backend.commands.empty() || !backend.queries.empty()) return;  // it has no form
  EXPECT_NE(sent().find("<command xmlns='http://jabber.org/protocol/commands'"), std::string::npos) << sent();
  sender.sent.clear();
  request("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='" + first + "'/>");
  EXPECT_NE(sent().find("type='result'"), std::string::npos) << sent();
  sender.sent.clear();
  request("get", "<query xmlns='http://jabber.org/protocol/disco#items' node='" + first + "'/>");
  EXPECT_NE(sent().find("type='result'"), std::string::npos) << sent();
  sender.sent.clear();
  request("get", "<command xmlns='http://jabber.org/protocol/commands' node='" + first + "'/>");
  EXPECT_NE(sent().find("<bad-request"), std::string::npos) << sent();
}

std::string many(std::size_t count, const std::string& each) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += each;
  return all;
}

struct ErrorCase {
  std::string name;
  std::string type;
  std::string content;
  std::vector<std::string> expected;  // all of them in the answer
};

TEST_F(ServiceTest, BadRequestsAreAnsweredPrecisely) {
  const std::string offer = kOffer;
  const std::string big =
      "<offer xmlns='urn:bourse:market:1'><attribute name='x'>" + std::string(1000, 'x') + "</attribute></offer>";
  const ErrorCase cases[] = {
      {"no node", "set", pubsub("<publish><item>" + offer + "</item></publish>"), {"<bad-request", "<nodeid-required"}},
      {"no item", "set", pubsub("<publish node='commons/offers'/>"), {"<bad-request", "<item-required"}},
      {"no payload",
       "set",
       pubsub("<publish node='commons/offers'><item/></publish>"),
       {"<bad-request", "<payload-required"}},
      {"two payloads",
       "set",
       pubsub("<publish node='commons/offers'><item>" + offer + offer + "</item></publish>"),
       {"<bad-request", "<invalid-payload"}},
      {"two items",
       "set",
       pubsub("<publish node='commons/offers'><item>" + offer + "</item><item/></publish>"),
       {"<not-acceptable"}},
      {"wrong payload",
       "set",
       pubsub("<publish node='commons/requests'><item>" + offer + "</item></publish>"),
       {"<bad-request", "<invalid-payload", "expected &lt;request"}},
      {"negative",
       "set",
       pubsub("<publish node='commons/offers'><item><offer xmlns='urn:bourse:market:1'>"
              "<resource name='cpu' quantity='-4'/></offer></item></publish>"),
       {"<invalid-payload", "&lt;resource name=&apos;cpu&apos; quantity=&apos;-4&apos;&gt;"}},
      {"empty offer",
       "set",
       pubsub("<publish node='commons/offers'><item><offer xmlns='urn:bourse:market:1'/></item></publish>"),
       {"<invalid-payload"}},
      {"too big",
       "set",
       pubsub("<publish node='commons/offers'><item>" + big + "</item></publish>"),
       {"<not-acceptable", "<payload-too-big"}},
      {"long id",
       "set",
       pubsub("<publish node='commons/offers'><item id='" + std::string(129, 'i') + "'>" + offer + "</item></publish>"),
       {"<not-acceptable"}},
      {"market's node",
       "set",
       pubsub("<publish node='commons/grants'><item>" + offer + "</item></publish>"),
       {"type='auth'", "<forbidden"}},
      {"retract nothing", "set", pubsub("<retract node='commons/offers'/>"), {"<item-required"}},
      {"retract no id", "set", pubsub("<retract node='commons/offers'><item/></retract>"), {"<item-required"}},
      {"another's subscription",
       "set",
       pubsub("<subscribe node='commons/offers' jid='b@x'/>"),
       {"<bad-request", "<invalid-jid"}},
      {"another session's", "set", pubsub("<subscribe node='commons/offers' jid='a@x/other'/>"), {"<invalid-jid"}},
      {"no jid", "set", pubsub("<subscribe node='commons/offers'/>"), {"<bad-request", "<jid-required"}},
      {"another's options", "get", pubsub("<options node='commons/offers' jid='b@x'/>"), {"type='auth'", "<forbidden"}},
      {"subid", "set", pubsub("<unsubscribe node='a' jid='a@x' subid='x'/>"), {"<not-acceptable", "<invalid-subid"}},
      {"options",
       "set",
       pubsub("<options node='a' jid='a@x'/>"),
       {"type='modify'", "<bad-request", "<invalid-options"}},
      {"many items",
       "set",
       pubsub("<publish node='a'>" + many(101, "<item/>") + "</publish>"),
       {"type='modify'", "<not-allowed", "<max-items-exceeded"}},
      {"publish options",
       "set",
       pubsub("<publish node='commons/offers'><item>" + offer +
              "</item></publish><publish-options><x xmlns='jabber:x:data' type='submit'>"
              "<field var='pubsub#access_model'><value>whitelist</value></field></x></publish-options>"),
       {"type='cancel'", "<conflict", "<precondition-not-met"}},
      {"bad jid", "set", pubsub("<subscribe node='commons/offers' jid='@'/>"), {"<invalid-jid"}},
      {"max_items", "get", pubsub("<items node='commons/offers' max_items='0'/>"), {"<bad-request"}},
      {"two anchors",
       "get",
       pubsub(
           "<items node='commons/offers'/><set xmlns='http://jabber.org/protocol/rsm'><after>a</after><before/></set>"),
       {"<bad-request"}},
      {"get for set", "get", pubsub("<publish node='commons/offers'/>"), {"<bad-request"}},
      {"unknown request", "set", pubsub("<frobnicate node='mine'/>"), {"<feature-not-implemented"}},
      {"create", "set", pubsub("<create node=' mine'/>"), {"<not-acceptable"}},
      {"owner", "get", pubsub_owner(""), {"<bad-request"}},
      {"not pubsub", "get", "<query xmlns='http://jabber.org/protocol/pubsub'/>", {"<bad-request"}},
      {"archive", "get", "<metadatum xmlns='urn:xmpp:mam:2'/>", {"<error"}},
      {"unknown command",
       "set",
       "<command xmlns='http://jabber.org/protocol/commands' node='x'/>",
       {"<item-not-found"}},
      {"command as get", "get", "<command xmlns='http://jabber.org/protocol/commands' node='x'/>", {"<bad-request"}},
      {"empty pubsub", "set", pubsub(""), {"<bad-request"}},
      {"unknown namespace", "get", "<query xmlns='urn:example:unknown'/>", {"type='cancel'", "<service-unavailable"}},
      {"no namespace", "set", "<query xmlns=''/>", {"<service-unavailable"}},
      {"unknown question", "get", "<prices xmlns='urn:bourse:market:1'/>", {"<feature-not-implemented"}},
      {"question as set", "set", "<status xmlns='urn:bourse:market:1'/>", {"<bad-request"}},
      {"other pool", "get", "<status xmlns='urn:bourse:market:1' pool='x'/>", {"<item-not-found"}},
      {"disco of no node there can be",
       "get",
       "<query xmlns='http://jabber.org/protocol/disco#info' node='" + std::string(513, 'n') + "'/>",
       {"<item-not-found"}},
      {"disco as set", "set", "<query xmlns='http://jabber.org/protocol/disco#items'/>", {"<bad-request"}},
      {"disco: two anchors",
       "get",
       "<query xmlns='http://jabber.org/protocol/disco#items'><set xmlns='http://jabber.org/protocol/rsm'>"
       "<before/><index>1</index></set></query>",
       {"<bad-request"}},
      {"no child", "get", "", {"<bad-request"}},
      {"two children", "get", "<a xmlns='x'/><b xmlns='x'/>", {"<bad-request"}},
      {"unknown type", "put", "<a xmlns='x'/>", {"<bad-request"}},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    sender.sent.clear();
    request(test.type, test.content);
    ASSERT_EQ(sender.sent.size(), 1U);
    const std::string& xml = sender.sent.front();
    EXPECT_TRUE(xml.starts_with("<iq type='error' from='bourse.localhost' to='a@x/r' id='q1'><error")) << xml;
    for (const auto& part : test.expected) EXPECT_NE(xml.find(part), std::string::npos) << part << " in " << xml;
    EXPECT_NE(xml.find("<text"), std::string::npos) << xml;
    EXPECT_TRUE(ParsedXml(xml).ok()) << xml;
  }
  EXPECT_TRUE(backend.commands.empty());
  EXPECT_TRUE(backend.queries.empty());
}

TEST_F(ServiceTest, ARefusalOfTheMarketIsTheAnswer) {
  backend.refuse = base::Error{Errc::kResourceConstraint, "the queue is full: try again"};
  request("set", pubsub("<publish node='commons/offers'><item id='o1'>" + std::string(kOffer) + "</item></publish>"));
  request("get", "<status xmlns='urn:bourse:market:1'/>");
  ASSERT_EQ(sender.sent.size(), 2U);
  for (const auto& xml : sender.sent) {
    EXPECT_NE(xml.find("type='wait'><resource-constraint"), std::string::npos) << xml;
    EXPECT_NE(xml.find("the queue is full: try again"), std::string::npos) << xml;
  }
}

TEST_F(ServiceTest, WhatNeedsNoAnswerGetsNone) {
  for (const char* quiet : {
           "<message from='a@x/r' to='bourse.localhost'><body>hi</body></message>",
           "<message type='error' from='a@x/r' to='bourse.localhost'/>",
           "<iq type='result' id='1' from='a@x/r' to='bourse.localhost'/>",
           "<iq type='error' id='1' from='a@x/r' to='bourse.localhost'/>",
           "<iq type='result' id='probe-1' from='a@x/r' to='bourse.localhost'><pubsub "
           "xmlns='http://jabber.org/protocol/pubsub'><publish node='blog'><item id='1'/></publish></pubsub></iq>",
           "<iq type='set' id='1' from='@' to='bourse.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
           "<create node='blog'/></pubsub></iq>",
           "<message from='a@x/r' to='bourse.localhost'><event xmlns='http://jabber.org/protocol/pubsub#event'><items "
           "node='blog'/></event></message>",
           "<iq type='get' from='a@x/r' to='bourse.localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
           "<iq type='get' id='1' to='bourse.localhost'><ping xmlns='urn:xmpp:ping'/></iq>",
           "<presence from='a@x' to='bourse.localhost'/>",
       }) {
    receive(quiet);
    EXPECT_TRUE(sender.sent.empty()) << quiet << sent();
    EXPECT_TRUE(backend.commands.empty()) << quiet;
  }
}

TEST_F(ServiceTest, AnswersAtOnce) {
  request("get", "<ping xmlns='urn:xmpp:ping'/>");
  EXPECT_EQ(sent(), "<iq type='result' from='bourse.localhost' to='a@x/r' id='q1'/>");
  request("get", "<query xmlns='jabber:iq:version'/>");
  EXPECT_NE(sent().find("<version>1.2.3</version>"), std::string::npos);
  sender.sent.clear();
  request("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>");
  for (const char* part : {"category='pubsub' type='service'", "var='urn:bourse:market:1'", "<value>commons</value>",
                           "<field var='ticket-key'", "<value>a2tr", "<value>1000</value>"}) {
    EXPECT_NE(sent().find(part), std::string::npos) << part << sent();
  }
  sender.sent.clear();
  request("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/shim'/>");
  EXPECT_NE(sent().find("SubID"), std::string::npos) << sent();
  receive("<iq type='get' id='q1' from='a@x/r' to='someone@bourse.localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_NE(sent().find("<iq type='error' from='someone@bourse.localhost'"), std::string::npos);
}

TEST_F(ServiceTest, PresenceIsASessionOnlyWhenItChanges) {
  const auto available = [&] { receive("<presence from='a@x/r' to='bourse.localhost'><show>away</show></presence>"); };
  const auto gone = [&] { receive("<presence type='unavailable' from='a@x/r' to='bourse.localhost'/>"); };
  available();
  available();
  gone();
  available();
  ASSERT_EQ(backend.commands.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<market::SessionAvailable>(backend.commands[0].body));
  EXPECT_TRUE(std::holds_alternative<market::SessionGone>(backend.commands[1].body));
  EXPECT_TRUE(std::holds_alternative<market::SessionAvailable>(backend.commands[2].body));
  EXPECT_EQ(backend.commands[1].actor, jid("a@x/r"));
}

TEST_F(ServiceTest, PresenceTheMarketCannotTakeIsTriedAgainInOrder) {
  backend.refuse = base::Error{Errc::kUnavailable, "not loaded"};
  service.on_link_up();
  receive("<presence from='a@x/r' to='bourse.localhost'/>");
  receive("<presence type='unavailable' from='a@x/r' to='bourse.localhost'/>");
  EXPECT_TRUE(backend.commands.empty());
  backend.refuse.reset();
  service.on_tick();
  ASSERT_EQ(backend.commands.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<market::LinkUp>(backend.commands[0].body));
  EXPECT_TRUE(std::holds_alternative<market::SessionAvailable>(backend.commands[1].body));
  EXPECT_TRUE(std::holds_alternative<market::SessionGone>(backend.commands[2].body));
}

TEST_F(ServiceTest, ProbesTellWhoIsGone) {
  service.probe({jid("alive@localhost/r"), jid("gone@localhost/r"), jid("silent@localhost/r"), jid("old@localhost/r")});
  service.on_tick();
  ASSERT_EQ(sender.sent.size(), 4U);
  EXPECT_EQ(
      sender.sent[0],
      "<iq type='get' from='bourse.localhost' to='alive@localhost/r' id='probe-1'><ping xmlns='urn:xmpp:ping'/></iq>");
  receive("<iq type='result' id='probe-1' from='alive@localhost/r' to='bourse.localhost'/>");
  receive("<iq type='error' id='probe-3' from='forger@localhost/r' to='bourse.localhost'/>");
  receive(
      "<iq type='error' id='probe-2' from='gone@localhost/r' to='bourse.localhost'><error type='cancel'>"
      "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  receive(
      "<iq type='error' id='probe-4' from='old@localhost/r' to='bourse.localhost'><error type='cancel'>"
      "<feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  ASSERT_EQ(backend.commands.size(), 1U);
  EXPECT_EQ(backend.commands[0].actor, jid("gone@localhost/r"));
  for (std::uint64_t i = 1; i < SessionProbe::kPatienceTicks; ++i) service.on_tick();
  EXPECT_EQ(backend.commands.size(), 1U);
  service.on_tick();
  ASSERT_EQ(backend.commands.size(), 2U);
  EXPECT_EQ(backend.commands[1].actor, jid("silent@localhost/r"));
  EXPECT_TRUE(std::holds_alternative<market::SessionGone>(backend.commands[1].body));
}

TEST_F(ServiceTest, RepliesLeaveTogether) {
  const market::ReplyTo to{jid("a@x/r"), "bourse.localhost", "1"};
  service.deliver({{to, market::Acknowledged{}},
                   {to, market::Published{{"commons/offers"}, "o'1"}},
                   {to, pubsub::Answer{pubsub::NodeCreated{{"blog"}}}},
                   {to, pubsub::Answer{}},
                   {to, base::Error{Errc::kForbidden, "not yours"}},
                   {{jid("a@x/r"), "bourse.localhost", ""}, market::Acknowledged{}}});
  ASSERT_EQ(sender.sent.size(), 1U);
  const std::string& xml = sender.sent.front();
  EXPECT_TRUE(ParsedXml("<x>" + xml + "</x>").ok());
  const std::string head = "from='bourse.localhost' to='a@x/r' id='1'";
  EXPECT_EQ(xml.substr(0, xml.find("</iq>")),
            "<iq type='result' " + head + "/><iq type='result' " + head +
                "><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='commons/offers'><item "
                "id='o&apos;1'/></publish></pubsub>");
  EXPECT_NE(xml.find("<create node='blog'/></pubsub></iq><iq type='result' " + head + "/>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<iq type='error' " + head + "><error type='auth'><forbidden"), std::string::npos);
}

market::Notification notification(std::string record, std::size_t recipients) {
  market::Notification made;
  made.event.kind = market::EventKind::kPublished;
  made.event.node = {"commons/offers"};
  made.event.item_id = "o1";
  made.event.record = std::move(record);
  made.event.publisher = jid("lab@x/r");
  auto list = std::make_shared<std::vector<pubsub::Recipient>>();
  for (std::size_t i = 0; i < recipients; ++i) list->push_back({jid("r" + std::to_string(i) + "@x")});
  made.recipients.shared = std::move(list);
  return made;
}

TEST_F(ServiceTest, EventsAreToldToEveryRecipientOnce) {
  domain::Offer offer;
  ASSERT_TRUE(offer.resources.add("cpu", 4000).ok());
  const auto told = notification(domain::encode(offer), 2'000);
  std::size_t from = 0;
  for (int calls = 0; from < 2'000 && calls < 100; ++calls) from += service.notify(told, from);
  EXPECT_EQ(from, 2'000U);
  const std::string xml = sent();
  EXPECT_GT(sender.sent.size(), 1U);
  std::size_t messages = 0;
  for (auto at = xml.find("<message "); at != std::string::npos; at = xml.find("<message ", at + 1)) ++messages;
  EXPECT_EQ(messages, 2'000U);
  for (const char* part : {"to='r0@x'", "to='r1999@x'", "publisher='lab@x'", "<item id='o1'"}) {
    EXPECT_NE(xml.find(part), std::string::npos) << part;
  }
  EXPECT_TRUE(ParsedXml("<x>" + xml + "</x>").ok());
}

TEST_F(ServiceTest, AnEventThatCannotBeReadCountsAsTold) {
  EXPECT_EQ(service.notify(notification("no offer", 3), 1), 2U);
  EXPECT_TRUE(sender.sent.empty());
}

TEST_F(ServiceTest, NothingIsSentWithoutALink) {
  EXPECT_TRUE(service.linked());
  sender.up = false;
  EXPECT_FALSE(service.linked());
  service.deliver({{{jid("a@x/r"), "bourse.localhost", "1"}, market::Acknowledged{}}});
  EXPECT_EQ(service.notify(notification({}, 3), 0), 0U);
  EXPECT_TRUE(sender.sent.empty());
}

TEST_F(ServiceTest, AnswersToQueries) {
  request("get", pubsub("<items node='commons/offers'/>"));
  request("get", "<status xmlns='urn:bourse:market:1'/>");
  request("get", pubsub("<items node='blog'/>"));
  domain::Offer offer;
  ASSERT_TRUE(offer.resources.add("cpu", 4000).ok());
  market::PageOf<market::Item> page;
  page.rows.push_back({"o1", market::ItemKind::kOffer, domain::encode(offer), jid("lab@x"), clock.now(),
                       domain::RequestState::kWaiting, 0});
  page.count = 9;
  page.first_index = 8;
  service.answer({backend.queries[0], market::AnswerBody(page)});
  service.answer({backend.queries[1], market::AnswerBody(market::PoolStatus{3, 0, 0, 0, 0, 0, 0})});
  market::PageOf<pubsub::ItemRow> items;
  items.rows.push_back({.node = {"blog"}, .id = "i1", .publisher = jid("a@x"), .payload = "<e xmlns='u'/>"});
  service.answer({backend.queries[2], market::AnswerBody(items)});
  service.answer({backend.queries[1], base::Error{Errc::kUnavailable, "the database is away"}});
  service.answer({backend.queries[1], market::AnswerBody(page)});  // a mistake of the backend
  ASSERT_EQ(sender.sent.size(), 5U);
  for (const char* part : {"<items node='commons/offers'><item id='o1' publisher='lab@x'><offer",
                           "<first index='8'>o1</first>", "<count>9</count>"}) {
    EXPECT_NE(sender.sent[0].find(part), std::string::npos) << part << sender.sent[0];
  }
  EXPECT_NE(sender.sent[1].find("offers='3'"), std::string::npos);
  EXPECT_NE(sender.sent[2].find("<item id='i1' publisher='a@x'><e xmlns='u'/></item>"), std::string::npos);
  EXPECT_NE(sender.sent[3].find("type='wait'><service-unavailable"), std::string::npos);
  EXPECT_NE(sender.sent[4].find("<internal-server-error"), std::string::npos);
}

}  // namespace
}  // namespace bourse::xmpp
