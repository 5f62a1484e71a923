// Every example of proto/examples through the codecs: valid ones both ways, invalid ones refused with the
// words their first comment expects.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "parsed_xml.h"
#include "xmpp/payload.h"
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

Rendered through(const std::string& name, const gloox::Tag& tag) {
  if (name.starts_with("query-")) return rendered(parse_query(tag, kNow), render_query);
  if (name.starts_with("listed-request")) return rendered<ListedRequest>(parse_listed_request(tag), render_request);
  if (name.starts_with("offer")) return validated(parse_offer(tag), render_offer);
  if (name.starts_with("requests")) return rendered(parse_requests(tag), render_requests);
  if (name.starts_with("request")) return validated<domain::Request>(parse_request(tag), render_request);
  if (name.starts_with("grants")) return rendered(parse_grants(tag), render_grants);
  if (name.starts_with("grant")) return rendered(parse_grant(tag), grant_text);
  if (name.starts_with("availability")) return rendered(parse_availability(tag), render_availability);
  if (name.starts_with("history")) return rendered(parse_history(tag), render_history);
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

TEST(PayloadExamples, FullOfferIsReadCompletely) {
  const auto all = examples("valid");
  const auto full = std::find_if(all.begin(), all.end(), [](const Example& each) { return each.name == "offer-full"; });
  ASSERT_NE(full, all.end());
  const auto offer = parse_offer(*ParsedXml(full->xml));
  ASSERT_TRUE(offer.ok());
  EXPECT_EQ(offer->resources.amount("cpu"), 16'000);
  EXPECT_EQ(offer->resources.amount("memory"), std::int64_t{64} << 30);
  EXPECT_EQ(offer->resources.gpu_milli(), 2'000);
  EXPECT_EQ(offer->gpu_model, "V100");
  EXPECT_EQ(offer->attributes.size(), 5U);
  EXPECT_EQ(offer->services.front(), (domain::Service{"blast", "2.14", "https://blast.example.org/"}));
  EXPECT_EQ(offer->terms.min_lease, std::chrono::minutes(10));
  EXPECT_EQ(offer->serves.text(), "(domain=*.edu)");
  EXPECT_EQ(offer->expires, parse_timestamp("2026-12-01T00:00:00Z").value());
}

}  // namespace
}  // namespace bourse::xmpp
