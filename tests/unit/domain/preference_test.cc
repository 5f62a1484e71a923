#include "domain/preference.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace bourse::domain {
namespace {

using Kind = Preference::Kind;
using Term = Preference::Term;

TEST(Preference, IsBestFitWithoutText) {
  EXPECT_EQ(Preference().kind(), Kind::kBestFit);
  EXPECT_EQ(Preference().text(), "best-fit");
  EXPECT_EQ(Preference(), *Preference::parse("best-fit"));
}

TEST(Preference, ReadsPoliciesAndSums) {
  struct Case {
    std::string text;
    Kind kind;
    std::vector<Term> terms;
    std::string canonical;
  };
  const std::vector<Case> cases = {
      {"best-fit", Kind::kBestFit, {}, "best-fit"},
      {" Availability\n", Kind::kAvailability, {}, "availability"},
      {"fastest", Kind::kFastest, {{1, "speed"}}, "fastest"},
      {"speed", Kind::kWeighted, {{1, "speed"}}, "speed"},
      {"-price", Kind::kWeighted, {{-1, "price"}}, "-price"},
      {"- 2 * price", Kind::kWeighted, {{-2, "price"}}, "-2*price"},
      {"2*Speed + 0.5*gpu.memory - price",
       Kind::kWeighted,
       {{2, "speed"}, {0.5, "gpu.memory"}, {-1, "price"}},
       "2*speed + 0.5*gpu.memory - price"},
      {"2*speed+.5*memory", Kind::kWeighted, {{2, "speed"}, {0.5, "memory"}}, "2*speed + 0.5*memory"},
      {"1e3*a - 1.50*b", Kind::kWeighted, {{1000, "a"}, {-1.5, "b"}}, "1000*a - 1.5*b"},
      {"nvidia.com/gpu", Kind::kWeighted, {{1, "nvidia.com/gpu"}}, "nvidia.com/gpu"},
      {"a-b - c", Kind::kWeighted, {{1, "a-b"}, {-1, "c"}}, "a-b - c"},  // a name may have a dash
      {"1*fastest", Kind::kWeighted, {{1, "fastest"}}, "1*fastest"},
      {"-fastest", Kind::kWeighted, {{-1, "fastest"}}, "-fastest"},
      {"fastest + price", Kind::kWeighted, {{1, "fastest"}, {1, "price"}}, "fastest + price"},
      {"-0*a", Kind::kWeighted, {{0, "a"}}, "0*a"},
      {"a + a", Kind::kWeighted, {{1, "a"}, {1, "a"}}, "a + a"},
  };
  for (const auto& test : cases) {
    const auto preference = Preference::parse(test.text);
    ASSERT_TRUE(preference.ok()) << test.text << ": " << preference.error().text;
    EXPECT_EQ(preference->kind(), test.kind) << test.text;
    EXPECT_EQ(preference->terms(), test.terms) << test.text;
    EXPECT_EQ(preference->text(), test.canonical) << test.text;
    EXPECT_EQ(*Preference::parse(preference->text()), *preference) << test.text;
  }
}

TEST(Preference, SaysWhereItIsWrong) {
  std::string many = "a";
  for (std::size_t i = 1; i < Preference::kMaxTerms; ++i) many += "+a";
  ASSERT_TRUE(Preference::parse(many).ok());
  struct Case {
    std::string text;
    std::string error;
  };
  const std::vector<Case> cases = {
      {"", "position 1: expected the name"},
      {"   ", "position 4: expected the name"},
      {"+a", "position 1: expected the name"},
      {"2", "position 2: expected '*'"},
      {"2 speed", "position 3: expected '*'"},
      {"2*", "position 3: expected the name"},
      {"2*3", "position 3: expected the name"},
      {"speed*2", "position 6: expected '+', '-' or the end; a weight stands before"},
      {"a b", "position 3: expected '+', '-' or the end"},
      {"a +", "position 4: expected the name"},
      {"a + - b", "position 5: expected the name"},
      {"a, b", "position 2: expected '+', '-' or the end"},
      {".*a", "position 1: expected a number"},
      {"nan*a", "position 4: expected '+', '-' or the end; a weight"},
      {"0x10*a", "position 2: expected '*'"},
      {"1e999*a", "position 1: a number too large or too small"},
      {"1e-999*a", "position 1: a number too large or too small"},
      {std::string("a\0b", 3), "position 2: expected '+', '-' or the end"},
      {"\xC3\xA4", "position 1: expected the name"},
      {many + "+b", "position 33: more than 16 terms"},
      {std::string(321, 'a'), "position 1: a name longer than 320 bytes"},
      {std::string(Preference::kMaxLength + 1, ' '), "longer than 1024 bytes"},
  };
  for (const auto& test : cases) {
    const auto preference = Preference::parse(test.text);
    ASSERT_FALSE(preference.ok()) << test.text;
    EXPECT_EQ(preference.error().code, base::Errc::kInvalidPayload);
    EXPECT_NE(preference.error().text.find(test.error), std::string::npos)
        << test.text << ": " << preference.error().text;
  }
}

// What is stored is the canonical form: it may not outgrow what can be read back.
TEST(Preference, RefusesWhatItsOwnFormMakesTooLong) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += (text.empty() ? "" : "+") + std::string(255, 'a');
  EXPECT_LE(text.size(), Preference::kMaxLength);
  const auto preference = Preference::parse(text);
  ASSERT_FALSE(preference.ok());
  EXPECT_NE(preference.error().text.find("written out"), std::string::npos) << preference.error().text;
}

RC_GTEST_PROP(Preference, ReadsItsOwnTextBack, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, Preference::kMaxTerms + 1);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += *rc::gen::element(" + ", " - ", "+");
    if (*rc::gen::arbitrary<bool>())
      text += std::to_string(*rc::gen::inRange(0, 1000)) + *rc::gen::element("*", "e5*", "e-7*", ".25*");
    text += *rc::gen::element("speed", "price", "gpu.memory", "fastest", "best-fit", "nvidia.com/gpu");
  }
  const auto preference = Preference::parse(text);
  RC_ASSERT(preference.ok());
  const auto again = Preference::parse(preference->text());
  RC_ASSERT(again.ok());
  RC_ASSERT(*again == *preference);
  RC_ASSERT(again->text() == preference->text());
}

RC_GTEST_PROP(Preference, SurvivesAnyText, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('a', 'e', '1', '.', '*', '+', '-', ' ', '/', 'x', '\0', '\xFF'));
  if (const auto preference = Preference::parse(text)) RC_ASSERT(*Preference::parse(preference->text()) == *preference);
}

}  // namespace
}  // namespace bourse::domain
