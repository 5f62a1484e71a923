#include "domain/filter.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bourse::domain {
namespace {

std::vector<AttributeValue> machine(std::string_view name) {
  static const std::map<std::string, std::vector<AttributeValue>, std::less<>> values = {
      {"arch", {"x86_64"}},
      {"os", {"Debian GNU/Linux"}},
      {"cpu", {16.0}},
      {"share", {0.5}},
      {"gpu.memory", {17179869184.0}},
      {"kernel", {Version{"6.1.0-13"}}},
      {"ecc", {true}},
      {"flag", {"avx", "AVX2", "sse4.2"}},
      {"mixed", {"text", 5.0}},
      {"domain", {"cs.example.edu"}},
  };
  const auto at = values.find(name);
  return at == values.end() ? std::vector<AttributeValue>{} : at->second;
}

struct Case {
  std::string filter;
  Truth expected;
};

void check(const std::vector<Case>& cases) {
  for (const auto& test : cases) {
    const auto filter = Filter::parse(test.filter);
    ASSERT_TRUE(filter.ok()) << test.filter << ": " << filter.error().text;
    EXPECT_EQ(filter->evaluate(machine), test.expected) << test.filter;
    EXPECT_EQ(filter->accepts(machine), test.expected == Truth::kTrue) << test.filter;
  }
}

constexpr Truth kT = Truth::kTrue;
constexpr Truth kF = Truth::kFalse;
constexpr Truth kU = Truth::kUndefined;

TEST(FilterEvaluate, NoFilterAcceptsEverything) { EXPECT_EQ(Filter().evaluate(machine), kT); }

TEST(FilterEvaluate, Strings) {
  check({{"(arch=x86_64)", kT},
         {"(ARCH=X86_64)", kT},
         {"(arch=x86)", kF},
         {"(arch>=X86)", kT},
         {"(arch<=x86)", kF},
         {"(arch<=x86_64)", kT},
         {"(os~=debiangnu/LINUX)", kT},
         {"(os~= Debian  GNU / Linux )", kT},
         {"(os~=debian)", kF},
         {"(os~=debian gnu/linux x)", kF},
         {"(os=debian gnu/linux)", kT},
         {"(arch=)", kF}});
}

TEST(FilterEvaluate, Substrings) {
  check({{"(domain=*.edu)", kT},
         {"(domain=*.EDU)", kT},
         {"(domain=*.org)", kF},
         {"(domain=cs.*)", kT},
         {"(domain=*example*)", kT},
         {"(domain=c*ex*ple*u)", kT},
         {"(domain=*ple*ex*)", kF},
         {"(domain=cs.example.edu*)", kT},
         {"(domain=cs.example.edu*u)", kF},
         {"(domain=*edu*edu)", kF},
         {"(domain=*e*e*e*)", kT},
         {"(domain=*e*e*e*e*)", kF},
         {"(domain=*x*)", kT},
         {"(kernel=6.1.*)", kT},
         {"(kernel=5.*)", kF},
         {"(cpu=1*)", kU},
         {"(ecc=t*)", kU},
         {"(nowhere=*x)", kU}});
}

TEST(FilterEvaluate, Numbers) {
  check({{"(cpu=16)", kT},
         {"(cpu=16.0)", kT},
         {"(cpu~=16)", kT},
         {"(cpu=1.6e1)", kT},
         {"(cpu=16000m)", kT},
         {"(cpu>=9)", kT},
         {"(cpu<=9)", kF},
         {"(cpu>=-1)", kT},
         {"(share>=500m)", kT},
         {"(share<=499m)", kF},
         {"(gpu.memory>=16Gi)", kT},
         {"(gpu.memory>=17Gi)", kF},
         {"(gpu.memory>=17G)", kT},
         {"(cpu=many)", kU},
         {"(cpu>=)", kU},
         {"(cpu=1.2.3)", kU}});
}

TEST(FilterEvaluate, VersionsAndBooleans) {
  check({{"(kernel>=5.15)", kT},
         {"(kernel>=6.10)", kF},
         {"(kernel<=6.1.0-13)", kT},
         {"(kernel=6.1-13)", kF},
         {"(kernel=6.1.0.13)", kT},
         {"(kernel>=latest)", kU},
         {"(ecc=true)", kT},
         {"(ecc=FALSE)", kF},
         {"(ecc~=true)", kT},
         {"(ecc=yes)", kU},
         {"(ecc>=true)", kU}});
}

TEST(FilterEvaluate, SeveralValues) {
  check({{"(flag=avx2)", kT},
         {"(flag=avx512)", kF},
         {"(flag=sse*)", kT},
         {"(mixed=text)", kT},
         {"(mixed=5)", kT},
         {"(mixed=other)", kF},
         {"(!(flag=avx))", kF}});
}

TEST(FilterEvaluate, PresenceIsKnownEitherWay) {
  check({{"(cpu=*)", kT}, {"(nowhere=*)", kF}, {"(!(nowhere=*))", kT}, {"(!(cpu=*))", kF}});
}

TEST(FilterEvaluate, UnknownAttributesAreUndefined) {
  check({{"(nowhere=1)", kU},
         {"(!(nowhere=1))", kU},
         {"(&(arch=x86_64)(nowhere=1))", kU},
         {"(&(arch=arm64)(nowhere=1))", kF},
         {"(&(nowhere=1)(arch=arm64))", kF},
         {"(|(arch=x86_64)(nowhere=1))", kT},
         {"(|(nowhere=1)(arch=x86_64))", kT},
         {"(|(arch=arm64)(nowhere=1))", kU},
         {"(!(&(arch=arm64)(nowhere=1)))", kT}});
}

TEST(FilterEvaluate, EmptyLists) { check({{"(&)", kT}, {"(|)", kF}, {"(!(&))", kF}, {"(&(|)(nowhere=1))", kF}}); }

}  // namespace
}  // namespace bourse::domain
