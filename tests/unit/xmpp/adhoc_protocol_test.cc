// XEP-0050 itself: sessions, actions, errors, discovery, limits.
#include <gmock/gmock.h>

#include "adhoc_fixture.h"
#include "xmpp/stanza_error.h"

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;
using base::Errc;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kEverybodys[] = {"offer",    "request", "my-offers", "my-requests", "my-grants",   "release",
                                       "withdraw", "cancel",  "history",   "audit-trail", "get-pending", "explain",
                                       "confirm",  "decline", "renew",     "reclaim"};
constexpr const char* kOperators[] = {"status", "queue", "drain", "ban", "policy", "set-policy"};

std::vector<std::string> listed(const Person& person, const std::string& viewer) {
  const ParsedXml xml(person.adhoc.render_list(jid(viewer)));
  std::vector<std::string> nodes;
  if (!xml.ok()) return nodes;
  EXPECT_EQ(xml->findAttribute("node"), kCommandsNs);
  for (const auto* item : xml->children()) {
    EXPECT_EQ(item->findAttribute("jid"), "bourse.test");
    EXPECT_NE(item->findAttribute("name"), "");
    nodes.push_back(item->findAttribute("node"));
  }
  return nodes;
}

TEST(AdhocDiscovery, ListsWhatTheViewerMayRun) {
  const Person person;
  const auto everybodys = listed(person, kAnn);
  const auto operators = listed(person, kOperator);
  EXPECT_EQ(everybodys.size(), std::size(kEverybodys));
  EXPECT_EQ(operators.size(), std::size(kEverybodys) + std::size(kOperators));
  for (const auto* name : kEverybodys) EXPECT_THAT(everybodys, Contains(full_node(name)));
  for (const auto* name : kOperators) EXPECT_THAT(everybodys, Not(Contains(full_node(name))));
}

TEST(AdhocDiscovery, EachCommandSaysWhatItIs) {
  const Person person;
  for (const auto* name : kEverybodys) {
    const auto info = person.adhoc.render_info(full_node(name), jid(kAnn));
    ASSERT_TRUE(info) << name;
    const ParsedXml xml(*info);
    ASSERT_TRUE(xml.ok()) << name;
    EXPECT_EQ(xml->findAttribute("node"), full_node(name));
    const auto* identity = xml->findChild("identity");
    ASSERT_NE(identity, nullptr);
    EXPECT_EQ(identity->findAttribute("category"), "automation");
    EXPECT_EQ(identity->findAttribute("type"), "command-node");
    EXPECT_NE(xml->findChild("feature", "var", kCommandsNs), nullptr);
    EXPECT_NE(xml->findChild("feature", "var", "jabber:x:data"), nullptr);
  }
  const auto list = person.adhoc.render_info(kCommandsNs, jid(kAnn));
  ASSERT_TRUE(list);
  EXPECT_THAT(*list, HasSubstr("type='command-list'"));
  for (const auto* name : kOperators) {
    EXPECT_FALSE(person.adhoc.render_info(full_node(name), jid(kAnn))) << name;
    EXPECT_TRUE(person.adhoc.render_info(full_node(name), jid(kOperator))) << name;
  }
  EXPECT_FALSE(person.adhoc.render_info("commons/offers", jid(kAnn)));
}

TEST(AdhocErrors, WhatCannotBeRun) {
  Person person;
  for (const auto* name : kOperators) {
    const auto step = person.execute(name);
    ASSERT_FALSE(step.ok()) << name;
    EXPECT_EQ(step.error().code, Errc::kForbidden) << name;
  }
  const auto unknown = person.execute("nothing");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kNotFound);
  const auto nameless = person.send("<command xmlns='http://jabber.org/protocol/commands'/>");
  ASSERT_FALSE(nameless.ok());
  EXPECT_EQ(nameless.error().code, Errc::kBadRequest);
}

TEST(AdhocErrors, HaveTheConditionsOfTheProtocol) {
  const std::string two = submission({{"cpu", "1"}}) + submission({{"cpu", "1"}});
  const std::string foreign =
      "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>other</value></field></x>";
  struct Case {
    std::string name;
    std::string attributes;
    std::string form;
    bool in_session;
    std::string expected;
  };
  const Case cases[] = {
      {"unknown action", "action='begin'", "", false, "modify/bad-request/malformed-action"},
      {"previous of the first", "action='prev'", "", false, "modify/bad-request/bad-action"},
      {"next", "action='next'", "", true, "modify/bad-request/bad-action"},
      {"previous", "action='prev'", "", true, "modify/bad-request/bad-action"},
      {"complete what was not begun", "action='complete'", "", false, "modify/bad-request/bad-action"},
      {"cancel what was not begun", "action='cancel'", "", false, "modify/bad-request/bad-sessionid"},
      {"a session that never was", "sessionid='7-x'", "", false, "modify/bad-request/bad-sessionid"},
      {"a session of nobody", "sessionid='mine'", "", false, "modify/bad-request/bad-sessionid"},
      {"an empty session", "sessionid=''", "", false, "modify/bad-request/bad-sessionid"},
      {"no form", "", "", true, "modify/bad-request/bad-payload"},
      {"two forms", "", two, true, "modify/bad-request/bad-payload"},
      {"a form of another kind", "", foreign, true, "modify/bad-request/bad-payload"},
      {"a form that asks", "", "<x xmlns='jabber:x:data' type='form'/>", true, "modify/bad-request/bad-payload"},
      {"an unknown field", "", submission({{"cores", "1"}}), true, "modify/bad-request/bad-payload"},
      {"two values where one belongs", "", submission({{"cpu", "1"}, {"cpu", "2"}}), true,
       "modify/bad-request/bad-payload"},
  };
  for (const auto& each : cases) {
    Person person;
    std::string attributes = each.attributes;
    if (each.in_session) attributes += " sessionid='" + person.open("offer").session + "'";
    EXPECT_EQ(refused(person.execute("offer", attributes, each.form)), each.expected) << each.name;
  }
}

TEST(AdhocErrors, FieldsThatAreRequiredOrChoices) {
  struct Case {
    std::string command;
    Values values;
  };
  const Case cases[] = {
      {"audit-trail", {}},
      {"audit-trail", {{"grant", " "}}},
      {"release", {{"grant", ""}}},
      {"withdraw", {}},
      {"cancel", {}},
      {"get-pending", {}},
      {"drain", {{"drained", "true"}}},
      {"ban", {{"jid", "mallory@x.test"}, {"banned", "maybe"}}},
      {"confirm", {}},
      {"reclaim", {{"grace", "5m"}}},
      {"explain", {{"request", ""}}},
      {"offer", {{"cpu", "1"}, {"confirm", "perhaps"}}},
      {"request", {{"cpu", "1"}, {"gang", "perhaps"}}},
      {"my-offers", {{"pool", "lab"}}},  // there is only commons
  };
  for (const auto& each : cases) {
    Person person;
    person.be(kOperator);
    EXPECT_EQ(refused(person.execute(each.command, "", submission(each.values))), "modify/bad-request/bad-payload")
        << each.command;
  }
}

TEST(AdhocSessions, EndWhenCancelledCompletedOrForgotten) {
  Person person;
  const auto cancelled = person.open("offer");
  ASSERT_EQ(cancelled.status, "executing");
  EXPECT_TRUE(cancelled.completes);
  EXPECT_EQ(Person::shown(person.execute("offer", "action='cancel' sessionid='" + cancelled.session + "'")).status,
            "canceled");

  const auto completed = person.open("offer");
  EXPECT_TRUE(person.submit("offer", completed.session, {{"cpu", "1"}}).ok());

  const auto forgotten = person.open("offer");
  person.now += 11min;

  EXPECT_NE(cancelled.session, completed.session);
  for (const auto& session : {cancelled.session, completed.session, forgotten.session}) {
    EXPECT_EQ(refused(person.submit("offer", session, {{"cpu", "1"}})), "cancel/not-allowed/session-expired");
  }
}

TEST(AdhocSessions, BelongToOneClientAndOneCommand) {
  Person person;
  const auto session = person.open("offer").session;
  EXPECT_EQ(refused(person.submit("request", session, {{"cpu", "1"}})), "modify/bad-request/bad-sessionid");
  person.be("ann@a.test/phone");
  EXPECT_EQ(refused(person.submit("offer", session, {{"cpu", "1"}})), "modify/bad-request/bad-sessionid");
  EXPECT_EQ(refused(person.execute("offer", "action='cancel' sessionid='" + session + "'")),
            "modify/bad-request/bad-sessionid");
  person.be(kAnn);
  EXPECT_TRUE(person.submit("offer", session, {{"cpu", "1"}}).ok());
}

TEST(AdhocSessions, AreBounded) {
  Person person;
  const auto first = person.open("offer").session;
  std::string last;
  for (int i = 0; i < 16; ++i) last = person.open("offer").session;
  EXPECT_EQ(refused(person.submit("offer", first, {{"cpu", "1"}})), "cancel/not-allowed/session-expired");
  EXPECT_TRUE(person.submit("offer", last, {{"cpu", "1"}}).ok());

  Errc code = Errc::kInternal;
  int opened = 0;
  for (; opened < 20'000; ++opened) {
    person.be("p" + std::to_string(opened) + "@x.test/r");
    const auto step = person.execute("offer");
    if (step.ok()) continue;
    code = step.error().code;
    break;
  }
  EXPECT_EQ(code, Errc::kResourceConstraint);
  EXPECT_LT(opened, 10'001);
  person.now += 11min;
  EXPECT_EQ(person.open("offer").status, "executing");
}

TEST(AdhocAnswers, AreAwaitedWithinBounds) {
  Person person;
  int taken = 0;
  Errc code = Errc::kInternal;
  for (; taken < 1'000; ++taken) {
    person.be(kAnn, "iq" + std::to_string(taken));
    const auto step = person.execute("my-offers");
    if (step.ok()) continue;
    code = step.error().code;
    break;
  }
  EXPECT_EQ(code, Errc::kResourceConstraint);
  EXPECT_EQ(taken, 64);
  person.be("bob@b.test/pc", "iq1");
  EXPECT_TRUE(person.execute("my-offers").ok());
}

TEST(AdhocAnswers, AreOnlyTakenForCommands) {
  Person person;
  EXPECT_FALSE(person.adhoc.render(market::Reply{person.address, market::Acknowledged{}}));
  ASSERT_TRUE(person.execute("offer", "", submission({{"cpu", "1"}})).ok());
  market::ReplyTo other = person.address;
  other.stanza_id = "iq2";
  EXPECT_FALSE(person.adhoc.render(market::Reply{other, market::Acknowledged{}}));
  other = {jid("ann@a.test/phone"), "bourse.test", "iq1"};
  EXPECT_FALSE(person.adhoc.render(market::Reply{other, market::Acknowledged{}}));
  // The answer to a question of the same id is not the reply to an order.
  EXPECT_FALSE(person.answered(market::StatusQuery{}, market::AnswerBody(market::PoolStatus{})).ok);
  EXPECT_EQ(person.told(market::Published{{"commons/offers"}, "made-up"}).note_type, "info");
  EXPECT_FALSE(person.adhoc.render(market::Reply{person.address, market::Acknowledged{}}));
}

TEST(AdhocAnswers, ErrorsBecomeNotes) {
  Person person;
  ASSERT_TRUE(person.execute("offer", "", submission({{"cpu", "1"}})).ok());
  const auto order = person.told(base::Error{Errc::kForbidden, "no <such> luck"});
  EXPECT_EQ(order.status, "completed");
  EXPECT_EQ(order.note_type, "error");
  EXPECT_EQ(order.note, "no <such> luck");

  ASSERT_TRUE(person.execute("my-offers").ok());  // the readers' queue is full
  EXPECT_EQ(person.told(base::Error{Errc::kResourceConstraint, "busy"}).note, "busy");

  const auto step = person.execute("my-offers");
  ASSERT_TRUE(step.ok());
  const auto answer =
      person.answered(std::get<market::QueryBody>(*step), base::Error{Errc::kUnavailable, "the database is away"});
  EXPECT_EQ(answer.status, "completed");
  EXPECT_EQ(answer.note_type, "error");
}

TEST(AdhocForms, ComeAgainWithWhatIsWrong) {
  Person person;
  const auto form = person.open("offer");
  const auto again = Person::shown(
      person.submit("offer", form.session, {{"cpu", "lots"}, {"memory", "2Gi"}, {"attributes", "arch=arm64"}}));
  EXPECT_EQ(again.status, "executing");
  EXPECT_EQ(again.session, form.session);
  EXPECT_EQ(again.note_type, "error");
  EXPECT_THAT(again.note, HasSubstr("cpu"));
  EXPECT_THAT(again.instructions, HasSubstr(again.note));
  EXPECT_EQ(again.values.at("cpu"), "lots");
  EXPECT_EQ(again.values.at("attributes"), "arch=arm64");
  EXPECT_TRUE(person.submit("offer", form.session, {{"cpu", "2"}}).ok());
}

TEST(AdhocForms, AreSubmittedAtOnceByWhoKnowsThem) {
  Person person;
  const auto wrong = Person::shown(person.execute("offer", "", submission({{"cpu", "lots"}})));
  EXPECT_EQ(wrong.status, "executing");  // and from there on there is a session
  EXPECT_TRUE(person.submit("offer", wrong.session, {{"cpu", "1"}}).ok());
}

TEST(AdhocForms, ForeignElementsDoNotDisturb) {
  Person person;
  EXPECT_TRUE(person
                  .execute("offer", "status='executing' xml:lang='de'",
                           "<note>hm</note><y xmlns='urn:y'/>" + submission({{"cpu", "1"}}))
                  .ok());
}

// A client may give two iqs the same id: the answer to the plain one is not the command's.
TEST(AdhocProtocol, AnswersOfPlainQueriesAreNotTheirs) {
  Person person;
  const auto step = person.execute("my-offers");
  ASSERT_TRUE(step.ok());
  ASSERT_TRUE(std::holds_alternative<market::QueryBody>(*step));
  auto plain = person.address;
  plain.adhoc = 0;
  const market::Answer other{{{jid(kAnn).bare(), false}, plain, market::StatusQuery{{"commons"}}},
                             market::AnswerBody(market::PoolStatus{})};
  EXPECT_FALSE(person.adhoc.render(other, {}));
  EXPECT_FALSE(person.adhoc.render(market::Reply{plain, base::Error{base::Errc::kForbidden, "no"}}));
}

}  // namespace
}  // namespace bourse::xmpp
