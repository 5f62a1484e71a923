// History on the wire: questions, predictions, imports, heartbeats, and the loss of the link.
#include <gmock/gmock.h>

#include "service_fixture.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_import.h"

namespace bourse::xmpp {
namespace {

using testing::HasSubstr;
using testing_service::jid;
using testing_service::ServiceTest;

constexpr const char* kNs = "xmlns='urn:bourse:market:1'";

struct HistoryService : ServiceTest {
  template <class Body>
  const Body* command() {
    if (backend.commands.empty()) return nullptr;
    return std::get_if<Body>(&backend.commands.back().body);
  }
  void heartbeat(const std::string& from, const std::string& content, const std::string& type = "") {
    receive("<message from='" + from + "' to='bourse.localhost'" + type + "><heartbeat " + kNs + " " + content +
            "</message>");
  }
};

TEST_F(HistoryService, HeartbeatsGoToTheMarket) {
  heartbeat("lab@x/agent", "every='PT30S' zone='Europe/Berlin'><load cpu='0.25' disk-free='7'/></heartbeat>");
  const auto* beat = command<market::Heartbeat>();
  ASSERT_NE(beat, nullptr);
  EXPECT_EQ(beat->every, std::chrono::seconds(30));
  EXPECT_EQ(beat->zone, "Europe/Berlin");
  EXPECT_EQ(beat->load, (domain::Load{.cpu = 0.25F, .disk_free = 7}));
  EXPECT_EQ(backend.commands.back().actor, jid("lab@x/agent"));
  EXPECT_TRUE(backend.commands.back().pool.value.empty());
  heartbeat("lab@x/agent", "every='PT30S'/>", " type='normal'");
  EXPECT_EQ(backend.commands.size(), 2U);
  EXPECT_TRUE(sender.sent.empty()) << "nobody waits for an answer";
}

TEST_F(HistoryService, HeartbeatsThatAreWrongAreLetGo) {
  heartbeat("lab@x", "every='PT30S'/>");  // no session
  heartbeat("lab@x/agent", "/>");
  heartbeat("lab@x/agent", "every='PT30S'><load cpu='2'/></heartbeat>");
  heartbeat("lab@x/agent", "every='P2D'/>");
  heartbeat("lab@x/agent", "every='PT30S'/>", " type='error'");
  EXPECT_TRUE(backend.commands.empty());
  backend.refuse = base::Error{base::Errc::kResourceConstraint, "full"};
  heartbeat("lab@x/agent", "every='PT30S'/>");
  EXPECT_TRUE(sender.sent.empty());
}

TEST_F(HistoryService, TheLossOfTheLinkIsToldOnce) {
  service.on_link_down("cannot connect");
  EXPECT_TRUE(backend.commands.empty()) << "it was never up";
  service.on_link_up();
  service.on_link_down("the server went");
  service.on_link_down("cannot connect");
  service.on_link_down("cannot connect");
  ASSERT_EQ(backend.commands.size(), 2U);
  EXPECT_NE(command<market::LinkDown>(), nullptr);
  service.on_link_up();
  EXPECT_NE(command<market::LinkUp>(), nullptr);
}

TEST_F(HistoryService, QuestionsGoToTheReaders) {
  request("get", std::string("<history ") + kNs + " jid='lab@y/agent' since='2026-11-01T00:00:00Z' pool='lab'/>");
  ASSERT_EQ(backend.queries.size(), 1U);
  const auto& query = std::get<market::HistoryQuery>(backend.queries.front().body);
  EXPECT_EQ(query.pool.value, "lab");
  EXPECT_EQ(query.providers, std::vector{jid("lab@y")});
  EXPECT_TRUE(query.intervals);
  EXPECT_FALSE(query.days);
  EXPECT_EQ(query.until, clock.now());
  request("get", std::string("<history ") + kNs + " pool='nowhere'/>");
  EXPECT_THAT(sent(), HasSubstr("item-not-found"));
}

TEST_F(HistoryService, AWindowThatEndsInTheFutureEndsNow) {
  request("get", std::string("<history ") + kNs + " since='2026-11-01T00:00:00Z' until='2030-01-01T00:00:00Z'/>");
  ASSERT_EQ(backend.queries.size(), 1U);
  EXPECT_EQ(std::get<market::HistoryQuery>(backend.queries.front().body).until, clock.now());
}

TEST_F(HistoryService, QuestionsThatAreWrongAreRefusedWithTheReason) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"since='2026-11-02T00:00:00Z' until='2026-11-01T00:00:00Z'", "since is not before until"},
      {"since='2027-11-02T00:00:00Z'", "in the future"},
      {"since='2027-11-02T00:00:00Z' until='2027-11-03T00:00:00Z'", "in the future"},
      {"zone='Mars/Olympus'", "Mars/Olympus"},
      {"intervals='true'", "one provider at a time"},
      {"days='perhaps'", "neither true nor false"}};
  for (const auto& [attributes, words] : cases) {
    sender.sent.clear();
    request("get", std::string("<history ") + kNs + " " + attributes + "/>");
    EXPECT_THAT(sent(), HasSubstr(words)) << attributes;
  }
  EXPECT_TRUE(backend.queries.empty());
}

TEST_F(HistoryService, PredictionsAreTheDeciders) {
  request("get", std::string("<predict ") + kNs + " for='PT2H' at-least='1'><provider jid='a@y/r'/></predict>");
  const auto* question = command<market::PredictAvailability>();
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->providers, std::vector{jid("a@y")});
  EXPECT_EQ(question->further, std::chrono::hours(2));
  EXPECT_EQ(question->at_least, 1U);
  EXPECT_EQ(backend.commands.back().pool.value, "commons");
  market::Prediction prediction;
  prediction.providers = {{jid("a@y"), std::chrono::hours(5), 0.97}};
  prediction.further = std::chrono::hours(2);
  prediction.at_least = 1;
  prediction.together = 0.97;
  service.deliver({{backend.commands.back().reply_to, prediction}});
  EXPECT_THAT(sent(), HasSubstr("<prediction xmlns='urn:bourse:market:1' for='PT2H' at-least='1' together='0.97'>"
                                "<provider jid='a@y' up-for='PT5H' stays='0.97'/></prediction></iq>"));
  request("set", std::string("<predict ") + kNs + " for='PT2H'><provider jid='a@y'/></predict>");
  EXPECT_THAT(sender.sent.back(), HasSubstr("type get"));
}

TEST_F(HistoryService, OnlyOperatorsImport) {
  const std::string part = std::string("<history-import ") + kNs +
                           " name='t' part='3' last='true'><interval jid='n@z' state='down' "
                           "since='1996-11-01T00:00:00Z' until='1996-11-02T00:00:00Z' reason='8000'/></history-import>";
  request("set", part);
  EXPECT_TRUE(backend.commands.empty());
  EXPECT_THAT(sent(), HasSubstr("forbidden"));
  receive("<iq type='set' id='q' from='root@x/r' to='bourse.localhost'>" + part + "</iq>");
  const auto* import = command<market::ImportHistory>();
  ASSERT_NE(import, nullptr);
  EXPECT_EQ(import->name, "t");
  EXPECT_EQ(import->part, 3U);
  EXPECT_TRUE(import->last);
  ASSERT_EQ(import->intervals.size(), 1U);
  EXPECT_EQ(import->intervals.front().provider, jid("n@z"));
  EXPECT_EQ(import->intervals.front().interval.presence, domain::Presence::kDown);
  EXPECT_EQ(import->intervals.front().interval.reason, 8000);
  receive("<iq type='get' id='q' from='root@x/r' to='bourse.localhost'>" + part + "</iq>");
  EXPECT_THAT(sender.sent.back(), HasSubstr("type set"));
}

market::HistoryReport one_provider(std::size_t intervals) {
  market::HistoryReport report;
  report.until = report.since + std::chrono::hours(24);
  report.provider_count = 1;
  auto& provider = report.providers.emplace_back();
  provider.provider = jid("lab@y");
  provider.statistics.window = std::chrono::hours(24);
  provider.statistics.up = std::chrono::hours(18);
  provider.statistics.down = std::chrono::hours(2);
  provider.load.cpu = 0.5F;
  report.total = provider.statistics;
  for (std::size_t i = 0; i < intervals; ++i) {
    const auto at = base::Timestamp(std::chrono::seconds(i));
    report.intervals.rows.push_back({domain::Presence::kUp, at, at + std::chrono::seconds(1), 2});
  }
  report.intervals.count = intervals;
  return report;
}

base::Result<market::HistoryReport> through(const market::HistoryReport& report) {
  const auto xml = render_history(report);
  if (!xml) return xml.error();
  const ParsedXml parsed(*xml);
  EXPECT_TRUE(parsed.ok()) << *xml;
  return parse_history(*parsed);
}

TEST(HistoryPayload, IsReadAsItWasWritten) {
  auto report = one_provider(3);
  report.zone = "Asia/Kathmandu";
  report.providers.front().now = domain::Presence::kDown;
  report.providers.front().since = report.until;
  report.providers.front().heard = report.until;
  using std::chrono::seconds;
  report.days = {{20'000, seconds(3600), seconds(60)}, {20'003, seconds(0), seconds(5)}};
  report.week.emplace();
  report.week->up.at(0) = seconds(10);
  report.week->down.at(167) = seconds(20);
  report.gaps = {{report.since, report.until}};
  const auto again = through(report);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->providers, report.providers);
  EXPECT_EQ(again->total, report.total);
  EXPECT_EQ(again->days, report.days);
  EXPECT_EQ(*again->week, *report.week);
  EXPECT_EQ(again->gaps, report.gaps);
  EXPECT_EQ(again->intervals.rows, report.intervals.rows);
  EXPECT_EQ(again->intervals.count, 3U);
  EXPECT_TRUE(again->intervals.complete);
  EXPECT_EQ(again->zone, report.zone);
}

TEST(HistoryPayload, TellsOnlyAsManyIntervalsAsFit) {
  const auto report = one_provider(9'000);
  const auto xml = render_history(report);
  ASSERT_TRUE(xml.ok());
  EXPECT_LT(xml->size(), std::size_t{200} * 1024);
  const auto again = through(report);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->intervals.count, 9'000U);
  EXPECT_LT(again->intervals.rows.size(), 9'000U);
  EXPECT_GT(again->intervals.rows.size(), 1'000U);
  EXPECT_FALSE(again->intervals.complete);
}

TEST(HistoryPayload, LongCurvesAreThinnedAndKeepTheirEnds) {
  auto report = one_provider(0);
  report.survival.emplace();
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const double up = 1 - static_cast<double>(i + 1) / 1'000;
    report.survival->push_back({std::chrono::seconds(i + 1), 1'000 - i, 1, up, 0.0001});
  }
  const auto again = through(report);
  ASSERT_TRUE(again.ok()) << again.error().text;
  ASSERT_EQ(again->survival->size(), kMostSteps);
  EXPECT_EQ(again->survival->back().age, std::chrono::seconds(1'000));
  EXPECT_DOUBLE_EQ(again->survival->back().up, 0);
  EXPECT_EQ(again->survival->front().at_risk, 1'000U);
  std::uint64_t ended = 0;
  for (const auto& step : *again->survival) ended += step.ended;
  EXPECT_EQ(ended, 1'000U);
  EXPECT_NEAR(again->survival->front().variance, 0.0001, 1e-6);
}

}  // namespace
}  // namespace bourse::xmpp
