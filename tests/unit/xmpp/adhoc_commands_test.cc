// Each command: the form that comes, what a submitted one asks of the market, how the answer looks.
#include <gmock/gmock.h>

#include "adhoc_fixture.h"

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;
using market::AnswerBody;
using market::Item;
using market::ItemKind;
using market::PageOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

domain::Resources resources(const std::vector<std::pair<std::string, std::string>>& entries) {
  domain::Resources made;
  for (const auto& [name, quantity] : entries) {
    BOURSE_CHECK(made.add(name, domain::parse_quantity(name, quantity).value()).ok());
  }
  return made;
}

domain::Offer some_offer() {
  domain::Offer offer;
  offer.resources = resources({{"cpu", "4"}, {"gpu", "2"}});
  offer.gpu_model = "T4";
  return offer;
}

domain::Request some_request() {
  domain::Request request;
  request.resources = resources({{"cpu", "1"}});
  request.count = 3;
  return request;
}

domain::Grant some_grant(const std::string& consumer) {
  domain::Grant grant;
  grant.id = {42};
  grant.offer = {"box"};
  grant.request = {"job"};
  grant.provider = jid("lab@b.test");
  grant.consumer = jid(consumer);
  grant.resources = resources({{"cpu", "1"}});
  return grant;
}

AnswerBody page(std::vector<Item> items) {
  PageOf<Item> page;
  page.count = items.size();
  page.rows = std::move(items);
  return page;
}

TEST(AdhocForm, HasTheFieldsOfItsCommand) {
  struct Case {
    std::string command;
    std::vector<std::string> fields;
  };
  const Case cases[] = {
      {"offer",
       {"id", "cpu", "memory", "gpu", "gpu-model", "resources", "attributes", "services", "schedule", "time-zone",
        "min-lease", "max-lease", "serves", "confirm", "grace", "drain", "starts", "expires"}},
      {"request",
       {"id", "cpu", "memory", "gpu", "resources", "services", "needs", "count", "gang", "spares", "start", "duration",
        "deadline", "prefers", "spread", "apart", "priority"}},
      {"history", {"provider", "window"}},
      {"audit-trail", {"grant"}},
      {"drain", {"jid", "drained", "reason"}},
      {"ban", {"jid", "banned", "reason"}},
  };
  for (const auto& each : cases) {
    Person person;
    person.be(kOperator);
    const auto shown = person.open(each.command);
    ASSERT_TRUE(shown.ok) << each.command;
    EXPECT_EQ(shown.status, "executing") << each.command;
    EXPECT_EQ(shown.form_type, full_node(each.command)) << each.command;
    EXPECT_EQ(shown.fields, each.fields) << each.command;

    Person pools({"commons", "lab"});
    pools.be(kOperator);
    const auto choice = pools.open(each.command);
    ASSERT_FALSE(choice.fields.empty()) << each.command;
    EXPECT_EQ(choice.fields.front(), "pool") << each.command;
    EXPECT_THAT(choice.options.at("pool"), ElementsAre("commons", "lab")) << each.command;
  }
}

TEST(AdhocForm, SaysWhatAClientMayCheck) {
  Person person;
  const auto step = person.execute("request");
  ASSERT_TRUE(step.ok());
  const auto& xml = std::get<AdhocAnswer>(*step).payload;
  EXPECT_THAT(xml, HasSubstr("http://jabber.org/protocol/xdata-validate"));
  EXPECT_THAT(xml, HasSubstr("<range min='1' max='10000'/>"));
  EXPECT_THAT(xml, HasSubstr("<open/>"));
}

TEST(AdhocForm, WithItsDefaultsIsAccepted) {
  for (const std::string name : {"offer", "request"}) {
    Person person;
    const auto form = person.open(name);
    Values values;
    for (const auto& var : form.fields) values.emplace_back(var, form.values.at(var));
    const auto step = person.submit(name, form.session, values);
    ASSERT_TRUE(step.ok()) << name;
    EXPECT_TRUE(std::holds_alternative<PoolCommand>(*step)) << name << ": " << Person::shown(step).note;
  }
}

TEST(AdhocOffer, BecomesAnOfferOfTheMarket) {
  Person person({"commons", "lab"});
  const auto form = person.open("offer");
  const auto step = person.submit("offer", form.session,
                                  {{"pool", "lab"},
                                   {"id", "box"},
                                   {"cpu", "500m"},
                                   {"memory", "8Gi"},
                                   {"gpu", "2"},
                                   {"gpu-model", "T4"},
                                   {"resources", "storage = 10Gi\nlicence/x=2"},
                                   {"attributes", "arch=x86_64"},
                                   {"attributes", "kernel=6.1.0"},
                                   {"services", "blast=2.14:4"},
                                   {"services", "r"},
                                   {"schedule", "Sat-Sun 08:00-20:00"},
                                   {"time-zone", "Europe/Berlin"},
                                   {"min-lease", "10m"},
                                   {"max-lease", "8h"},
                                   {"confirm", "manual"},
                                   {"grace", "PT5M"},
                                   {"drain", "true"},
                                   {"starts", "1h"},
                                   {"serves", "(domain=*.edu)"},
                                   {"expires", "P1D"}});
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(std::get<PoolCommand>(*step).pool.value, "lab");
  const auto body = Person::command(step);
  const auto& publish = std::get<market::PublishOffer>(body);
  EXPECT_EQ(publish.id.value, "box");
  EXPECT_EQ(publish.offer.resources,
            resources({{"cpu", "500m"}, {"memory", "8Gi"}, {"gpu", "2"}, {"storage", "10Gi"}, {"licence/x", "2"}}));
  EXPECT_EQ(publish.offer.gpu_model, "T4");
  ASSERT_EQ(publish.offer.attributes.size(), 2U);
  EXPECT_EQ(publish.offer.attributes[1].type, domain::AttributeType::kVersion);
  EXPECT_EQ(publish.offer.services, (std::vector<domain::Service>{{"blast", "2.14", "", 4}, {"r", "", "", 0}}));
  EXPECT_EQ(publish.offer.schedule, (domain::Schedule{"Sat-Sun 08:00-20:00", "Europe/Berlin"}));
  EXPECT_EQ(publish.offer.terms.min_lease, base::Duration(10min));
  EXPECT_EQ(publish.offer.terms.max_lease, base::Duration(8h));
  EXPECT_EQ(publish.offer.terms.confirm, domain::Confirm::kManual);
  EXPECT_EQ(publish.offer.terms.grace, base::Duration(5min));
  EXPECT_TRUE(publish.offer.terms.drain);
  EXPECT_EQ(publish.offer.starts, person.now + 1h);
  EXPECT_EQ(publish.offer.serves.text(), "(domain=*.edu)");
  EXPECT_EQ(publish.offer.expires, person.now + 24h);
  EXPECT_EQ(publish.record, domain::encode(publish.offer));
  const auto told = person.told(market::Published{{"lab/offers"}, "box"});
  EXPECT_EQ(told.status, "completed");
  EXPECT_EQ(told.session, form.session);
  EXPECT_THAT(told.note, HasSubstr("'box'"));
}

TEST(AdhocOffer, WithLittleIsEnough) {
  Person person;
  const auto body = Person::command(person.execute("offer", "", submission({{"cpu", "1"}, {"max-lease", "none"}})));
  const auto& publish = std::get<market::PublishOffer>(body);
  EXPECT_EQ(publish.id.value, "made-up");
  EXPECT_EQ(publish.offer.resources, resources({{"cpu", "1"}}));
  EXPECT_EQ(publish.offer.terms.max_lease, std::nullopt);
  EXPECT_EQ(publish.offer.expires, std::nullopt);
}

TEST(AdhocRequest, BecomesARequestOfTheMarket) {
  Person person;
  const auto body = Person::command(person.execute("request", "",
                                                   submission({{"id", "job"},
                                                               {"cpu", "2"},
                                                               {"memory", ""},
                                                               {"gpu", "0.5"},
                                                               {"needs", "(arch=x86_64)"},
                                                               {"count", "3"},
                                                               {"duration", "PT2H"},
                                                               {"deadline", "2026-12-01T00:00:00Z"},
                                                               {"prefers", "availability"},
                                                               {"services", "blast\nr"},
                                                               {"gang", "true"},
                                                               {"spares", "1"},
                                                               {"start", "8h"},
                                                               {"spread", "Rack"},
                                                               {"apart", "backup-1"},
                                                               {"apart", "backup-2:domain"},
                                                               {"priority", "-5"}})));
  const auto& publish = std::get<market::PublishRequest>(body);
  EXPECT_EQ(publish.id.value, "job");
  EXPECT_EQ(publish.request.resources, resources({{"cpu", "2"}, {"gpu", "500m"}}));
  EXPECT_EQ(publish.request.needs.text(), "(arch=x86_64)");
  EXPECT_EQ(publish.request.count, 3U);
  EXPECT_EQ(publish.request.duration, base::Duration(2h));
  EXPECT_EQ(publish.request.deadline, base::Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 12 / 1}));
  EXPECT_EQ(publish.request.prefers.kind(), domain::Preference::Kind::kAvailability);
  EXPECT_EQ(publish.request.services, (std::vector<std::string>{"blast", "r"}));
  EXPECT_TRUE(publish.request.gang);
  EXPECT_EQ(publish.request.spares, 1U);
  EXPECT_EQ(publish.request.start, person.now + 8h);
  EXPECT_EQ(publish.request.spread, "rack");
  EXPECT_EQ(publish.request.apart,
            (std::vector<domain::AntiAffinity>{{{"backup-1"}, "provider"}, {{"backup-2"}, "domain"}}));
  EXPECT_EQ(publish.request.priority, -5);
  EXPECT_EQ(publish.record, domain::encode(publish.request));
}

TEST(AdhocRequest, KnowsTheBoxThatSpreadWas) {
  const std::pair<std::string, std::string> cases[] = {
      {"1", "provider"}, {"true", "provider"}, {"0", ""}, {"false", ""}, {"none", ""}, {"", ""}, {"domain", "domain"}};
  for (const auto& [given, spread] : cases) {
    Person person;
    const auto body = Person::command(person.execute("request", "", submission({{"cpu", "1"}, {"spread", given}})));
    EXPECT_EQ(std::get<market::PublishRequest>(body).request.spread, spread) << given;
  }
}

TEST(AdhocForm, ComesAgainForEveryWrongField) {
  struct Case {
    std::string command;
    Values values;
    std::string note;
  };
  const Case cases[] = {
      {"offer", {}, "resource"},
      {"offer", {{"cpu", "-1"}}, "cpu '-1'"},
      {"offer", {{"cpu", "1"}, {"id", std::string(129, 'x')}}, "id: "},
      {"offer", {{"gpu", "0.5"}}, "gpu"},
      {"offer", {{"cpu", "1"}, {"resources", "storage"}}, "resources: 'storage'"},
      {"offer", {{"cpu", "1"}, {"resources", "cpu=2"}}, "resources: "},
      {"offer", {{"cpu", "1"}, {"attributes", "=x"}}, "attributes: "},
      {"offer", {{"cpu", "1"}, {"attributes", "cpu=x"}}, "attribute 'cpu'"},
      {"offer", {{"cpu", "1"}, {"max-lease", "long"}}, "max-lease: "},
      {"offer", {{"cpu", "1"}, {"max-lease", "P99999D"}}, "max-lease: "},
      {"offer", {{"cpu", "1"}, {"serves", "(domain"}}, "serves: "},
      {"offer", {{"cpu", "1"}, {"expires", "2020-01-01T00:00:00Z"}}, "past"},
      {"offer", {{"cpu", "1"}, {"expires", "tomorrow"}}, "expires: "},
      {"offer", {{"cpu", "1"}, {"services", "blast:2.14"}}, "services: 'blast:2.14'"},
      {"offer", {{"cpu", "1"}, {"schedule", "Mon 25:00-26:00"}}, "schedule"},
      {"offer", {{"cpu", "1"}, {"schedule", "Mon"}, {"time-zone", "Nowhere/At_all"}}, "Nowhere/At_all"},
      {"offer", {{"cpu", "1"}, {"grace", "soon"}}, "grace: "},
      {"request", {{"cpu", "1"}, {"spares", "many"}}, "spares: "},
      {"request", {{"cpu", "1"}, {"priority", "101"}}, "priority: "},
      {"request", {{"cpu", "1"}, {"prefers", "2*"}}, "prefers: "},
      {"request", {{"cpu", "1"}, {"apart", "backup:"}}, "apart: 'backup:'"},
      {"request", {{"cpu", "1"}, {"start", "never"}}, "start: "},
      {"confirm", {{"grant", "42"}}, "grant: "},
      {"renew", {{"grant", "g42"}, {"for", "long"}}, "for: "},
      {"reclaim", {{"grant", "g42"}, {"grace", "-1s"}}, "grace: "},
      {"decline", {{"grant", "g42"}, {"reason", std::string(domain::kMaxReason + 1, 'x')}}, "reason: "},
      {"request", {{"cpu", "1"}, {"count", "0"}}, "count"},
      {"request", {{"cpu", "1"}, {"count", "99999"}}, "count: "},
      {"request", {{"cpu", "1"}, {"needs", "arch"}}, "needs: "},
      {"request", {{"cpu", "1"}, {"duration", "P400D"}}, "duration"},
      {"request", {{"gpu", "1.5"}}, "gpu"},
      {"history", {{"provider", "@"}}, "provider: "},
      {"history", {{"provider", "lab@b.test"}, {"window", "0s"}}, "window: "},
      {"audit-trail", {{"grant", "42"}}, "grant: "},
      {"release", {{"grant", std::string(129, 'g')}}, "grant: "},
      {"ban", {{"jid", "a@b@c@"}}, "jid: "},
      {"drain", {{"jid", "lab@b.test"}, {"reason", std::string(domain::kMaxReason + 1, 'x')}}, "reason: "},
  };
  for (const auto& each : cases) {
    Person person;
    person.be(kOperator);
    const auto shown = Person::shown(person.execute(each.command, "", submission(each.values)));
    EXPECT_EQ(shown.status, "executing") << each.command << " " << each.note;
    EXPECT_EQ(shown.note_type, "error") << each.command << " " << each.note;
    EXPECT_THAT(shown.note, HasSubstr(each.note)) << each.command;
  }
}

TEST(AdhocOffer, HasTheSizeOfOthers) {
  pubsub::Policy policy;
  policy.limits.max_payload_bytes = 1'000;
  Person person({"commons"}, policy);
  Values values = {{"cpu", "1"}};
  for (int i = 0; i < 10; ++i) values.emplace_back("attributes", "a" + std::to_string(i) + "=" + std::string(200, 'x'));
  EXPECT_THAT(Person::shown(person.execute("offer", "", submission(values))).note, HasSubstr("too long"));
}

TEST(AdhocMine, AsksForOwnItemsAtOnce) {
  const std::pair<std::string, ItemKind> cases[] = {
      {"my-offers", ItemKind::kOffer}, {"my-requests", ItemKind::kRequest}, {"my-grants", ItemKind::kGrant},
      {"withdraw", ItemKind::kOffer},  {"cancel", ItemKind::kRequest},      {"release", ItemKind::kGrant}};
  for (const auto& [name, kind] : cases) {
    Person person;
    const auto step = person.execute(name);
    ASSERT_TRUE(step.ok() && std::holds_alternative<market::QueryBody>(*step)) << name;
    const auto& query = std::get<market::ItemQuery>(std::get<market::QueryBody>(*step));
    EXPECT_EQ(query.kind, kind) << name;
    EXPECT_TRUE(query.own) << name;
    EXPECT_FALSE(query.ended_too) << name;
    const auto empty = person.asked(step, page({}));
    EXPECT_EQ(empty.status, "completed") << name;
    EXPECT_THAT(empty.note, StartsWith("You have no ")) << name;
  }
}

TEST(AdhocMine, OffersAreATable) {
  Person person;
  const auto shown = person.asked(
      person.execute("my-offers"),
      page({{.id = "box", .kind = ItemKind::kOffer, .record = domain::encode(some_offer()), .published = person.now}}));
  EXPECT_EQ(shown.status, "completed");
  EXPECT_THAT(shown.columns, ElementsAre("offer", "resources", "max-lease", "serves", "published", "expires"));
  ASSERT_EQ(shown.rows.size(), 1U);
  EXPECT_EQ(shown.rows[0].at("offer"), "box");
  EXPECT_EQ(shown.rows[0].at("resources"), "cpu 4, gpu 2 (T4)");
}

TEST(AdhocMine, RequestsAreATable) {
  Person person;
  const auto shown = person.asked(person.execute("my-requests"), page({{.id = "job",
                                                                        .kind = ItemKind::kRequest,
                                                                        .record = domain::encode(some_request()),
                                                                        .published = person.now,
                                                                        .granted = 1}}));
  ASSERT_EQ(shown.rows.size(), 1U);
  EXPECT_EQ(shown.rows[0].at("request"), "job");
  EXPECT_EQ(shown.rows[0].at("granted"), "1 of 3");
  EXPECT_EQ(shown.rows[0].at("state"), "waiting");
}

TEST(AdhocMine, GrantsAreATableWithTickets) {
  Person person;
  const auto shown = person.asked(
      person.execute("my-grants"),
      page({{.id = "g42", .kind = ItemKind::kGrant, .record = domain::encode(some_grant("ann@a.test"))},
            {.id = "g42", .kind = ItemKind::kGrant, .record = domain::encode(some_grant("carl@c.test"))}}));
  ASSERT_EQ(shown.rows.size(), 2U);
  EXPECT_EQ(shown.rows[0].at("role"), "consumer");
  EXPECT_EQ(shown.rows[0].at("with"), "lab@b.test");
  EXPECT_EQ(shown.rows[0].at("state"), "active");
  EXPECT_EQ(shown.rows[0].at("ticket"), "ticket of g42");
  EXPECT_EQ(shown.rows[1].at("role"), "provider");
  EXPECT_EQ(shown.rows[1].at("with"), "carl@c.test");
}

TEST(AdhocMine, SaysWhenThereIsMore) {
  Person person;
  PageOf<Item> some;
  some.rows.push_back({.id = "box", .record = domain::encode(some_offer())});
  some.count = 700;
  EXPECT_EQ(person.asked(person.execute("my-offers"), AnswerBody(some)).note, "These are 1 of 700.");
}

TEST(AdhocMine, ADamagedRecordIsAnError) {
  Person person;
  const auto step = person.execute("my-offers");
  ASSERT_TRUE(step.ok());
  const auto rendered = person.adhoc.render(
      market::Answer{{{jid("ann@a.test"), false}, person.address, std::get<market::QueryBody>(*step)},
                     page({{.id = "box", .record = "\xFF"}})},
      {});
  ASSERT_TRUE(rendered.has_value());
  ASSERT_FALSE(rendered->ok());
  EXPECT_EQ(rendered->error().code, base::Errc::kCorrupt);
}

TEST(AdhocMine, AsksForThePoolWhereThereAreSeveral) {
  for (const std::string name : {"my-offers", "my-requests", "my-grants", "status", "queue"}) {
    Person person({"commons", "lab"});
    person.be(kOperator);
    const auto form = person.open(name);
    EXPECT_THAT(form.fields, ElementsAre("pool")) << name;
    const auto step = person.submit(name, form.session, {{"pool", "lab"}});
    ASSERT_TRUE(step.ok() && std::holds_alternative<market::QueryBody>(*step)) << name;
    EXPECT_EQ(std::visit([](const auto& query) { return query.pool.value; }, std::get<market::QueryBody>(*step)),
              "lab");
    EXPECT_EQ(refused(person.execute(name, "", submission({{"pool", "nowhere"}}))), "modify/bad-request/bad-payload");
  }
}

TEST(AdhocEnding, AListThenARetract) {
  struct Case {
    std::string command;
    std::string var;
    Item item;
    std::string node;
  };
  const Case cases[] = {
      {"withdraw",
       "offer",
       {.id = "box", .kind = ItemKind::kOffer, .record = domain::encode(some_offer())},
       "commons/offers"},
      {"cancel",
       "request",
       {.id = "job", .kind = ItemKind::kRequest, .record = domain::encode(some_request())},
       "commons/requests"},
      {"release",
       "grant",
       {.id = "g42", .kind = ItemKind::kGrant, .record = domain::encode(some_grant("ann@a.test"))},
       "commons/grants"},
  };
  for (const auto& each : cases) {
    Person person;
    const auto form = person.asked(person.execute(each.command), page({each.item}));
    EXPECT_EQ(form.status, "executing") << each.command;
    EXPECT_THAT(form.fields, ElementsAre(each.var));
    EXPECT_THAT(form.options.at(each.var), ElementsAre(each.item.id));
    const auto step = person.submit(each.command, form.session, {{each.var, each.item.id}});
    const auto body = Person::command(step);
    const auto& retract = std::get<market::Retract>(body);
    EXPECT_EQ(retract.node.value, each.node);
    EXPECT_EQ(retract.item_id, each.item.id);
    const auto told = person.told(market::Acknowledged{});
    EXPECT_EQ(told.status, "completed") << each.command;
    EXPECT_EQ(told.note_type, "info") << each.command;
    EXPECT_EQ(refused(person.submit(each.command, form.session, {{each.var, each.item.id}})),
              "cancel/not-allowed/session-expired");

    Person pools({"commons", "lab"});  // no list there: a text
    const auto text = pools.open(each.command);
    EXPECT_THAT(text.fields, ElementsAre("pool", each.var));
    const auto elsewhere =
        Person::command(pools.submit(each.command, text.session, {{"pool", "lab"}, {each.var, each.item.id}}));
    EXPECT_THAT(std::get<market::Retract>(elsewhere).node.value, StartsWith("lab/"));
  }
}

market::HistoryReport some_report(const Person& person) {
  market::HistoryReport report;
  report.since = person.now - 24h;
  report.until = person.now;
  report.provider_count = 1;
  report.total.window = 24h;
  report.total.up = 12h;
  report.total.down = 4h;
  report.total.outages = 2;
  report.total.longest_outage = 3h;
  return report;
}

TEST(AdhocHistory, ShowsTheFiguresOfAProvider) {
  Person person;
  const auto step = person.execute("history", "", submission({{"provider", "lab@b.test/agent"}, {"window", "P1D"}}));
  ASSERT_TRUE(step.ok());
  const auto& query = std::get<market::HistoryQuery>(std::get<market::QueryBody>(*step));
  ASSERT_EQ(query.providers.size(), 1U);
  EXPECT_EQ(query.providers.front().text(), "lab@b.test");
  EXPECT_EQ(query.until, person.now);
  EXPECT_EQ(query.since, person.now - 24h);
  auto report = some_report(person);
  auto& provider = report.providers.emplace_back();
  provider.provider = jid("lab@b.test");
  provider.statistics = report.total;
  provider.now = domain::Presence::kUp;
  provider.since = person.now - 6h;
  const auto shown = person.asked(step, AnswerBody(report));
  EXPECT_EQ(shown.status, "completed");
  EXPECT_THAT(shown.note, HasSubstr("75.0 %"));
  EXPECT_THAT(shown.note, HasSubstr("observed 66.7 %"));
  const std::vector<std::pair<std::string, std::string>> figures = {
      {"availability", "75.0 %"}, {"coverage", "66.7 %"}, {"outages", "2"}, {"mtbf", "6h"}, {"mttr", "2h"},
      {"longest-outage", "3h"}};
  for (const auto& [var, value] : figures) EXPECT_EQ(shown.values.at(var), value) << var;
  EXPECT_THAT(shown.values.at("state"), StartsWith("up since"));
}

TEST(AdhocHistory, IsOfThePoolWithoutAProvider) {
  Person person;
  const auto step = person.execute("history", "", submission({{"window", "P7D"}}));
  ASSERT_TRUE(step.ok());
  EXPECT_TRUE(std::get<market::HistoryQuery>(std::get<market::QueryBody>(*step)).providers.empty());
  auto report = some_report(person);
  report.provider_count = 40;
  EXPECT_EQ(person.asked(step, AnswerBody(report)).values.at("providers"), "40");
  const auto again = person.execute("history", "", submission({{"window", "P7D"}}));
  EXPECT_THAT(person.asked(again, AnswerBody(market::HistoryReport())).note, HasSubstr("was not seen"));
}

TEST(AdhocAudit, IsATable) {
  Person person;
  const auto step = person.execute("audit-trail", "", submission({{"grant", "g42"}}));
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(std::get<market::AuditQuery>(std::get<market::QueryBody>(*step)).grant->value, 42U);
  PageOf<market::AuditRecord> records;
  records.rows.push_back({{7}, {.kind = audit::EntryKind::kGrantStarted, .actor = jid("ann@a.test/pc")}});
  records.count = 1;
  const auto shown = person.asked(step, AnswerBody(records));
  ASSERT_EQ(shown.rows.size(), 1U);
  EXPECT_EQ(shown.rows[0].at("kind"), "grant-started");
  EXPECT_EQ(shown.rows[0].at("index"), "7");
}

TEST(AdhocOperators, SeeStatusAndQueue) {
  Person person;
  person.be(kOperator);
  market::PoolStatus counts;
  counts.offers = 5;
  const auto status = person.asked(person.execute("status"), AnswerBody(counts));
  EXPECT_EQ(status.status, "completed");
  EXPECT_EQ(status.values.at("offers"), "5");

  const auto step = person.execute("queue");
  ASSERT_TRUE(step.ok());
  EXPECT_FALSE(std::get<market::ItemQuery>(std::get<market::QueryBody>(*step)).own);
  const Item waiting{.id = "job",
                     .kind = ItemKind::kRequest,
                     .record = domain::encode(some_request()),
                     .publisher = jid("carl@c.test")};
  auto granted = waiting;
  granted.request_state = domain::RequestState::kGranted;
  const auto queue = person.asked(step, page({granted, waiting}));
  ASSERT_EQ(queue.rows.size(), 1U);
  EXPECT_EQ(queue.rows[0].at("consumer"), "carl@c.test");
  EXPECT_EQ(queue.note, "");
}

TEST(AdhocOperators, DrainAndBan) {
  struct Case {
    std::string command;
    Values values;
    std::optional<bool> drained;
    std::optional<bool> banned;
  };
  const Case cases[] = {
      {"drain", {{"jid", "lab@b.test/agent"}, {"reason", "a move"}}, true, {}},
      {"drain", {{"jid", "lab@b.test"}, {"drained", "true"}}, true, {}},
      {"drain", {{"jid", "lab@b.test"}, {"drained", "0"}}, false, {}},
      {"ban", {{"jid", "lab@b.test"}, {"banned", "1"}}, {}, true},
      {"ban", {{"jid", "lab@b.test"}, {"banned", "false"}}, {}, false},
  };
  for (const auto& each : cases) {
    Person person;
    person.be(kOperator);
    const auto body = Person::command(person.execute(each.command, "", submission(each.values)));
    const auto& sanction = std::get<market::Sanction>(body);
    EXPECT_EQ(sanction.jid.text(), "lab@b.test");
    EXPECT_EQ(sanction.drained, each.drained);
    EXPECT_EQ(sanction.banned, each.banned);
    if (each.values.back().first == "reason") {
      EXPECT_EQ(sanction.reason, "a move");
    }
    EXPECT_THAT(person.told(market::Acknowledged{}).note, StartsWith("lab@b.test is "));
  }
}

TEST(AdhocPending, NodesThenTheirForms) {
  Person person({"commons", "lab"});
  const auto step = person.execute("get-pending");
  const auto body = Person::command(step);
  EXPECT_FALSE(std::get<pubsub::GetPending>(std::get<pubsub::Command>(body)).node);
  EXPECT_EQ(std::get<PoolCommand>(*step).pool.value, "commons");
  const auto form = person.told(pubsub::Answer(pubsub::PendingAnswer{{{"blog"}, {"news"}}}));
  EXPECT_EQ(form.status, "executing");
  EXPECT_EQ(form.form_type, "http://jabber.org/protocol/pubsub#subscribe_authorization");
  EXPECT_THAT(form.options.at("pubsub#node"), ElementsAre("blog", "news"));
  const auto again = Person::command(person.submit("get-pending", form.session, {{"pubsub#node", "blog"}}));
  EXPECT_EQ(std::get<pubsub::GetPending>(std::get<pubsub::Command>(again)).node->value, "blog");
  EXPECT_EQ(person.told(pubsub::Answer()).status, "completed");

  ASSERT_TRUE(person.execute("get-pending").ok());
  EXPECT_EQ(person.told(pubsub::Answer(pubsub::PendingAnswer{})).status, "completed");
}

TEST(AdhocPending, ErrorsAreTheIqs) {
  Person person;
  ASSERT_TRUE(person.execute("get-pending", "", submission({{"pubsub#node", "blog"}})).ok());
  const auto rendered =
      person.adhoc.render(market::Reply{person.address, base::Error{base::Errc::kForbidden, "not yours"}});
  ASSERT_TRUE(rendered.has_value());
  ASSERT_FALSE(rendered->ok());
  EXPECT_EQ(rendered->error().code, base::Errc::kForbidden);
}

}  // namespace
}  // namespace bourse::xmpp
