#include "xmpp/xml_text.h"

#include <gtest/gtest.h>

#include <string>

#include "parsed_xml.h"

namespace bourse::xmpp {
namespace {

TEST(XmlText, EscapesWhatXmlCannotTake) {
  EXPECT_EQ(escaped("plain Zürich"), "plain Zürich");
  EXPECT_EQ(escaped("<a b='c'>&\"</a>"), "&lt;a b=&apos;c&apos;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(escaped(std::string("a\0b\x01", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  std::string xml;
  append_attribute(xml, "a", "x'y");
  append_attribute(xml, "n", std::uint64_t{18446744073709551615U});
  EXPECT_EQ(xml, " a='x&apos;y' n='18446744073709551615'");
}

TEST(XmlText, WhatIsEscapedParsesBack) {
  const std::string text = "<&>'\" \t\n ]]> Zürich 東京 😀";
  const ParsedXml parsed("<a b='" + escaped(text) + "'>" + escaped(text) + "</a>");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->findAttribute("b"), text);
  EXPECT_EQ(parsed->cdata(), text);
}

TEST(XmlText, KnowsUtf8) {
  for (const char* good : {"", "abc", "Zürich", "東京", "😀", "\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE6\x9D"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(XmlText, RepairsAndClips) {
  std::string xml;
  append_repaired(xml, "a\xC3<\xE6\x9D\xB1");
  EXPECT_EQ(xml, "a\xEF\xBF\xBD&lt;\xE6\x9D\xB1");
  EXPECT_EQ(clipped("東京", 6), "東京");
  EXPECT_EQ(clipped("東京", 5), "東");
  EXPECT_EQ(clipped("東京", 2), "");
}

}  // namespace
}  // namespace bourse::xmpp
