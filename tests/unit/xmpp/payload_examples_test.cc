// Every example of proto/examples through the codecs: valid ones both ways, invalid ones refused with the
// words their first comment expects.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "parsed_xml.h"
#include "xmpp/payload.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_heartbeat.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_import.h"
#include "xmpp/payload_log.h"
#include "xmpp/payload_predict.h"
#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

const base::Timestamp kNow = parse_timestamp("2026-11-22T00:00:00Z").value();

struct Example {
  std::string name;
  std::string comment;
  std::string xml;
};

std::vector<Example> examples(const std::string& folder) {
  std::vector<Example> found;
  const std::filesystem::path path = std::filesystem::path(BOURSE_SOURCE_DIR) / "proto/examples" / folder;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() != ".xml") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::size_t end = text.find("-->");
    EXPECT_TRUE(text.starts_with("<!-- ") && end != std::string::npos) << entry.path();
    found.push_back({entry.path().stem().string(), text.substr(5, end - 6), text.substr(end + 3)});
  }
  std::sort(found.begin(), found.end(), [](const Example& a, const Example& b) { return a.name < b.name; });
  return found;
}

// What an element says, in the one spelling the codec gives it; the error otherwise.
using Rendered = base::Result<std::string>;

template <class T>
Rendered rendered(base::Result<T> parsed, std::string (*render)(const T&)) {
  if (!parsed) return parsed.error();
  return render(*parsed);
}

template <class T>
Rendered validated(base::Result<T> parsed, std::string (*render)(const T&)) {
  if (!parsed) return parsed.error();
  if (const auto valid = domain::validate(*parsed, kNow); !valid) return valid.error();
  return render(*parsed);
}

std::string grant_text(const GrantPayload& payload) { return render_grant(payload.grant, payload.ticket); }

std::string action_text(const ActionPayload& payload) { return render_action(payload.pool, payload.action); }
std::string explain_text(const ExplainPayload& payload) { return render_explain(payload.pool, payload.request); }

std::string predict_text(const PredictPayload& payload) { return render_predict(payload.pool, payload.question); }
std::string import_text(const ImportPayload& payload) { return render_import(payload.pool, payload.part); }

Rendered through(const std::string& name, const gloox::Tag& tag) {
  if (name.starts_with("action-")) return rendered(parse_action(tag), action_text);
  if (name.starts_with("explanation-")) return rendered(parse_explanation(tag), render_explanation);
  if (name.starts_with("explain")) return rendered(parse_explain(tag), explain_text);
  if (name.starts_with("query-")) return rendered(parse_query(tag, kNow), render_query);
  if (name.starts_with("listed-request")) return rendered<ListedRequest>(parse_listed_request(tag), render_request);
  if (name.starts_with("offer")) return validated(parse_offer(tag), render_offer);
  if (name.starts_with("requests")) return rendered(parse_requests(tag), render_requests);
  if (name.starts_with("request")) return validated<domain::Request>(parse_request(tag), render_request);
  if (name.starts_with("grants")) return rendered(parse_grants(tag), render_grants);
  if (name.starts_with("grant")) return rendered(parse_grant(tag), grant_text);
  if (name.starts_with("availability")) return rendered(parse_availability(tag), render_availability);
  if (name.starts_with("history-import")) return rendered(parse_import(tag), import_text);
  if (name.starts_with("history")) {
    const auto report = parse_history(tag);
    return report ? render_history(*report) : Rendered(report.error());
  }
  if (name.starts_with("predict-") || name == "predict") return rendered(parse_predict(tag), predict_text);
  if (name.starts_with("prediction")) return rendered(parse_prediction(tag), render_prediction);
  if (name.starts_with("heartbeat")) return rendered(parse_heartbeat(tag), render_heartbeat);
  if (name.starts_with("log-")) return rendered(parse_log(tag), render_log);
  if (name.starts_with("checkpoint")) return rendered(parse_checkpoint_payload(tag), render_checkpoint_payload);
  if (name.starts_with("audit")) return rendered(parse_audit(tag), render_audit);
  if (name.starts_with("status")) return rendered(parse_status(tag), render_status);
  return base::Error{base::Errc::kInternal, "no codec for an example of that name"};
}

TEST(PayloadExamples, ValidOnesRoundTrip) {
  const auto all = examples("valid");
  EXPECT_GE(all.size(), 20U);
  for (const auto& example : all) {
    SCOPED_TRACE(example.name);
    const ParsedXml given(example.xml);
    ASSERT_TRUE(given.ok());
    const auto once = through(example.name, *given);
    ASSERT_TRUE(once.ok()) << once.error().text;
    const ParsedXml again(*once);
    ASSERT_TRUE(again.ok()) << *once;
    const auto twice = through(example.name, *again);
    ASSERT_TRUE(twice.ok()) << twice.error().text << " in " << *once;
    EXPECT_EQ(*once, *twice);
  }
}

TEST(PayloadExamples, ValidOffersAndRequestsKeepTheirMeaning) {
  for (const auto& example : examples("valid")) {
    SCOPED_TRACE(example.name);
    const ParsedXml given(example.xml);
    if (example.name.starts_with("offer")) {
      const auto offer = parse_offer(*given);
      ASSERT_TRUE(offer.ok());
      EXPECT_EQ(*offer, *parse_offer(*ParsedXml(render_offer(*offer))));
    } else if (example.name.starts_with("request-")) {
      const auto request = parse_request(*given);
      ASSERT_TRUE(request.ok());
      EXPECT_EQ(*request, *parse_request(*ParsedXml(render_request(*request))));
    } else if (example.name.starts_with("grant-")) {
      const auto grant = parse_grant(*given);
      ASSERT_TRUE(grant.ok());
      EXPECT_EQ(*grant, *parse_grant(*ParsedXml(render_grant(grant->grant, grant->ticket))));
    }
  }
}

TEST(PayloadExamples, InvalidOnesAreRefusedWithTheExpectedWords) {
  std::size_t count = 0;
  for (const char* folder : {"invalid", "invalid/semantic"}) {
    for (const auto& example : examples(folder)) {
      SCOPED_TRACE(std::string(folder) + "/" + example.name);
      ++count;
      const ParsedXml given(example.xml);
      ASSERT_TRUE(given.ok());
      const auto result = through(example.name, *given);
      ASSERT_FALSE(result.ok()) << *result;
      EXPECT_NE(result.error().text.find(example.comment), std::string::npos) << result.error().text;
    }
  }
  EXPECT_GE(count, 30U);
}

std::string valid_example(const std::string& name) {
  for (const auto& each : examples("valid")) {
    if (each.name == name) return each.xml;
  }
  ADD_FAILURE() << "no example " << name;
  return "<missing/>";
}

TEST(PayloadExamples, FullOfferIsReadCompletely) {
  const auto offer = parse_offer(*ParsedXml(valid_example("offer-full")));
  ASSERT_TRUE(offer.ok());
  EXPECT_EQ(offer->resources.amount("cpu"), 16'000);
  EXPECT_EQ(offer->resources.amount("memory"), std::int64_t{64} << 30);
  EXPECT_EQ(offer->resources.gpu_milli(), 2'000);
  EXPECT_EQ(offer->gpu_model, "V100");
  EXPECT_EQ(offer->attributes.size(), 5U);
  EXPECT_EQ(offer->services.front(), (domain::Service{"blast", "2.14", "https://blast.example.org/", 4}));
  EXPECT_EQ(offer->schedule, (domain::Schedule{"Mon-Fri 18:00-08:00, Sat-Sun", "Europe/Berlin"}));
  EXPECT_EQ(offer->terms.confirm, domain::Confirm::kManual);
  EXPECT_EQ(offer->terms.grace, std::chrono::minutes(5));
  EXPECT_TRUE(offer->terms.drain);
  EXPECT_EQ(offer->starts, parse_timestamp("2026-11-25T00:00:00Z").value());
  EXPECT_EQ(offer->terms.min_lease, std::chrono::minutes(10));
  EXPECT_EQ(offer->serves.text(), "(domain=*.edu)");
  EXPECT_EQ(offer->expires, parse_timestamp("2026-12-01T00:00:00Z").value());
}

TEST(PayloadExamples, FullRequestIsReadCompletely) {
  const auto request = parse_request(*ParsedXml(valid_example("request-full")));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->services, (std::vector<std::string>{"blast", "c++"}));
  EXPECT_EQ(request->prefers, domain::Preference::parse("2*speed - 0.5*price").value());
  EXPECT_EQ(request->count, 3U);
  EXPECT_TRUE(request->gang);
  EXPECT_EQ(request->spares, 1U);
  EXPECT_EQ(request->spread, "provider");
  EXPECT_EQ(request->apart, (std::vector<domain::AntiAffinity>{{{"r1"}, "domain"}, {{"r2"}, "rack"}}));
  EXPECT_EQ(request->priority, -5);
  EXPECT_EQ(request->duration, std::chrono::hours(2));
  EXPECT_EQ(request->start, parse_timestamp("2026-11-30T18:00:00Z").value());
  EXPECT_EQ(request->deadline, parse_timestamp("2026-12-01T00:00:00Z").value());
}

// A consumer whose name this program's Unicode does not know must not end the agent that lends to him.
TEST(PayloadExamples, WhomTheMarketNamesIsNotJudged) {
  const std::string xml =
      "<grant xmlns='urn:bourse:market:1' id='g42' offer='o1' request='r1' provider='lab@example.org' "
      "consumer='i♥x@x' state='active' started='2026-11-20T08:00:00Z' expires='2026-11-20T10:00:00Z' fence='42'>"
      "<resource name='cpu' quantity='4'/></grant>";
  const auto payload = parse_grant(*ParsedXml(xml));
  ASSERT_TRUE(payload.ok()) << payload.error().text;
  EXPECT_EQ(payload->grant.consumer.text(), "i♥x@x");
}

TEST(PayloadExamples, EveryGrantStateIsThere) {
  std::vector<domain::GrantState> missing(std::begin(domain::kGrantStates), std::end(domain::kGrantStates));
  for (const auto& example : examples("valid")) {
    if (!example.name.starts_with("grant-")) continue;
    const auto payload = parse_grant(*ParsedXml(example.xml));
    ASSERT_TRUE(payload.ok()) << example.name;
    std::erase(missing, payload->grant.state);
  }
  EXPECT_TRUE(missing.empty()) << domain::name(missing.front());
}

TEST(PayloadExamples, GrantInAReservedStateIsReadCompletely) {
  const auto payload = parse_grant(*ParsedXml(valid_example("grant-proposed-ahead")));
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(payload->grant.state, domain::GrantState::kProposed);
  EXPECT_TRUE(payload->grant.ahead);
  EXPECT_EQ(payload->grant.state_until, parse_timestamp("2026-11-19T08:00:30Z").value());
}

TEST(PayloadExamples, ExplanationIsReadCompletely) {
  const auto explanation = parse_explanation(*ParsedXml(valid_example("explanation-waiting")));
  ASSERT_TRUE(explanation.ok());
  EXPECT_EQ(explanation->request.value, "r1");
  EXPECT_EQ(explanation->state, domain::RequestState::kWaiting);
  EXPECT_EQ(explanation->granted, 1U);
  EXPECT_EQ(explanation->count, 3U);
  EXPECT_DOUBLE_EQ(explanation->share, 0.125);
  EXPECT_EQ(explanation->offers, 120U);
  EXPECT_EQ(explanation->fitting, 0U);
  ASSERT_EQ(explanation->rejections.size(), 3U);
  EXPECT_EQ(explanation->rejections[0].obstacle, matching::Obstacle::kNeeds);
  EXPECT_EQ(explanation->rejections[0].what, "(&(arch=arm64)(os=linux))");
  EXPECT_EQ(explanation->rejections[0].offers, 90U);
  EXPECT_EQ(explanation->rejections[0].alone, 12U);
  ASSERT_EQ(explanation->nearest.size(), 2U);
  EXPECT_EQ(explanation->nearest[0].offer.value, "o7");
  EXPECT_EQ(explanation->nearest[0].provider.text(), "lab@example.org");
  EXPECT_EQ(explanation->nearest[0].from, parse_timestamp("2026-11-20T10:00:00Z").value());
  EXPECT_EQ(explanation->nearest[0].lacks,
            (std::vector<std::string>{"cpu: 4 free, needs 8", "(arch=arm64): arch is x86_64"}));
  EXPECT_EQ(explanation->changes, std::vector<std::string>{"ask for cpu 4 instead of 8 (12 offers)"});
  const auto held = parse_explanation(*ParsedXml(valid_example("explanation-held")));
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(held->quota, "group students may hold cpu 64 at once");
  EXPECT_EQ(held->held_offer, domain::OfferId{"o7"});
  EXPECT_EQ(held->held_from, parse_timestamp("2026-11-20T10:00:00Z").value());
}

struct ActionCase {
  std::string example;
  market::GrantAction::Kind kind;
  std::optional<base::Duration> duration;
  std::string reason;
  std::string pool;
};

TEST(PayloadExamples, ActionsAreReadCompletely) {
  using enum market::GrantAction::Kind;
  const std::vector<ActionCase> cases = {
      {"action-confirm", kConfirm, {}, "", "commons"},
      {"action-confirm-pool", kConfirm, {}, "", "physics"},
      {"action-decline", kDecline, {}, "maintenance & more", "commons"},
      {"action-renew", kRenew, std::chrono::hours(1), "", "commons"},
      {"action-renew-plain", kRenew, {}, "", "commons"},
      {"action-reclaim", kReclaim, std::chrono::minutes(5), "needed for a lecture", "commons"},
      {"action-reclaim-at-once", kReclaim, base::Duration(0), "", "commons"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.example);
    const ParsedXml given(valid_example(test.example));
    EXPECT_TRUE(is_action(given->name()));
    const auto payload = parse_action(*given);
    ASSERT_TRUE(payload.ok());
    EXPECT_EQ(payload->action.kind, test.kind);
    EXPECT_EQ(payload->action.grant.value, 5U);
    EXPECT_EQ(payload->action.duration, test.duration);
    EXPECT_EQ(payload->action.reason, test.reason);
    EXPECT_EQ(payload->pool.value, test.pool);
  }
}

// Ten thousand terms are more than a stanza's parser or a matching engine should be made to chew on.
TEST(PayloadExamples, EndlessFiltersAreRefusedByTheirName) {
  std::string terms;
  for (int i = 0; i < 10'000; ++i) terms += "(a=1)";
  const auto request =
      parse_request(*ParsedXml("<request xmlns='urn:bourse:market:1'><resource name='cpu' quantity='1'/><needs>(|" +
                               terms + ")</needs></request>"));
  ASSERT_FALSE(request.ok());
  EXPECT_NE(request.error().text.find("<needs>: the filter is longer than 4096 bytes"), std::string::npos)
      << request.error().text;
  const auto offer = parse_offer(
      *ParsedXml("<offer xmlns='urn:bourse:market:1'><serves>(|" + terms.substr(0, 5 * 300) + ")</serves></offer>"));
  ASSERT_FALSE(offer.ok());
  EXPECT_NE(offer.error().text.find("<serves>: filter, position 1284: more than 256 comparisons"), std::string::npos)
      << offer.error().text;
}

// Words of an explanation come from many places: none of them breaks the stream.
TEST(PayloadExamples, WordsOfAnExplanationAreRepaired) {
  market::RequestExplanation explanation;
  explanation.request = {"r1"};
  explanation.submitted = kNow;
  explanation.quota = "\xFF";
  explanation.rejections = {{matching::Obstacle::kNeeds, "(a=\xFE)", 1, 1}};
  explanation.changes = {"<&\x01\xFF>"};
  const std::string xml = render_explanation(explanation);
  const ParsedXml parsed(xml);
  ASSERT_TRUE(parsed.ok()) << xml;
  const auto again = parse_explanation(*parsed);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_TRUE(again->changes.front().starts_with("<&"));
}

}  // namespace
}  // namespace bourse::xmpp
