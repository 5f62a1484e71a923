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
      {"a@192.0.2.1/x", "a", "192.0.2.1", "x"},
      {"a@[2001:DB8::1]", "a", "[2001:db8::1]", ""},
      {"a@my_server.test", "a", "my_server.test", ""},
      {"a@r3---sn.test", "a", "r3---sn.test", ""},
      // The same by width, case or composition; the resource keeps its case.
      {"JÜRGEN@MÜNCHEN.example/BÜRO", "jürgen", "münchen.example", "BÜRO"},
      {"e\u0301va@e\u0301.test/e\u0301", "éva", "é.test", "é"},
      {"ＡＮＡ@ｘ．test/Ａ", "ana", "x.test", "Ａ"},
      {"ОЛЬГА@ПРИМЕР.рф/Дом", "ольга", "пример.рф", "Дом"},
      {"ΟΔΟΣ@x", "οδοσ", "x", ""},
      {"a@b/x\u00A0y\u3000z", "a", "b", "x y z"},
      // Servers keep these apart from their small letters: so does the market.
      {"Ꭰ@x", "Ꭰ", "x", ""},
      {"𞤀@x", "𞤀", "x", ""},
      // Scripts of all directions.
      {"王小明@例え.テスト", "王小明", "例え.テスト", ""},
      {"דוד.כהן1@דוגמה.test", "דוד.כהן1", "דוגמה.test", ""},
      {"محمد@مثال.test", "محمد", "مثال.test", ""},
      {"प्रिया@भारत.test", "प्रिया", "भारत.test", ""},
      {"นารี@ไทย.test", "นารี", "ไทย.test", ""},
      {"지민@한국.test", "지민", "한국.test", ""},
      {"col·lecció@x/col·lecció", "col·lecció", "x", "col·lecció"},
      // A-labels are what they stand for, but where RFC 6122 would make another domain of it.
      {"a@xn--mnchen-3ya.example", "a", "münchen.example", ""},
      {"a@XN--MNCHEN-3YA.Example.", "a", "münchen.example", ""},
      {"a@xn--strae-oqa.test", "a", "xn--strae-oqa.test", ""},
      {"a@straße.test", "a", "xn--strae-oqa.test", ""},
      {"a@نامه\u200Cای.test", "a", "xn--mgba3gch31f060k.test", ""},
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
      // What would split an address, had it been mapped first.
      {"a＠evil@example.org", "localpart"},
      {"a／b@example.org", "localpart"},
      {"a@b℀c.test", "domainpart"},
      {"a@b。test", "domainpart"},
      {"a@b｡test", "domainpart"},
      {"a@b․․test", "domainpart"},
      {"a@example.org\u2044x", "domainpart"},
      // What cannot be seen, or has no place yet.
      {"a\u200Bb@example.org", "localpart"},
      {"a\u200Db@example.org", "localpart"},
      {"\u202Eana@example.org", "localpart"},
      {"a@b/x\u202Ey", "resourcepart"},
      {"a@b/\uFE0F", "resourcepart"},
      {"a\U000E0100@example.org", "localpart"},
      {"a@b\U000E0100.test", "domainpart"},
      {"a\u0378@example.org", "localpart"},
      {"a@b/\u0378", "resourcepart"},
      {"a@\u0378.test", "domainpart"},
      {"i♥x@example.org", "localpart"},
      {"a@♥.test", "domainpart"},
      {"anaדוד@example.org", "localpart"},
      {"a@anaדוד.test", "domainpart"},
      {"٣۳@example.org", "localpart"},
      {"a·b@example.org", "localpart"},
      {"ᄀ@example.org", "localpart"},
      {"\U00011131\U00011127@example.org", "localpart"},
      // xn-- that stands for nothing, or for what has a plain form.
      {"a@xn--.test", "domainpart"},
      {"a@xn--abc-.test", "domainpart"},
      {"a@xn--a.test", "domainpart"},
      {"a@xn--xn--a--gua.test", "domainpart"},
      {"a@xn--MNCHEN-3ya\u00FC.test", "domainpart"},
      {"a@Ⴀ.test", "domainpart"},
      {"a@[::1", "domainpart"},
      {"a@[1.2.3.4]", "domainpart"},
      {"a@[", "domainpart"},
      {"a@[]", "domainpart"},
      {"a@[::]]", "domainpart"},
      {"a@[::1%lo]", "domainpart"},
      {std::string("a@[::1\0x]", 10), "domainpart"},
      {"a@[::1]x", "domainpart"},
      {"a@fe80::1", "domainpart"},
      {"a@b!c", "domainpart"},
      {"a@b*c", "domainpart"},
      {"a@" + std::string(64, 'a') + "\u00FC.test", "domainpart"},
      {std::string(1022, 'a') + "\u00FC@example.org", "localpart"},
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

TEST(Jid, WhatIsStoredStaysAsItIs) {
  for (const std::string text :
       {"ana@example.org/Desk", "example.org", "Ana@Straße.test", "i♥x@x", "a@xn--mnchen-3ya.de"}) {
    const auto jid = Jid::stored(text);
    ASSERT_TRUE(jid.ok()) << text;
    EXPECT_EQ(jid->text(), text);
    EXPECT_EQ(jid->bare().text(), text.substr(0, text.find('/')));
  }
  EXPECT_EQ(Jid::stored("a@b/c@d/e").value(), Jid::parse("a@b/c@d/e").value());
  for (const std::string& text : std::vector<std::string>{"", "@", "@b", "a@", "a@b/", "a@\xFF", "a\n@b",
                                                          kTooLong + "@b", kTooLong, "a@b/" + kTooLong}) {
    EXPECT_FALSE(Jid::stored(text).ok()) << text;
  }
}

TEST(Jid, PeopleSeeTheDomainAsDnsHasIt) {
  const auto see = [](std::string_view text) { return shown(Jid::parse(text).value()); };
  EXPECT_EQ(see("ana@example.org/x@y/z"), "ana@example.org/x@y/z");
  EXPECT_EQ(see("example.org"), "example.org");
  EXPECT_EQ(see("jürgen@münchen.test/Büro"), "jürgen@xn--mnchen-3ya.test/Büro");
  EXPECT_EQ(see("gооgle.test"), "xn--ggle-55da.test");
  EXPECT_EQ(see("a@xn--strae-oqa.test/x"), "a@xn--strae-oqa.test/x");
  EXPECT_EQ(shown(Jid()), "");
}

// Ordinary text seldom comes near what is delicate.
rc::Gen<std::string> address_like() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "a", "A", "b", "1", "-", "xn--", "mnchen-3ya", ".", ".", "@", "/", " ", "_", "ü", "Ü", "u\u0308", "ß", "ς",
          "Σ", "о", "。", "＠", "／", "Ａ", "ﬁ", "ד", "١", "۱", "\u200C", "\u200D", "क", "\u094D", "\u0301", "\u0323",
          "Ⴀ", "ⴀ", "Ꭰ", "ꭰ", "𞤀", "İ", "K", "℀", "…", "\uFE0F", "·", "l", "\xFF")),
      [](const std::vector<std::string>& pieces) {
        std::string text;
        for (const auto& each : pieces) text += each;
        return text;
      });
}

void expect_normal(const Jid& jid) {
  const auto again = Jid::parse(jid.text());
  RC_ASSERT(again.ok());
  RC_ASSERT(again->text() == jid.text());
  RC_ASSERT(Jid::stored(jid.text()).ok());
  RC_ASSERT(!jid.domain().empty());
}

RC_GTEST_PROP(JidProperty, ParsingIsIdempotentAndTotal, (const std::string& text)) {
  if (const auto jid = Jid::parse(text)) expect_normal(*jid);
}

RC_GTEST_PROP(JidProperty, ParsingWhatIsDelicateIsIdempotent, ()) {
  if (const auto jid = Jid::parse(*address_like())) expect_normal(*jid);
}

RC_GTEST_PROP(JidProperty, EachPartAloneIsIdempotent, ()) {
  const std::string part = *address_like();
  for (const auto& text : {part + "@x", "a@" + part, "a@x/" + part}) {
    if (const auto jid = Jid::parse(text)) expect_normal(*jid);
  }
}

}  // namespace
}  // namespace bourse::domain
