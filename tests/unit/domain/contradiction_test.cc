#include "domain/contradiction.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "domain/offer.h"

namespace bourse::domain {
namespace {

Filter filter(const std::string& text) { return Filter::parse(text).value(); }

struct Case {
  std::string filter;
  std::string says;  // empty: no contradiction
};

TEST(Contradiction, InNeeds) {
  const std::vector<Case> cases = {
      // Ranges.
      {"(&(cpu>=8)(cpu<=4))", "(cpu>=8) and (cpu<=4) exclude each other"},
      {"(&(os=linux)(&(memory>=64Gi)(|(a=1)(b=2)))(memory<=32Gi))", "(memory>=64gi) and (memory<=32gi)"},
      {"(&(cpu>=8)(!(cpu>=4)))", "(cpu>=8) and (!(cpu>=4))"},
      {"(&(cpu>=8)(!(cpu>=8)))", "(cpu>=8) and (!(cpu>=8))"},
      {"(&(cpu>=4)(cpu<=4)(!(cpu=4)))", "what it says of 'cpu' excludes itself"},
      {"(&(cpu>=8000m)(cpu<=8))", ""},
      {"(&(cpu>=4)(cpu<=8)(!(cpu=6)))", ""},
      {"(&(cpu=4)(cpu=4000m))", ""},
      {"(&(cpu=4)(cpu=8))", "(cpu=4) and (cpu=8)"},
      // Of an attribute there may be several values.
      {"(&(speed>=8)(speed<=4))", ""},
      {"(&(arch=x86_64)(arch=arm64))", ""},
      {"(&(service=blast)(service=jupyter))", ""},
      {"(&(service.blast>=2.14)(service.blast<=2.9))", ""},
      {"(&(speed>=8)(!(speed>=4)))", "(speed>=8) and (!(speed>=4))"},
      {"(&(service.blast>=2.14)(!(service.blast>=2.9)))", "(service.blast>=2.14) and (!(service.blast>=2.9))"},
      {"(&(service.blast>=2.9)(!(service.blast>=2.14)))", ""},
      {"(&(flag=avx)(!(flag=avx)))", "(flag=avx) and (!(flag=avx))"},
      {"(&(flag=a*)(!(flag=A*)))", "(flag=a*) and (!(flag=a*))"},
      {"(&(flag=abc)(!(flag=a*)))", "exclude each other"},
      {"(&(flag=a*)(!(flag=b*)))", ""},
      {"(&(a=1)(!(a=1.0)))", ""},    // a text
      {"(&(a=true)(!(a>=5)))", ""},  // true and 3: nothing says that true is less than 5
      // … but not of these.
      {"(&(gpu.model=V100)(gpu.model=T4))", "(gpu.model=v100) and (gpu.model=t4)"},
      {"(&(provider=lab@a.org)(provider=lab@b.org))", "exclude each other"},
      {"(&(domain=*.edu)(domain=*.org))", "exclude each other"},
      {"(&(domain=a*)(domain=b*))", "exclude each other"},
      {"(&(domain=mit*)(domain=mi*edu)(domain=*.edu)(domain=*edu))", ""},
      {"(&(domain=mit*)(domain<=harvard))", "exclude each other"},
      {"(&(gpu.model=V100)(!(gpu.model=V*)))", "exclude each other"},
      {"(&(gpu.model=V100)(gpu.model=v*))", ""},
      {"(&(gpu.model~=tesla v100)(gpu.model~=TeslaV100))", ""},
      {"(&(gpu.model~=tesla v100)(gpu.model~=T4))", "exclude each other"},
      // Presence.
      {"(&(gpu=*)(!(gpu=*)))", "exclude each other"},
      {"(&(speed>=1)(!(speed=*)))", "exclude each other"},
      {"(&(!(speed>=1))(!(speed=*)))", "exclude each other"},
      {"(!(speed=*))", ""},
      {"(&(speed=*)(!(speed>=1)))", ""},
      // What a resource cannot be: numbers only, greater than 0.
      {"(cpu>=many)", "(cpu>=many) is never true of an offer: that is a number"},
      {"(cpu=NaN)", "(cpu=nan) is never true"},
      {"(memory<=inf)", "never true"},
      {"(gpu>=1e999)", "never true"},
      {"(!(gpu>=NaN))", "(!(gpu>=nan)) is never true"},
      {"(cpu<=-0)", "never true"},
      {"(storage<=0)", "never true"},
      {"(!(storage<=0))", ""},
      {"(cpu=4*)", "never true"},
      {"(hugepages-2mi<=-1)", "never true"},
      {"(service.blast=latest!)", "never true"},
      {"(speed>=NaN)", ""},  // a text may be
      // Alternatives.
      {"(|)", "never true"},
      {"(&(a=1)(|))", "never true"},
      {"(!(&))", "never true"},
      {"(&)", ""},
      {"(!(|))", ""},
      {"(|(cpu>=many)(cpu=few))", "each of its alternatives is impossible, one of them because (cpu"},
      {"(|(cpu>=many)(cpu>=1))", ""},
      {"(&(|(cpu>=8)(cpu>=16))(|(cpu<=4)(cpu<=2)))", "each of its alternatives"},
      {"(&(|(cpu>=8)(cpu>=1))(|(cpu<=4)(cpu<=2)))", ""},
      {"(!(|(a=1)(!(a=1))))", "exclude each other"},
      {"(!(&(a=1)(!(a=1))))", ""},
      {"(&(!(&(a=1)(b=2)))(a=1)(b=2))", "each of its alternatives"},
      {"(!(!(&(cpu>=8)(cpu<=4))))", "exclude each other"},
  };
  for (const auto& test : cases) {
    const auto why = contradiction_in_needs(filter(test.filter));
    EXPECT_EQ(why.has_value(), !test.says.empty()) << test.filter << ": " << why.value_or("");
    EXPECT_NE(why.value_or("").find(test.says), std::string::npos) << test.filter << ": " << why.value_or("");
  }
  EXPECT_EQ(contradiction_in_needs(Filter()), std::nullopt);
}

TEST(Contradiction, InServes) {
  const std::vector<Case> cases = {
      {"(|(domain=*.edu)(group=friends)(jid=ana@example.net))", ""},
      {"(&(group=friends)(group=staff))", ""},
      {"(&(jid=a@b)(jid=c@d))", "(jid=a@b) and (jid=c@d)"},
      {"(&(domain=*.edu)(!(domain=*.edu)))", "exclude each other"},
      {"(&(cpu>=8)(cpu<=4))", ""},  // of a consumer, cpu would be an attribute like any other
  };
  for (const auto& test : cases) {
    const auto why = contradiction_in_serves(filter(test.filter));
    EXPECT_EQ(why.has_value(), !test.says.empty()) << test.filter << ": " << why.value_or("");
    EXPECT_NE(why.value_or("").find(test.says), std::string::npos) << test.filter << ": " << why.value_or("");
  }
}

// The worst a filter can be: every alternative of a hundred with every other. It need not be seen through, only soon.
TEST(Contradiction, GivesUpSoon) {
  std::string text = "(&(|(cpu>=9)(gpu>=9))(cpu<=1)(gpu<=1)";
  for (int i = 0; i < 100; ++i) {
    const std::string a = "a" + std::to_string(i);
    text += "(|(" + a + "=1)(" + a + "=2))";
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(contradiction_in_needs(filter(text + ")")), std::nullopt);
  std::string same = "(&";
  for (int i = 0; i < 250; ++i)
    same += (i % 2 == 0 ? "(a>=" : "(!(a>=") + std::to_string(i) + (i % 2 == 0 ? ")" : "))");
  (void)contradiction_in_needs(filter(same + ")"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));  // milliseconds, sanitizers aside
}

// Random filters and offers over few names and values, so that they meet often.

std::string any_comparison() {
  const auto name = *rc::gen::element<std::string>("cpu", "gpu", "gpu.model", "a", "b", "service", "service.s",
                                                   "provider", "domain", "memory");
  const auto operation = *rc::gen::element<std::string>("=", ">=", "<=", "~=");
  const auto value = *rc::gen::element<std::string>("1", "2", "3", "2.0", "1.2.3", "2.1", "true", "x", "xy", "x y", "s",
                                                    "p@x.y", "NaN", "0");
  if (operation == "=") {
    const auto pattern = *rc::gen::element<std::string>("", "", "*", "x*", "*y", "1*", "*x*", "2*");
    if (!pattern.empty()) return "(" + name + "=" + pattern + ")";
  }
  return "(" + name + operation + value + ")";
}

std::string any_filter(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 5);
  if (kind <= 1) return any_comparison();
  if (kind == 2) return "(!" + any_filter(depth - 1) + ")";
  std::string text = kind == 3 ? "(&" : "(|";
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) text += any_filter(depth - 1);
  return text + ")";
}

void add(Offer& offer, const std::string& name, std::int64_t amount) {
  if (amount == 0) return;
  EXPECT_TRUE(offer.resources.add(name, amount).ok());
}

Offer any_offer() {
  Offer offer;
  for (const char* name : {"cpu", "gpu"}) add(offer, name, *rc::gen::element<std::int64_t>(0, 1000, 2000, 3000));
  add(offer, "memory", *rc::gen::inRange(0, 4));
  if (offer.resources.empty()) add(offer, "cpu", 500);
  if (offer.resources.gpu_milli() != 0) offer.gpu_model = *rc::gen::element<std::string>("", "x", "xy", "X Y", "1");
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const auto text = *rc::gen::element<std::string>("1", "2", "3", "2.0", "1.2.3", "true", "x", "xy", "x y");
    const auto type = *rc::gen::arbitrary<bool>() ? infer_type(text) : AttributeType::kString;
    offer.attributes.push_back(make_attribute(*rc::gen::element<std::string>("a", "b"), text, type).value());
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    offer.services.push_back(
        {*rc::gen::element<std::string>("s", "S", "x"), *rc::gen::element<std::string>("", "1", "2.1", "3-x"), "", 0});
  }
  return offer;
}

bool accepts(const Filter& needs, const Offer& offer) {
  return needs.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == "provider") return {std::string("p@x.y")};
    if (name == "domain") return {std::string("x.y")};
    return lookup(offer, name);
  });
}

RC_GTEST_PROP(ContradictionProperty, IsNeverTrueOfAnOffer, ()) {
  std::vector<Offer> offers;
  for (int i = 0; i < 60; ++i) {
    offers.push_back(any_offer());
    RC_ASSERT(validate(offers.back(), base::Timestamp{}).ok());
  }
  for (int i = 0; i < 20; ++i) {
    const auto text = any_filter(3);
    const Filter needs = filter(text);
    const auto why = contradiction_in_needs(needs);
    if (!why) continue;
    for (const auto& offer : offers) {
      if (accepts(needs, offer)) RC_FAIL(text + ": " + *why);
    }
  }
}

}  // namespace
}  // namespace bourse::domain
