#include "xmpp/shorthand.h"

#include <gtest/gtest.h>

namespace bourse::xmpp {
namespace {

TEST(Shorthand, OfSoftware) {
  const struct {
    const char* text;
    domain::Service expected;
  } good[] = {
      {"blast", {"blast", "", "", 0}},
      {"blast=2.14", {"blast", "2.14", "", 0}},
      {"blast=2.14:4", {"blast", "2.14", "", 4}},
      {"blast:4", {"blast", "", "", 4}},
      {"x=1=2", {"x", "1=2", "", 0}},
  };
  for (const auto& each : good) {
    const auto parsed = parse_software(each.text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().text;
    EXPECT_EQ(*parsed, each.expected) << each.text;
  }
  for (const char* text : {"", "=2.14", ":4", "blast=", "blast=:4", "blast:", "blast:0", "blast:-1", "blast:4x",
                           "blast:2.14", "blast:99999999999"}) {
    const auto parsed = parse_software(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, base::Errc::kInvalidPayload);
    EXPECT_EQ(parsed.error().text.rfind("'" + std::string(text) + "'", 0), 0U) << parsed.error().text;
  }
}

TEST(Shorthand, OfWhatToKeepAwayFrom) {
  const struct {
    const char* text;
    const char* request;
    const char* by;
  } good[] = {{"backup", "backup", "provider"}, {"backup:domain", "backup", "domain"}, {"a:b:Rack", "a:b", "rack"}};
  for (const auto& each : good) {
    const auto parsed = parse_apart(each.text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().text;
    EXPECT_EQ(parsed->request.value, each.request);
    EXPECT_EQ(parsed->by, each.by);
  }
  for (const char* text : {"", ":", ":domain", "backup:"}) EXPECT_FALSE(parse_apart(text).ok()) << text;
}

TEST(Shorthand, OfSpreading) {
  EXPECT_EQ(parse_spread(""), "");
  EXPECT_EQ(parse_spread("none"), "");
  EXPECT_EQ(parse_spread("Provider"), "provider");
}

}  // namespace
}  // namespace bourse::xmpp
