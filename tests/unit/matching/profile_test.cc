#include "matching/profile.h"

#include <gtest/gtest.h>

#include <functional>

#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using namespace std::chrono_literals;

domain::Offer machine() {
  domain::Offer offer = testing::with(testing::offer({{"cpu", "4"}, {"gpu", "1"}}), "arch", "x86_64");
  offer.gpu_model = "T4";
  offer.services.push_back({"blast", "2.14", "https://blast.example/"});
  offer.terms.max_lease = 8h;
  offer.serves = testing::filter("(domain=*.edu)");
  return offer;
}

TEST(ProfileTest, WhatMakesAProfile) {
  struct Case {
    const char* name;
    std::function<void(domain::Offer&)> change;
    bool same;
  };
  const Case cases[] = {
      {"nothing", [](auto&) {}, true},
      {"amounts",
       [](auto& o) {
         o.resources = testing::resources({{"cpu", "64"}, {"gpu", "8"}});
       },
       true},
      {"expiry", [](auto& o) { o.expires = base::Timestamp(1h); }, true},
      {"foreign elements", [](auto& o) { o.extensions.push_back("<x xmlns='y'/>"); }, true},
      {"a resource more", [](auto& o) { EXPECT_TRUE(o.resources.add("memory", 1).ok()); }, false},
      {"gpu model", [](auto& o) { o.gpu_model = "V100"; }, false},
      {"attribute text", [](auto& o) { o.attributes[0].text = "aarch64"; }, false},
      {"attribute name", [](auto& o) { o.attributes[0].name = "arch2"; }, false},
      {"attribute type", [](auto& o) { o.attributes[0].type = domain::AttributeType::kVersion; }, false},
      {"no attribute", [](auto& o) { o.attributes.clear(); }, false},
      {"service version", [](auto& o) { o.services[0].version = "2.15"; }, false},
      {"text moved to the next field", [](auto& o) { o.services[0].name = "blast2", o.services[0].version = ".14"; },
       false},
      {"divisible", [](auto& o) { o.terms.divisible = false; }, false},
      {"min lease", [](auto& o) { o.terms.min_lease = 0s; }, false},
      {"max lease", [](auto& o) { o.terms.max_lease = 9h; }, false},
      {"serves", [](auto& o) { o.serves = testing::filter("(domain=*.org)"); }, false},
  };
  for (const Case& c : cases) {
    domain::Offer other = machine();
    c.change(other);
    EXPECT_EQ(profile_key(machine()) == profile_key(other), c.same) << c.name;
  }
}

TEST(ProfileTest, EqualOnesAreOneAndGoWithTheirLastUse) {
  ProfileTable table;
  const ProfileId first = table.acquire(machine());
  EXPECT_EQ(table.acquire(machine()), first);
  const ProfileId other = table.acquire(testing::offer({{"cpu", "1"}}));
  EXPECT_NE(other, first);
  EXPECT_EQ(table.size(), 2U);

  table.release(first);
  EXPECT_EQ(table.size(), 2U);
  table.release(first);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.all()[first], nullptr);
  EXPECT_FALSE(table.names().find("gpu").has_value());
  EXPECT_TRUE(table.names().find("cpu").has_value());
}

TEST(ProfileTest, ANumberRestsUntilForgotten) {
  ProfileTable table;
  const ProfileId first = table.acquire(machine());
  table.release(first);
  EXPECT_NE(table.acquire(testing::offer({{"cpu", "1"}})), first);
  table.forgotten();
  EXPECT_EQ(table.acquire(testing::offer({{"memory", "1"}})), first);
}

TEST(ProfileTest, WantsForgettingAfterManyHaveGone) {
  ProfileTable table;
  for (int i = 0; !table.wants_forgetting(); ++i) {
    ASSERT_LT(i, 10'000);
    table.release(table.acquire(testing::with(testing::offer({{"cpu", "1"}}), "host", "h" + std::to_string(i))));
  }
  table.forgotten();
  EXPECT_FALSE(table.wants_forgetting());
}

}  // namespace
}  // namespace bourse::matching
