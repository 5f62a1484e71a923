#include "domain/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bourse::domain {
namespace {

struct Case {
  std::string name;
  std::string input;
  bool expected;
};

TEST(IsUtf8, Table) {
  const std::vector<Case> cases = {
      {"empty", "", true},
      {"ASCII", "abc\x7F", true},
      {"two bytes, first and last", "\xC2\x80\xDF\xBF", true},
      {"three bytes, first and last", "\xE0\xA0\x80\xEF\xBF\xBF", true},
      {"around the surrogates", "\xED\x9F\xBF\xEE\x80\x80", true},
      {"four bytes, first and last", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", true},
      {"zero byte", std::string(1, '\0'), true},
      {"follower alone", "\x80", false},
      {"long form of /", "\xC0\xAF", false},
      {"long form in two", "\xC1\xBF", false},
      {"long form in three", "\xE0\x9F\xBF", false},
      {"long form in four", "\xF0\x8F\xBF\xBF", false},
      {"surrogate", "\xED\xA0\x80", false},
      {"above U+10FFFF", "\xF4\x90\x80\x80", false},
      {"lead F5", "\xF5\x80\x80\x80", false},
      {"lead FF", "\xFF", false},
      {"cut after one of two", "a\xC3", false},
      {"cut after two of three", "\xE2\x82", false},
      {"cut after three of four", "\xF0\x9F\x98", false},
      {"ASCII instead of a follower", "\xE2\x28\xA1", false},
      {"ASCII instead of the last follower", "\xE2\x82\x28", false},
  };
  for (const auto& test : cases) EXPECT_EQ(is_utf8(test.input), test.expected) << test.name;
}

TEST(IsPrintableUtf8, RefusesControlCharacters) {
  EXPECT_TRUE(is_printable_utf8("größer, 日本語"));
  for (const char* bad : {"a\nb", "\t", "\x1F", "\x7F", "\xFF"}) EXPECT_FALSE(is_printable_utf8(bad));
  EXPECT_FALSE(is_printable_utf8(std::string(1, '\0')));
}

}  // namespace
}  // namespace bourse::domain
