#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <compare>
#include <string>
#include <vector>

#include "domain/attribute.h"

namespace bourse::domain {
namespace {

struct Case {
  std::string a;
  std::string relation;
  std::string b;
};

TEST(Version, Order) {
  const std::vector<Case> cases = {
      {"2.9", "<", "2.14"},
      {"1.0", "=", "1"},
      {"1.0.0", "=", "1.0"},
      {"1.01", "=", "1.1"},
      {"1.0-rc1", "<", "1.0"},
      {"1.0rc1", "<", "1.0"},
      {"1.0-rc2", "<", "1.0-rc10"},
      {"1.0-alpha", "<", "1.0-beta"},
      {"1.0-RC1", "=", "1.0-rc1"},
      {"1.0.1", ">", "1.0-rc1"},
      {"5.15.0-91-generic", ">", "5.15.0"},
      {"10", ">", "9"},
      {"18446744073709551616", ">", "18446744073709551615"},
      {"", "=", "0"},
      {"1..2", "=", "1.2"},
  };
  for (const auto& test : cases) {
    const Version a{test.a};
    const Version b{test.b};
    const std::string seen = a < b ? "<" : a > b ? ">" : "=";
    EXPECT_EQ(seen, test.relation) << test.a << " and " << test.b;
    EXPECT_EQ(a == b, test.relation == "=") << test.a << " and " << test.b;
  }
}

Version any_version() { return {*rc::gen::container<std::string>(rc::gen::elementOf(std::string("0019.-ab")))}; }

RC_GTEST_PROP(VersionProperty, IsATotalPreorder, ()) {
  const Version a = any_version();
  const Version b = any_version();
  const Version c = any_version();
  RC_ASSERT(std::is_eq(a <=> a));
  RC_ASSERT(std::is_lt(a <=> b) == std::is_gt(b <=> a));
  if (a <= b && b <= c) RC_ASSERT(a <= c);
  if (a == b && b == c) RC_ASSERT(a == c);
}

}  // namespace
}  // namespace bourse::domain
