#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "domain/filter.h"
#include "domain/filter_node.h"

namespace bourse::domain {
namespace {

using Kind = Filter::Node::Kind;

std::string nested(std::size_t levels) {  // the comparison is the innermost level
  std::string text = "(a=1)";
  for (std::size_t i = 1; i < levels; ++i) text = "(!" + text + ")";
  return text;
}

std::string with_terms(std::size_t count) {
  std::string text = "(&";
  for (std::size_t i = 0; i < count; ++i) text += "(a=1)";
  return text + ")";
}

TEST(FilterParse, KeepsItsTextWithoutOuterSpace) {
  const auto filter = Filter::parse("  (a=1)\n");
  ASSERT_TRUE(filter.ok());
  EXPECT_EQ(filter->text(), "(a=1)");
  EXPECT_FALSE(filter->empty());
  EXPECT_TRUE(Filter().empty());
  EXPECT_EQ(*filter, *Filter::parse("(a=1)"));
}

struct GoodCase {
  std::string text;
  Kind kind;
  std::string attribute;
  std::string folded;
};

TEST(FilterParse, Comparisons) {
  const std::vector<GoodCase> cases = {
      {"(arch=x86_64)", Kind::kEqual, "arch", "x86_64"},
      {"(ARCH=X86_64)", Kind::kEqual, "arch", "x86_64"},
      {"(cpu>=4)", Kind::kGreaterOrEqual, "cpu", "4"},
      {"(cpu<=4)", Kind::kLessOrEqual, "cpu", "4"},
      {"(os~=Debian Linux)", Kind::kApprox, "os", "debian linux"},
      {"(gpu=*)", Kind::kPresent, "gpu", ""},
      {"(gpu=**)", Kind::kPresent, "gpu", ""},
      {"(a=)", Kind::kEqual, "a", ""},
      {"(a=\\28x\\29\\2a\\5c)", Kind::kEqual, "a", "(x)*\\"},
      {"(a=\\c3\\A4)", Kind::kEqual, "a", "\xC3\xA4"},
      {"(a=x=y>=z)", Kind::kEqual, "a", "x=y>=z"},
      {"( cpu >= 4 )", Kind::kGreaterOrEqual, "cpu", "4"},
      {"(a=\\20x\\20)", Kind::kEqual, "a", " x "},
      {"(nvidia.com/gpu>=1)", Kind::kGreaterOrEqual, "nvidia.com/gpu", "1"},
      {"(service.blast+>=2)", Kind::kGreaterOrEqual, "service.blast+", "2"},
      {"(1.3.6=x)", Kind::kEqual, "1.3.6", "x"},
  };
  for (const auto& test : cases) {
    const auto filter = Filter::parse(test.text);
    ASSERT_TRUE(filter.ok()) << test.text << ": " << filter.error().text;
    EXPECT_EQ(filter->root()->kind, test.kind) << test.text;
    EXPECT_EQ(filter->root()->attribute, test.attribute) << test.text;
    EXPECT_EQ(filter->root()->assertion.folded, test.folded) << test.text;
  }
}

TEST(FilterParse, SubstringPieces) {
  const auto filter = Filter::parse("(a=Ini*m\\2a1**m2*Fin)");
  ASSERT_TRUE(filter.ok());
  const SubstringPattern& pattern = filter->root()->pattern;
  EXPECT_EQ(filter->root()->kind, Kind::kSubstring);
  EXPECT_EQ(pattern.initial, "ini");
  EXPECT_EQ(pattern.any, (std::vector<std::string>{"m*1", "m2"}));
  EXPECT_EQ(pattern.final, "fin");

  const auto open = Filter::parse("(domain=*.edu)");
  ASSERT_TRUE(open.ok());
  EXPECT_EQ(open->root()->pattern.initial, "");
  EXPECT_EQ(open->root()->pattern.final, ".edu");
}

TEST(FilterParse, TypedFormsAreReady) {
  const auto filter = Filter::parse("(gpu.memory>=16Gi)");
  ASSERT_TRUE(filter.ok());
  EXPECT_EQ(filter->root()->assertion.number, 17179869184.0);
  EXPECT_TRUE(filter->root()->assertion.version.has_value());
  EXPECT_EQ(filter->root()->assertion.boolean, std::nullopt);
  EXPECT_EQ(Filter::parse("(a=TRUE)")->root()->assertion.boolean, true);
}

TEST(FilterParse, Structure) {
  const auto filter = Filter::parse("(&(arch=x86_64)\n  (|(gpu.model=V100)(gpu.model=T4))\n  (!(os=windows)) )");
  ASSERT_TRUE(filter.ok()) << filter.error().text;
  const auto& root = *filter->root();
  ASSERT_EQ(root.kind, Kind::kAnd);
  ASSERT_EQ(root.children.size(), 3U);
  EXPECT_EQ(root.children[1].kind, Kind::kOr);
  EXPECT_EQ(root.children[1].children[1].assertion.folded, "t4");
  EXPECT_EQ(root.children[2].kind, Kind::kNot);
  EXPECT_EQ(root.children[2].children.front().attribute, "os");
}

TEST(FilterParse, AcceptsItsLimits) {
  EXPECT_TRUE(Filter::parse(nested(Filter::kMaxDepth)).ok());
  EXPECT_TRUE(Filter::parse(with_terms(Filter::kMaxTerms)).ok());
  EXPECT_TRUE(Filter::parse("(a=" + std::string(Filter::kMaxLength - 4, 'x') + ")").ok());
}

struct BadCase {
  std::string text;
  std::string says;
};

TEST(FilterParse, NamesThePositionOfAnError) {
  const std::vector<BadCase> cases = {
      {"", "position 1: expected '('"},
      {"   ", "position 4: expected '('"},
      {"cpu>=4", "position 1: expected '('"},
      {"(", "position 2: expected an attribute name"},
      {"()", "position 2: expected an attribute name"},
      {"(=x)", "position 2: expected an attribute name"},
      {"(-a=x)", "position 2: an attribute name starts"},
      {"(a)", "position 3: expected '='"},
      {"(a", "position 3: expected '='"},
      {"(a>4)", "position 4: expected '='"},
      {"(a<4)", "position 4: expected '='"},
      {"(a~x)", "position 4: expected '='"},
      {"(a=1", "position 5: expected ')'"},
      {"(a=1))", "position 6: expected the end"},
      {"(a=1)(b=2)", "position 6: expected the end"},
      {"(a=1) x", "position 7: expected the end"},
      {"(&(a=1)", "position 8: expected ')'"},
      {"(&(a=1)x)", "position 8: expected ')'"},
      {"(!)", "position 3: expected '('"},
      {"(!(a=1)(b=2))", "position 8: expected ')'"},
      {"(a=b(c)", "position 5: '(' inside a value"},
      {"(a>=x*)", "position 6: '*' matches only"},
      {"(a~=x*)", "position 6: '*' matches only"},
      {"(a=\\zz)", "position 4: expected two hexadecimal"},
      {"(a=x\\4)", "position 5: expected two hexadecimal"},
      {"(a=x\\)", "position 5: expected two hexadecimal"},
      {"(a=b*\\g0*)", "position 6: expected two hexadecimal"},
      {"(a:=1)", "position 3: extensible"},
      {"(a:caseExactMatch:=1)", "position 3: extensible"},
      {"(:dn:=1)", "position 2: expected an attribute name"},
      {"(a;lang-de=1)", "position 3: attribute options"},
      {"(ä=1)", "position 2: expected an attribute name"},
      {std::string("(a=\0)", 5), "position 4: a zero byte"},
      {"(a=\xFF)", "UTF-8"},
      {nested(Filter::kMaxDepth + 1), "nested deeper than 32"},
      {std::string(4000, '('), "position 2: expected an attribute name"},
      {with_terms(Filter::kMaxTerms + 1), "more than 256"},
      {"(a=" + std::string(Filter::kMaxLength - 3, 'x') + ")", "longer than 4096"},
      {"(" + std::string(321, 'a') + "=1)", "position 2: an attribute name longer"},
  };
  for (const auto& test : cases) {
    const auto filter = Filter::parse(test.text);
    ASSERT_FALSE(filter.ok()) << test.text;
    EXPECT_EQ(filter.error().code, base::Errc::kInvalidPayload) << test.text;
    EXPECT_NE(filter.error().text.find(test.says), std::string::npos) << test.text << ": " << filter.error().text;
  }
}

RC_GTEST_PROP(FilterParseProperty, AnyTextIsParsedOrRefused, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("(((()))&|!=>=<~*\\28ab :\xC3\xA4")));
  const auto filter = Filter::parse(text);
  if (filter.ok()) RC_ASSERT(Filter::parse(filter->text()).ok());
}

}  // namespace
}  // namespace bourse::domain
