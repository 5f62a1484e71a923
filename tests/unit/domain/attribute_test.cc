#include "domain/attribute.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "domain/number.h"

namespace bourse::domain {
namespace {

struct InferCase {
  std::string text;
  AttributeType expected;
};

TEST(InferType, Table) {
  const std::vector<InferCase> cases = {
      {"true", AttributeType::kBoolean},
      {"false", AttributeType::kBoolean},
      {"True", AttributeType::kString},
      {"1", AttributeType::kNumber},
      {"-1.5", AttributeType::kNumber},
      {"5.15", AttributeType::kNumber},
      {"5.15.0", AttributeType::kVersion},
      {"1.2.3.4", AttributeType::kVersion},
      {"-1.2.3", AttributeType::kString},
      {"1.2.3-rc1", AttributeType::kString},
      {"1.", AttributeType::kString},
      {".5", AttributeType::kString},
      {"1..2", AttributeType::kString},
      {"1e5", AttributeType::kString},
      {"16Gi", AttributeType::kString},
      {"x86_64", AttributeType::kString},
      {"", AttributeType::kString},
      {"-", AttributeType::kString},
      {"inf", AttributeType::kString},
      {"nan", AttributeType::kString},
      {std::string(400, '9'), AttributeType::kString},
  };
  for (const auto& test : cases) EXPECT_EQ(infer_type(test.text), test.expected) << test.text;
}

struct MakeCase {
  std::string name;
  std::string text;
  AttributeType type;
  std::optional<AttributeValue> expected;
};

TEST(MakeAttribute, Table) {
  const std::vector<MakeCase> cases = {
      {"arch", "x86_64", AttributeType::kString, "x86_64"},
      {"cpu.flags_2-b", "avx2", AttributeType::kString, "avx2"},
      {"note", " größer ", AttributeType::kString, " größer "},
      {"ghz", "2.5", AttributeType::kNumber, 2.5},
      {"gpu.memory", "16Gi", AttributeType::kNumber, 17179869184.0},
      {"balance", "-1e3", AttributeType::kNumber, -1000.0},
      {"kernel", "6.1.0-13-amd64", AttributeType::kVersion, Version{"6.1.0-13-amd64"}},
      {"ecc", "TRUE", AttributeType::kBoolean, true},
      {"ecc", "false", AttributeType::kBoolean, false},
      {std::string(64, 'a'), std::string(1024, 'b'), AttributeType::kString, std::string(1024, 'b')},
      {std::string(65, 'a'), "x", AttributeType::kString, std::nullopt},
      {"a", std::string(1025, 'b'), AttributeType::kString, std::nullopt},
      {"", "x", AttributeType::kString, std::nullopt},
      {"Arch", "x", AttributeType::kString, std::nullopt},
      {"1a", "x", AttributeType::kString, std::nullopt},
      {"a b", "x", AttributeType::kString, std::nullopt},
      {"a)", "x", AttributeType::kString, std::nullopt},
      {"a", "", AttributeType::kString, std::nullopt},
      {"a", "x\ny", AttributeType::kString, std::nullopt},
      {"a", "\xFF", AttributeType::kString, std::nullopt},
      {"a", "x", AttributeType::kNumber, std::nullopt},
      {"a", "nan", AttributeType::kNumber, std::nullopt},
      {"a", "-inf", AttributeType::kNumber, std::nullopt},
      {"a", "1e999", AttributeType::kNumber, std::nullopt},
      {"a", "latest", AttributeType::kVersion, std::nullopt},
      {"a", "1.0 beta", AttributeType::kVersion, std::nullopt},
      {"a", "yes", AttributeType::kBoolean, std::nullopt},
      {"a", "1", AttributeType::kBoolean, std::nullopt},
  };
  for (const auto& test : cases) {
    const auto attribute = make_attribute(test.name, test.text, test.type);
    ASSERT_EQ(attribute.ok(), test.expected.has_value()) << test.name << "=" << test.text;
    if (attribute.ok()) {
      EXPECT_EQ(attribute->value(), *test.expected) << test.name << "=" << test.text;
      EXPECT_EQ(attribute->text, test.text);
    } else {
      EXPECT_EQ(attribute.error().code, base::Errc::kInvalidPayload) << test.name << "=" << test.text;
    }
  }
}

struct NumberCase {
  std::string text;
  std::optional<double> expected;
};

TEST(ParseNumber, Table) {
  const std::vector<NumberCase> cases = {
      {"0", 0.0},
      {"-2", -2.0},
      {"500m", 0.5},
      {"100m", 0.1},
      {"1.1M", 1.1e6},
      {"16Gi", 17179869184.0},
      {"1E", 1e18},
      {"1e3", 1000.0},
      {"1E3", 1000.0},
      {"1Ei", std::ldexp(1.0, 60)},
      {".5", 0.5},
      {"1e-3", 0.001},
      {"", std::nullopt},
      {"-", std::nullopt},
      {".", std::nullopt},
      {"+1", std::nullopt},
      {"--1", std::nullopt},
      {"1e", std::nullopt},
      {"1e3k", std::nullopt},
      {"1 ", std::nullopt},
      {" 1", std::nullopt},
      {"inf", std::nullopt},
      {"nan", std::nullopt},
      {"-inf", std::nullopt},
      {"0x10", std::nullopt},
      {"1K", std::nullopt},
      {"1.2.3", std::nullopt},
      {"1e309", std::nullopt},
      {std::string(65, '1'), std::nullopt},
      {"k", std::nullopt},
      {"-k", std::nullopt},
  };
  for (const auto& test : cases) EXPECT_EQ(parse_number(test.text), test.expected) << test.text;
}

}  // namespace
}  // namespace bourse::domain
