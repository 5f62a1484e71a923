#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "domain/resources.h"

namespace bourse::domain {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct GoodCase {
  std::string resource;
  std::string text;
  std::int64_t expected;
};

TEST(ParseQuantity, Good) {
  constexpr std::int64_t kGi = std::int64_t{1} << 30;
  const std::vector<GoodCase> cases = {
      {"cpu", "4", 4000},
      {"cpu", "0", 0},
      {"cpu", "500m", 500},
      {"cpu", "1.5", 1500},
      {"cpu", ".5", 500},
      {"cpu", "2.", 2000},
      {"cpu", "0.001", 1},
      {"cpu", "1000u", 1},
      {"cpu", "1000000n", 1},
      {"cpu", "1e3", 1'000'000},
      {"cpu", "1E3", 1'000'000},
      {"cpu", "1e+3", 1'000'000},
      {"cpu", "1500e-3", 1500},
      {"cpu", "2k", 2'000'000},
      {"cpu", "1Ki", 1'024'000},
      {"cpu", "0.5Ki", 512'000},
      {"cpu", "0001.500", 1500},
      {"gpu", "2", 2000},
      {"gpu", "0.25", 250},
      {"widgets.example/x", "3", 3000},
      {"memory", "64Gi", 64 * kGi},
      {"memory", "1.5Gi", kGi + kGi / 2},
      {"memory", "1", 1},
      {"memory", "1000m", 1},
      {"memory", "128k", 128'000},
      {"memory", "1M", 1'000'000},
      {"memory", "1E", 1'000'000'000'000'000'000},
      {"memory", "7Ei", 7 * (std::int64_t{1} << 60)},
      {"memory", "1P", 1'000'000'000'000'000},
      {"memory", "1T", 1'000'000'000'000},
      {"memory", "1Ti", std::int64_t{1} << 40},
      {"memory", "1Pi", std::int64_t{1} << 50},
      {"memory", "1Mi", std::int64_t{1} << 20},
      {"memory", "0.0009765625Ki", 1},
      {"memory", "9223372036854775807", kMax},
      {"memory", "0e99999999999999", 0},
      {"storage", "1G", 1'000'000'000},
      {"ephemeral-storage", "1k", 1000},
      {"hugepages-2Mi", "4Mi", std::int64_t{4} << 20},
      {"cpu", "9223372036854775.807", kMax},
      {"cpu", "9223372036854775807m", kMax},
  };
  for (const auto& test : cases) {
    const auto amount = parse_quantity(test.resource, test.text);
    ASSERT_TRUE(amount.ok()) << test.resource << " " << test.text << ": " << amount.error().text;
    EXPECT_EQ(*amount, test.expected) << test.resource << " " << test.text;
  }
}

struct BadCase {
  std::string resource;
  std::string text;
  std::string says;
};

TEST(ParseQuantity, Bad) {
  const std::vector<BadCase> cases = {
      {"cpu", "", "empty"},
      {"cpu", "-1", "negative"},
      {"cpu", "-0", "negative"},
      {"cpu", "+1", "sign"},
      {"cpu", "NaN", "not a quantity"},
      {"cpu", "inf", "not a quantity"},
      {"cpu", ".", "not a quantity"},
      {"cpu", "k", "not a quantity"},
      {"cpu", " 1", "not a quantity"},
      {"cpu", "1 ", "suffix"},
      {"cpu", "1.2.3", "suffix"},
      {"cpu", "1,5", "suffix"},
      {"cpu", "0x10", "suffix"},
      {"cpu", "1K", "suffix"},
      {"cpu", "1ki", "suffix"},
      {"cpu", "1g", "suffix"},
      {"cpu", "1e", "suffix"},
      {"cpu", "1e+", "suffix"},
      {"cpu", "1e1.5", "suffix"},
      {"cpu", "1e3k", "suffix"},
      {"cpu", "1mm", "suffix"},
      {"cpu", "\xC2\xBD", "not a quantity"},
      {"cpu", std::string("1\0", 2), "suffix"},
      {"cpu", "0.0001", "thousandth"},
      {"cpu", "100u", "thousandth"},
      {"cpu", "1e-99999999999", "thousandth"},
      {"memory", "500m", "bytes"},
      {"memory", "0.5", "bytes"},
      {"memory", "0.3Ki", "bytes"},
      {"memory", "8Ei", "too large"},
      {"memory", "9223372036854775808", "too large"},
      {"memory", "10E", "too large"},
      {"memory", "1e99999999999", "too large"},
      {"cpu", "9223372036854775808m", "too large"},
      {"cpu", "9223372036854776", "too large"},
      {"cpu", "99999999999999999999999999999999", "too large"},
      {"memory", "99999999999999999999999999999Ei", "too large"},
      {"cpu", std::string(33, '0'), "too long"},
  };
  for (const auto& test : cases) {
    const auto amount = parse_quantity(test.resource, test.text);
    ASSERT_FALSE(amount.ok()) << test.resource << " " << test.text << " = " << *amount;
    EXPECT_EQ(amount.error().code, base::Errc::kInvalidPayload) << test.text;
    EXPECT_NE(amount.error().text.find(test.says), std::string::npos) << test.text << ": " << amount.error().text;
    EXPECT_NE(amount.error().text.find(test.resource), std::string::npos) << amount.error().text;
  }
}

TEST(FormatQuantity, IsTheShortestExactForm) {
  const std::vector<GoodCase> cases = {
      {"cpu", "4", 4000},
      {"cpu", "1500m", 1500},
      {"cpu", "1m", 1},
      {"cpu", "0", 0},
      {"cpu", "4k", 4'000'000},
      {"cpu", "1024", 1'024'000},
      {"gpu", "500m", 500},
      {"memory", "64Gi", std::int64_t{64} << 30},
      {"memory", "1M", 1'000'000},
      {"memory", "1Ki", 1024},
      {"memory", "1024k", 1'024'000},
      {"memory", "1001", 1001},
      {"memory", "0", 0},
      {"memory", "9223372036854775807", kMax},
  };
  for (const auto& test : cases) EXPECT_EQ(format_quantity(test.resource, test.expected), test.text);
}

RC_GTEST_PROP(QuantityProperty, ParseUndoesFormat, ()) {
  const auto small = rc::gen::inRange<std::int64_t>(0, 5'000'000);
  const auto any = rc::gen::inRange<std::int64_t>(0, kMax);
  const auto round = rc::gen::apply([](std::int64_t count, int shift) { return count << shift; },
                                    rc::gen::inRange<std::int64_t>(0, 1024), rc::gen::inRange(0, 50));
  const std::int64_t amount = *rc::gen::oneOf(small, any, round);
  for (const char* resource : {"cpu", "memory"}) {
    const auto text = format_quantity(resource, amount);
    const auto parsed = parse_quantity(resource, text);
    RC_ASSERT(parsed.ok());
    RC_ASSERT(*parsed == amount);
  }
}

RC_GTEST_PROP(QuantityProperty, AnyTextIsParsedOrRefused, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789.eE+-kKMGiTPmun ")));
  for (const char* resource : {"cpu", "memory"}) {
    const auto parsed = parse_quantity(resource, text);
    if (parsed.ok()) RC_ASSERT(*parse_quantity(resource, format_quantity(resource, *parsed)) == *parsed);
  }
}

}  // namespace
}  // namespace bourse::domain
