// What the parties of a grant ask for, and why a request waits: stanzas in, commands out.
#include "service_fixture.h"

namespace bourse::xmpp {
namespace {

using testing_service::jid;
using testing_service::ServiceTest;

TEST_F(ServiceTest, WhatIsDoneWithAGrantIsACommand) {
  using Kind = market::GrantAction::Kind;
  const struct {
    const char* element;
    Kind kind;
    const char* pool;
    std::optional<base::Duration> duration;
    const char* reason;
  } cases[] = {
      {"<confirm xmlns='urn:bourse:market:1' grant='g5'/>", Kind::kConfirm, "commons", {}, ""},
      {"<decline xmlns='urn:bourse:market:1' grant='g5' reason='no &amp; no' pool='lab'/>",
       Kind::kDecline,
       "lab",
       {},
       "no & no"},
      {"<renew xmlns='urn:bourse:market:1' grant='g5' duration='PT1H'/>", Kind::kRenew, "commons",
       std::chrono::hours(1), ""},
      {"<reclaim xmlns='urn:bourse:market:1' grant='g5' grace='PT5M' reason='mine'/>", Kind::kReclaim, "commons",
       std::chrono::minutes(5), "mine"},
  };
  for (const auto& each : cases) {
    backend.commands.clear();
    request("set", each.element);
    ASSERT_EQ(backend.commands.size(), 1U) << each.element << sent();
    const auto& command = backend.commands.front();
    EXPECT_EQ(command.pool.value, each.pool);
    EXPECT_EQ(command.actor, jid("a@x/r"));
    EXPECT_EQ(command.reply_to.stanza_id, "q1");
    const auto& action = std::get<market::GrantAction>(command.body);
    EXPECT_EQ(action.kind, each.kind) << each.element;
    EXPECT_EQ(action.grant.value, 5U) << each.element;
    EXPECT_EQ(action.duration, each.duration) << each.element;
    EXPECT_EQ(action.reason, each.reason) << each.element;
  }
  EXPECT_TRUE(sender.sent.empty());
  service.deliver({market::Reply{backend.commands.front().reply_to, market::Acknowledged{}}});
  EXPECT_EQ(sent(), "<iq type='result' from='bourse.localhost' to='a@x/r' id='q1'/>");
}

TEST_F(ServiceTest, WhyARequestWaitsIsAskedOfTheDecider) {
  request("get", "<explain xmlns='urn:bourse:market:1' request='job' pool='lab'/>");
  ASSERT_EQ(backend.commands.size(), 1U) << sent();
  EXPECT_EQ(backend.commands.front().pool.value, "lab");
  EXPECT_EQ(std::get<market::ExplainRequest>(backend.commands.front().body).id.value, "job");
  market::RequestExplanation explanation;
  explanation.request = {"job"};
  explanation.submitted = parse_timestamp("2026-11-21T00:00:00Z").value();
  explanation.offers = 3;
  explanation.rejections = {{matching::Obstacle::kNeeds, "(arch=arm64)", 3, 2}};
  service.deliver({market::Reply{backend.commands.front().reply_to, explanation}});
  const ParsedXml answer(sent());
  ASSERT_TRUE(answer.ok()) << sent();
  ASSERT_EQ(answer->findAttribute("type"), "result");
  const auto* why = answer->findChild("explain");
  ASSERT_NE(why, nullptr) << sent();
  EXPECT_EQ(why->findAttribute("request"), "job");
  ASSERT_NE(why->findChild("rejection"), nullptr);
  EXPECT_EQ(why->findChild("rejection")->findAttribute("what"), "(arch=arm64)");
}

TEST_F(ServiceTest, WrongActionsAreRefused) {
  const std::pair<std::string, std::string> cases[] = {
      {"get", "<confirm xmlns='urn:bourse:market:1' grant='g5'/>"},
      {"set", "<confirm xmlns='urn:bourse:market:1' grant='5'/>"},
      {"set", "<confirm xmlns='urn:bourse:market:1'/>"},
      {"set", "<confirm xmlns='urn:bourse:market:1' grant='g5' pool='nowhere'/>"},
      {"set", "<renew xmlns='urn:bourse:market:1' grant='g5' duration='1h'/>"},
      {"set", "<explain xmlns='urn:bourse:market:1' request='job'/>"},
      {"get", "<explain xmlns='urn:bourse:market:1'/>"},
      {"get", "<explain xmlns='urn:bourse:market:1' request='job' pool='nowhere'/>"},
      {"set", "<status xmlns='urn:bourse:market:1'/>"},
      {"set", "<dance xmlns='urn:bourse:market:1'/>"},
  };
  for (const auto& [type, element] : cases) {
    sender.sent.clear();
    request(type, element);
    EXPECT_NE(sent().find("<iq type='error'"), std::string::npos) << type << " " << element;
  }
  EXPECT_TRUE(backend.commands.empty());
  EXPECT_TRUE(backend.queries.empty());
}

}  // namespace
}  // namespace bourse::xmpp
