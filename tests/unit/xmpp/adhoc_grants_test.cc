// What people do with grants by form, and why their requests wait.
#include <gmock/gmock.h>

#include "adhoc_fixture.h"

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;
using domain::GrantState;
using market::Item;
using market::ItemKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = market::GrantAction::Kind;

Item grant_item(std::uint64_t id, GrantState state, const std::string& provider, const std::string& consumer) {
  domain::Grant grant;
  grant.id = {id};
  grant.offer = {"box"};
  grant.request = {"job"};
  grant.provider = jid(provider);
  grant.consumer = jid(consumer);
  BOURSE_CHECK(grant.resources.add("cpu", 1000).ok());
  grant.state = state;
  return {.id = domain::to_item_id(grant.id), .kind = ItemKind::kGrant, .record = domain::encode(grant)};
}

market::AnswerBody page(std::vector<Item> items) {
  market::PageOf<Item> page;
  page.count = items.size();
  page.rows = std::move(items);
  return page;
}

// Ann lends and borrows: one grant of each state she is a party of.
market::AnswerBody anns() {
  return page({grant_item(1, GrantState::kProposed, "ann@a.test", "carl@c.test"),
               grant_item(2, GrantState::kActive, "ann@a.test", "carl@c.test"),
               grant_item(3, GrantState::kProposed, "lab@b.test", "ann@a.test"),
               grant_item(4, GrantState::kActive, "lab@b.test", "ann@a.test"),
               grant_item(5, GrantState::kReserved, "lab@b.test", "ann@a.test")});
}

TEST(AdhocGrant, OffersThoseThatItIsAbout) {
  const struct {
    std::string command;
    std::vector<std::string> fields;
    std::vector<std::string> grants;
    std::string none;
  } cases[] = {
      {"confirm", {"grant"}, {"g1"}, "No proposal waits for your word."},
      {"decline", {"grant", "reason"}, {"g1"}, "No proposal waits for your word."},
      {"renew", {"grant", "for"}, {"g4"}, "You have no grant to renew."},
      {"reclaim", {"grant", "grace", "reason"}, {"g2"}, "Nothing of yours is lent."},
  };
  for (const auto& each : cases) {
    Person person;
    const auto form = person.asked(person.execute(each.command), anns());
    EXPECT_EQ(form.status, "executing") << each.command;
    EXPECT_EQ(form.fields, each.fields) << each.command;
    EXPECT_EQ(form.options.at("grant"), each.grants) << each.command;
    const auto none = person.asked(person.execute(each.command), page({}));
    EXPECT_EQ(none.status, "completed") << each.command;
    EXPECT_EQ(none.note, each.none) << each.command;

    Person pools({"commons", "lab"});
    auto fields = each.fields;
    fields.insert(fields.begin(), "pool");
    EXPECT_EQ(pools.open(each.command).fields, fields) << each.command;
  }
}

TEST(AdhocGrant, BecomesACommandOfTheMarket) {
  const struct {
    std::string command;
    Values values;
    Kind kind;
    std::optional<base::Duration> duration;
    std::string reason;
  } cases[] = {
      {"confirm", {{"grant", "g5"}}, Kind::kConfirm, {}, ""},
      {"decline", {{"grant", "g5"}, {"reason", "maintenance"}}, Kind::kDecline, {}, "maintenance"},
      {"renew", {{"grant", "g5"}, {"for", "PT1H"}}, Kind::kRenew, 1h, ""},
      {"renew", {{"grant", "g5"}, {"for", "none"}}, Kind::kRenew, {}, ""},
      {"reclaim", {{"grant", "g5"}, {"grace", "5m"}, {"reason", "mine"}}, Kind::kReclaim, 5min, "mine"},
  };
  for (const auto& each : cases) {
    Person person({"commons", "lab"});
    auto values = each.values;
    values.emplace_back("pool", "lab");
    const auto step = person.execute(each.command, "", submission(values));
    ASSERT_TRUE(step.ok() && std::holds_alternative<PoolCommand>(*step)) << each.command;
    EXPECT_EQ(std::get<PoolCommand>(*step).pool.value, "lab");
    const auto action = std::get<market::GrantAction>(Person::command(step));
    EXPECT_EQ(action.kind, each.kind) << each.command;
    EXPECT_EQ(action.grant.value, 5U) << each.command;
    EXPECT_EQ(action.duration, each.duration) << each.command;
    EXPECT_EQ(action.reason, each.reason) << each.command;
    const auto told = person.told(market::Acknowledged{});
    EXPECT_EQ(told.status, "completed") << each.command;
    EXPECT_THAT(told.note, HasSubstr("'g5'")) << each.command;
  }
}

TEST(AdhocGrant, OperatorsNameAnybodysToTakeItBack) {
  Person person;
  person.be(kOperator);
  const auto step = person.execute("reclaim");
  ASSERT_TRUE(step.ok() && std::holds_alternative<market::QueryBody>(*step));
  const auto payload = person.adhoc.render(
      market::Answer{{{jid("admin@a.test"), true}, person.address, std::get<market::QueryBody>(*step)}, page({})}, {});
  ASSERT_TRUE(payload && payload->ok());
  EXPECT_THAT(shown_by(payload->value()).fields, ElementsAre("grant", "grace", "reason"));
}

TEST(AdhocExplain, OffersRequestsThatWait) {
  domain::Request request;
  BOURSE_CHECK(request.resources.add("cpu", 1000).ok());
  const auto record = domain::encode(request);
  Person person;
  const auto form =
      person.asked(person.execute("explain"), page({{.id = "job", .kind = ItemKind::kRequest, .record = record},
                                                    {.id = "old",
                                                     .kind = ItemKind::kRequest,
                                                     .record = record,
                                                     .request_state = domain::RequestState::kGranted}}));
  EXPECT_THAT(form.fields, ElementsAre("request"));
  EXPECT_THAT(form.options.at("request"), ElementsAre("job"));
  EXPECT_EQ(person.asked(person.execute("explain"), page({})).note, "No request of yours waits.");
}

TEST(AdhocExplain, IsATableAndSentences) {
  Person person;
  const auto step = person.execute("explain", "", submission({{"request", "job"}}));
  EXPECT_EQ(std::get<market::ExplainRequest>(Person::command(step)).id.value, "job");
  market::RequestExplanation explanation;
  explanation.request = {"job"};
  explanation.submitted = person.now - 5min;
  explanation.offers = 10;
  explanation.rejections = {{matching::Obstacle::kNeeds, "(arch=arm64)", 9, 3}};
  explanation.nearest = {{{"box"}, jid("lab@b.test"), {"arch is x86_64"}, {}}};
  explanation.changes = {"ask for cpu 8 instead of 16 (12 offers)"};
  const auto shown = person.told(explanation);
  EXPECT_EQ(shown.status, "completed");
  EXPECT_THAT(shown.note, HasSubstr("waits for 5m"));
  EXPECT_THAT(shown.note, HasSubstr("Would help: ask for cpu 8"));
  EXPECT_THAT(shown.note, HasSubstr("Near: box of lab@b.test: arch is x86_64"));
  EXPECT_THAT(shown.columns, ElementsAre("obstacle", "what", "offers", "alone"));
  ASSERT_EQ(shown.rows.size(), 1U);
  EXPECT_EQ(shown.rows[0].at("what"), "(arch=arm64)");
  EXPECT_EQ(shown.rows[0].at("alone"), "3");
}

TEST(AdhocExplain, WithoutObstaclesIsANote) {
  Person person;
  ASSERT_TRUE(person.execute("explain", "", submission({{"request", "job"}})).ok());
  market::RequestExplanation explanation;
  explanation.request = {"job"};
  explanation.state = domain::RequestState::kDone;
  const auto shown = person.told(explanation);
  EXPECT_EQ(shown.note, "Request 'job' is done.");
  EXPECT_THAT(shown.columns, IsEmpty());
}

}  // namespace
}  // namespace bourse::xmpp
