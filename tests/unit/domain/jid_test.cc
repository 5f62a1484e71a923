#include "domain/jid.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace bourse::domain {
namespace {

const std::string kLongest(1023, 'a');
const std::string kTooLong(1024, 'a');

struct GoodCase {
  std::string input;
  std::string local;
  std::string domain;
  std::string resource;
};

TEST(JidParse, Good) {
  const std::vector<GoodCase> cases = {
      {"example.org", "", "example.org", ""},
      {"ana@example.org", "ana", "example.org", ""},
      {"ana@example.org/desk", "ana", "example.org", "desk"},
      {"Ana@EXAMPLE.org/Desk", "ana", "example.org", "Desk"},
      {"example.org/ana@home/2", "", "example.org", "ana@home/2"},
      {"ana@example.org./desk", "ana", "example.org", "desk"},
      {"example.org.", "", "example.org", ""},
      {"ana@[::1]/x", "ana", "[::1]", "x"},
      {"jürgen@münchen.example/Büro 1", "jürgen", "münchen.example", "Büro 1"},
      {"a.b-c_d!#$%*+=?^`{|}~@h", "a.b-c_d!#$%*+=?^`{|}~", "h", ""},
      {kLongest + "@" + kLongest + "/" + kLongest, kLongest, kLongest, kLongest},
  };
  for (const auto& test : cases) {
    const auto jid = Jid::parse(test.input);
    ASSERT_TRUE(jid.ok()) << test.input << ": " << jid.error().text;
    EXPECT_EQ(jid->local(), test.local) << test.input;
    EXPECT_EQ(jid->domain(), test.domain) << test.input;
    EXPECT_EQ(jid->resource(), test.resource) << test.input;
    EXPECT_EQ(jid->is_bare(), test.resource.empty()) << test.input;
    EXPECT_EQ(jid->bare(), *Jid::parse(jid->text().substr(0, jid->text().find('/')))) << test.input;
    EXPECT_TRUE(jid->bare().is_bare()) << test.input;
  }
}

struct BadCase {
  std::string input;
  std::string names;  // the part the error must name
};

TEST(JidParse, Bad) {
  const std::vector<BadCase> cases = {
      {"", "domainpart"},
      {"@", "localpart"},
      {".", "domainpart"},
      {"14.2..", "domainpart"},
      {"a@.example", "domainpart"},
      {"a@example..org/x", "domainpart"},
      {".", "domainpart"},
      {"14.2..", "domainpart"},
      {"a@.example", "domainpart"},
      {"a@example..org/x", "domainpart"},
      {"@example.org", "localpart"},
      {"ana@", "domainpart"},
      {"ana@/desk", "domainpart"},
      {"ana@example.org/", "resourcepart"},
      {"a@b@c", "domainpart"},
      {"a b@example.org", "localpart"},
      {"a\tb@example.org", "localpart"},
      {std::string("a\0b@example.org", 15), "localpart"},
      {"a\"b@example.org", "localpart"},
      {"a&b@example.org", "localpart"},
      {"a'b@example.org", "localpart"},
      {"a:b@example.org", "localpart"},
      {"a<b@example.org", "localpart"},
      {"a>b@example.org", "localpart"},
      {"a@exa mple.org", "domainpart"},
      {"a@<example.org>", "domainpart"},
      {"a@example.org/x\ny", "resourcepart"},
      {"a\xFF@example.org", "localpart"},
      {"a@\xC3.org", "domainpart"},
      {"a@example.org/\xED\xA0\x80", "resourcepart"},
      {kTooLong + "@example.org", "localpart"},
      {kTooLong, "domainpart"},
      {"a@b/" + kTooLong, "resourcepart"},
  };
  for (const auto& test : cases) {
    const auto jid = Jid::parse(test.input);
    ASSERT_FALSE(jid.ok()) << test.input;
    EXPECT_EQ(jid.error().code, base::Errc::kInvalidJid) << test.input;
    EXPECT_NE(jid.error().text.find(test.names), std::string::npos) << test.input << ": " << jid.error().text;
  }
}

TEST(Jid, DefaultIsNoAddress) {
  const Jid none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.is_bare());
  EXPECT_EQ(none.local(), "");
  EXPECT_EQ(none.domain(), "");
  EXPECT_EQ(none.resource(), "");
  EXPECT_EQ(none.bare(), none);
}

RC_GTEST_PROP(JidProperty, ParsingIsIdempotentAndTotal, (const std::string& text)) {
  const auto jid = Jid::parse(text);
  if (!jid.ok()) return;
  const auto again = Jid::parse(jid->text());
  RC_ASSERT(again.ok());
  RC_ASSERT(again->text() == jid->text());
}

}  // namespace
}  // namespace bourse::domain
