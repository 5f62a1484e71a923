#include "pubsub/policy.h"

#include <gtest/gtest.h>

#include <string>

namespace bourse::pubsub {
namespace {

TEST(Policy, NamesOfNodes) {
  struct Case {
    std::string name;
    bool accepted;
  };
  const Case cases[] = {
      {"a", true},
      {"commons/offers", true},
      {"urn:xmpp:microblog:0", true},
      {"a name with spaces", true},
      {"größe", true},
      {"名前", true},
      {"\xF0\x9F\xA6\x89", true},
      {std::string(512, 'x'), true},
      {"", false},
      {std::string(513, 'x'), false},
      {" a", false},
      {"a ", false},
      {" ", false},
      {"\xC2\xA0"
       "a",
       false},                   // no-break space
      {"a\xE3\x80\x80", false},  // ideographic space
      {"a\xE2\x80\x83", false},  // em space
      {"a\xE3\x80\x80"
       "b",
       true},  // inside it is only a space
      {std::string("a\0b", 3), false},
      {"a\nb", false},
      {"a\tb", false},
      {"a\x7F", false},
      {"a\xC2\x85"
       "b",
       false},  // C1
      {"a\xC2\xAD"
       "b",
       false},  // soft hyphen
      {"a\xD8\x9C"
       "b",
       false},  // Arabic letter mark
      {"a\xE2\x80\x8B"
       "b",
       false},  // zero-width space
      {"a\xE2\x80\x8C"
       "b",
       false},
      {"a\xE2\x80\x8D"
       "b",
       false},
      {"a\xE2\x80\x8E"
       "b",
       false},  // left-to-right mark
      {"a\xE2\x80\x8F"
       "b",
       false},
      {"a\xE2\x80\xA8"
       "b",
       false},  // line separator
      {"a\xE2\x80\xA9"
       "b",
       false},
      {"a\xE2\x80\xAA"
       "b",
       false},  // embedding …
      {"a\xE2\x80\xAE"
       "b",
       false},  // … override
      {"a\xE2\x81\xA0"
       "b",
       false},  // word joiner
      {"a\xE2\x81\xA4"
       "b",
       false},
      {"a\xE2\x81\xA6"
       "b",
       false},  // isolates
      {"a\xE2\x81\xA9"
       "b",
       false},
      {"\xEF\xBB\xBF"
       "a",
       false},                       // byte order mark
      {"a\xEF\xB7\x90", false},      // U+FDD0
      {"a\xEF\xBF\xBE", false},      // U+FFFE
      {"a\xEF\xBF\xBF", false},      // U+FFFF
      {"a\xF4\x8F\xBF\xBF", false},  // U+10FFFF
      {"a\xF3\xA0\x81\x81", false},  // a tag
      {"a\xEF\xBF\xBD", true},       // the replacement character can be seen
      {"a\xED\xA0\x80", false},      // a surrogate
      {"a\xC0\xAF", false},          // too long a form
      {"a\xFF", false},
      {"a\xE2\x80", false},  // cut off
  };
  for (const auto& test : cases) {
    const auto status = check_node_name(test.name, Policy{});
    EXPECT_EQ(status.ok(), test.accepted) << testing::PrintToString(test.name);
    if (status.ok()) continue;
    EXPECT_EQ(status.error().code, base::Errc::kNotAcceptable);
    EXPECT_FALSE(status.error().text.empty());
  }
}

TEST(Policy, RefusalsSayWhere) {
  const auto status = check_node_name(
      "gr\xC3\xB6\xE2\x80\x8B\xC3\x9F"
      "e",
      Policy{});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().text.find("U+200B"), std::string::npos) << status.error().text;
  EXPECT_NE(status.error().text.find("character 4"), std::string::npos) << status.error().text;
}

}  // namespace
}  // namespace bourse::pubsub
