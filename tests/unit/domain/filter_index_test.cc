// The index against every filter evaluated by itself: whatever the index leaves out must not match.
#include "domain/filter_index.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/offer.h"

namespace bourse::domain {
namespace {

using Key = FilterIndex::Key;

class Things final : public AttributeSource {
 public:
  Things() = default;
  explicit Things(std::vector<std::pair<std::string, AttributeValue>> said) : said_(std::move(said)) {}

  void say(std::string name, AttributeValue value) { said_.emplace_back(std::move(name), std::move(value)); }
  [[nodiscard]] std::vector<AttributeValue> values(std::string_view name) const override {
    std::vector<AttributeValue> values;
    for (const auto& [said, value] : said_) {
      if (said == name) values.push_back(value);
    }
    return values;
  }
  void each(const std::function<void(std::string_view name, const AttributeValue& value)>& take) const override {
    for (const auto& [said, value] : said_) take(said, value);
  }

 private:
  std::vector<std::pair<std::string, AttributeValue>> said_;
};

Filter filter(const std::string& text) {
  auto parsed = Filter::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Filter();
}

std::vector<Key> by_force(const std::map<Key, Filter>& filters, const AttributeSource& source) {
  std::vector<Key> keys;
  for (const auto& [key, one] : filters) {
    if (one.accepts([&source](std::string_view name) { return source.values(name); })) keys.push_back(key);
  }
  return keys;
}

TEST(FilterIndex, EveryKindOfComparisonIsFound) {
  const Things machine({{"model", "Tesla T4"},
                        {"memory", 17179869184.0},
                        {"zero", 0.0},
                        {"kernel", Version{"6.1.0-13"}},
                        {"release", Version{"12.0"}},
                        {"ecc", true},
                        {"flag", "avx"},
                        {"flag", "AVX2"},
                        {"mixed", "1.5"},
                        {"mixed", 2.5},
                        {"odd", std::numeric_limits<double>::quiet_NaN()}});
  struct Case {
    const char* filter;
    bool expected;
  };
  const Case cases[] = {{"(model=tesla t4)", true},
                        {"(MODEL=TESLA T4)", true},
                        {"(model=tesla)", false},
                        {"(model~=teslat4)", true},
                        {"(model=tesla*)", true},
                        {"(model=*v100*)", false},
                        {"(model>=tesla)", true},
                        {"(model<=tesla)", false},
                        {"(memory=16Gi)", true},
                        {"(memory>=16Gi)", true},
                        {"(memory>=16.1Gi)", false},
                        {"(memory<=17179869184)", true},
                        {"(memory>=many)", false},
                        {"(zero=-0)", true},
                        {"(zero>=-0)", true},
                        {"(zero<=0)", true},
                        {"(kernel=6.1-13)", false},
                        {"(kernel=6.01.0.13)", true},
                        {"(kernel>=6.1)", true},
                        {"(kernel>=6.10)", false},
                        {"(kernel=6.1*)", true},
                        {"(release=12)", true},
                        {"(release=12.0.0)", true},
                        {"(release<=11.9)", false},
                        {"(ecc=TRUE)", true},
                        {"(ecc=false)", false},
                        {"(ecc>=true)", false},
                        {"(ecc=*)", true},
                        {"(gone=*)", false},
                        {"(!(gone=*))", true},
                        {"(!(gone=1))", false},
                        {"(!(ecc=false))", true},
                        {"(!(!(ecc=true)))", true},
                        {"(flag=avx2)", true},
                        {"(&(flag=avx)(flag=avx2)(memory>=1Gi))", true},
                        {"(mixed=1.5)", true},
                        {"(mixed=2.5)", true},
                        {"(mixed=3.5)", false},
                        {"(odd=1)", false},
                        {"(odd>=1)", false},
                        {"(odd=*)", true},
                        {"(&)", true},
                        {"(|)", false},
                        {"(&(|)(ecc=true))", false},
                        {"(|(model=x)(ecc=true))", true},
                        {"(|(model=x)(!(gone=*)))", true},
                        {"(&(|(model=x)(ecc=true))(memory>=1Gi))", true},
                        {"(&(|(model=x)(ecc=true))(memory>=1Ti))", false}};
  FilterIndex index;
  Key key = 0;
  for (const auto& test : cases) index.add(key++, filter(test.filter));
  index.add(key, Filter());
  std::vector<Key> expected;
  for (Key i = 0; i < key; ++i) {
    if (cases[i].expected) expected.push_back(i);
  }
  expected.push_back(key);
  const auto found = index.match(machine);
  for (Key i = 0; i < key; ++i) {
    EXPECT_EQ(std::binary_search(found.begin(), found.end(), i), cases[i].expected) << cases[i].filter;
  }
  EXPECT_EQ(found, expected);
  for (Key i = 0; i <= key; ++i) index.remove(i);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(index.match(machine).empty());
}

TEST(FilterIndex, EqualFiltersAreEvaluatedOnce) {
  FilterIndex index;
  for (Key key = 0; key < 1'000; ++key) index.add(key, filter("(gpu.model=T4)"));
  Things machine;
  machine.say("gpu.model", "t4");
  EXPECT_EQ(index.match(machine).size(), 1'000U);
  EXPECT_EQ(index.evaluations(), 1U);
  for (Key key = 0; key < 999; ++key) index.remove(key);
  EXPECT_EQ(index.match(machine), std::vector<Key>{999});
}

TEST(FilterIndexDeathTest, KeysAreThereOnce) {
  FilterIndex index;
  index.add(1, Filter());
  EXPECT_DEATH(index.add(1, Filter()), "");
  EXPECT_DEATH(index.remove(2), "");
}

Offer offer_of(const std::string& model, std::int64_t gibibytes) {
  Offer offer;
  EXPECT_TRUE(offer.resources.add("memory", gibibytes << 30).ok());
  EXPECT_TRUE(offer.resources.add("gpu", kMilli).ok());
  offer.gpu_model = model;
  return offer;
}

// What the index is there for: many different filters, few of which can match.
TEST(FilterIndex, TenThousandFiltersDoNotCostTenThousandEvaluations) {
  FilterIndex index;
  std::map<Key, Filter> filters;
  for (Key key = 0; key < 10'000; ++key) {
    const auto model = std::to_string(key % 100);
    const auto memory = std::to_string(1 + key / 100) + "Gi";
    filters[key] = filter("(&(gpu.model=M" + model + ")(memory>=" + memory + "))");
    index.add(key, filters[key]);
  }
  const Offer offer = offer_of("M42", 8);
  const OfferAttributes source(offer);
  EXPECT_EQ(index.match(source), by_force(filters, source));
  EXPECT_EQ(index.match(source).size(), 8U);
  EXPECT_LE(index.evaluations(), 2 * 32U);  // of two matches
}

TEST(FilterIndex, OneModelAndManyThresholds) {
  for (const bool threshold_first : {false, true}) {
    FilterIndex index;
    std::map<Key, Filter> filters;
    for (Key key = 0; key < 10'000; ++key) {
      const auto memory = "(memory>=" + std::to_string(key + 1) + "Mi)";
      const std::string model = "(gpu.model=T4)(arch=x86_64)";
      filters[key] = filter("(&" + (threshold_first ? memory + model : model + memory) + ")");
      index.add(key, filters[key]);
    }
    Offer offer = offer_of("T4", 1);
    offer.attributes.push_back(make_attribute("arch", "x86_64", AttributeType::kString).value());
    const OfferAttributes source(offer);
    EXPECT_EQ(index.match(source), by_force(filters, source));
    EXPECT_LE(index.evaluations(), 1'024U + 64U);
  }
}

TEST(FilterIndex, FiltersOfAnotherModelCostNothing) {
  FilterIndex index;
  for (Key key = 0; key < 10'000; ++key) {
    index.add(key,
              filter("(|(&(gpu.model=A" + std::to_string(key) + ")(cpu>=4))(gpu.model=B" + std::to_string(key) + "))"));
  }
  const Offer offer = offer_of("T4", 64);
  EXPECT_TRUE(index.match(OfferAttributes(offer)).empty());
  EXPECT_EQ(index.evaluations(), 0U);
}

TEST(OfferAttributes, EachSaysWhatLookupFinds) {
  Offer offer = offer_of("Tesla T4", 16);
  offer.attributes.push_back(make_attribute("arch", "x86_64", AttributeType::kString).value());
  offer.attributes.push_back(make_attribute("arch", "amd64", AttributeType::kString).value());
  offer.attributes.push_back(make_attribute("ecc", "true", AttributeType::kBoolean).value());
  offer.services = {{"BLAST", "2.14", ""}, {"blast", "2.9", ""}, {"plain", "", ""}};
  const OfferAttributes source(offer);
  std::map<std::string, std::vector<AttributeValue>> said;
  source.each(
      [&said](std::string_view name, const AttributeValue& value) { said[std::string(name)].push_back(value); });
  for (const auto& [name, values] : said) {
    EXPECT_EQ(values, lookup(offer, name)) << name;
    EXPECT_EQ(values, source.values(name)) << name;
  }
  std::vector<std::string> names;
  for (const auto& [name, values] : said) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"arch", "ecc", "gpu", "gpu.model", "memory", "service", "service.blast"}));
}

// Texts that several types can be read from, and read differently.
const std::vector<std::string> kTexts = {"1",     "1.0", "1.0.0", "01",  "2", "2Ki", "2048", "true", "TRUE",
                                         "false", "x",   "X",     "x y", "",  "-0",  "0",    "1.x",  "1-rc1"};

std::string any_comparison() {
  const std::string name(1, "abcd"[*rc::gen::inRange(0, 4)]);
  const std::string text = *rc::gen::elementOf(kTexts);
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      return "(" + name + "=*)";
    case 1:
      return "(" + name + "~=" + text + ")";
    case 2:
      return "(" + name + "=" + text + "*)";
    case 3:
      return "(" + name + ">=" + text + ")";
    case 4:
      return "(" + name + "<=" + text + ")";
    default:
      return "(" + name + "=" + text + ")";
  }
}

std::string any_filter(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 5);
  if (kind < 2) return any_comparison();
  if (kind == 2) return "(!" + any_filter(depth - 1) + ")";
  std::string text = kind == 3 ? "(&" : "(|";
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) text += any_filter(depth - 1);
  return text + ")";
}

AttributeValue any_value() {
  const std::string text = *rc::gen::elementOf(kTexts);
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return *rc::gen::element(0.0, -0.0, 1.0, 2.0, 2048.0, std::numeric_limits<double>::quiet_NaN());
    case 1:
      return Version{text};
    case 2:
      return *rc::gen::arbitrary<bool>();
    default:
      return text;
  }
}

Things any_things() {
  Things things;
  for (int i = *rc::gen::inRange(0, 7); i > 0; --i) {
    things.say(std::string(1, "abcd"[*rc::gen::inRange(0, 4)]), any_value());
  }
  return things;
}

RC_GTEST_PROP(FilterIndexProperty, FindsWhatBruteForceFinds, ()) {
  FilterIndex index;
  std::map<Key, Filter> filters;
  Key next = 0;
  const int steps = *rc::gen::inRange(1, 120);
  for (int step = 0; step < steps; ++step) {
    const int what = *rc::gen::inRange(0, 8);
    if (what == 0) {
      const Things things = any_things();
      RC_ASSERT(index.match(things) == by_force(filters, things));
    } else if (what == 1 && !filters.empty()) {
      const auto at =
          std::next(filters.begin(), *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(filters.size())));
      index.remove(at->first);
      filters.erase(at);
    } else {
      filters[next] = *rc::gen::inRange(0, 20) == 0 ? Filter() : Filter::parse(any_filter(3)).value();
      index.add(next, filters[next]);
      ++next;
    }
    RC_ASSERT(index.size() == filters.size());
  }
  for (int i = 0; i < 5; ++i) {
    const Things things = any_things();
    RC_ASSERT(index.match(things) == by_force(filters, things));
  }
  while (!filters.empty()) {
    index.remove(filters.begin()->first);
    filters.erase(filters.begin());
  }
  RC_ASSERT(index.match(any_things()).empty());
}

// Few names and few values: shelves fill, and what is filed further is found and taken off again.
RC_GTEST_PROP(FilterIndexProperty, CrowdedShelves, ()) {
  FilterIndex index;
  std::map<Key, Filter> filters;
  for (Key key = 0; key < 150; ++key) {
    const auto one = std::to_string(*rc::gen::inRange(0, 2));
    const auto two = std::to_string(*rc::gen::inRange(0, 3));
    const auto three = std::to_string(*rc::gen::inRange(0, 40));
    const auto text = *rc::gen::element<std::string>(
        "(&(a=" + one + ")(b=" + two + ")(c>=" + three + "))", "(&(a=" + one + ")(c<=" + three + "))",
        "(|(&(a=" + one + ")(c>=" + three + "))(&(a=" + one + ".0)(b=" + two + ")))");
    filters[key] = Filter::parse(text).value();
    index.add(key, filters[key]);
  }
  const auto check = [&] {
    Things things;
    things.say("a", static_cast<double>(*rc::gen::inRange(0, 2)));
    things.say("a", Version{"1.0"});
    things.say("b", std::to_string(*rc::gen::inRange(0, 3)));
    things.say("c", static_cast<double>(*rc::gen::inRange(0, 40)));
    RC_ASSERT(index.match(things) == by_force(filters, things));
  };
  check();
  for (Key key = 0; key < 150; ++key) {
    if (*rc::gen::inRange(0, 3) != 0) {
      index.remove(key);
      filters.erase(key);
    }
  }
  check();
}

}  // namespace
}  // namespace bourse::domain
