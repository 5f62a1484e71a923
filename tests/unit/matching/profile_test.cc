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
      {"start", [](auto& o) { o.starts = base::Timestamp(1h); }, true},
      {"foreign elements", [](auto& o) { o.extensions.push_back("<x xmlns='y'/>"); }, false},
      {"seats", [](auto& o) { o.services[0].seats = 3; }, false},
      {"schedule", [](auto& o) { o.schedule.text = "Mon"; }, false},
      {"drain", [](auto& o) { o.terms.drain = true; }, false},
      {"grace", [](auto& o) { o.terms.grace = 1h; }, false},
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

class ProfileTableTest : public ::testing::Test {
 protected:
  ProfileId acquire(const domain::Offer& offer) { return table_.acquire(offer, domain::capacity_of(offer)); }

  Openings openings_;
  ProfileTable table_{openings_};
};

TEST_F(ProfileTableTest, EqualOnesAreOneAndGoWithTheirLastUse) {
  const ProfileId first = acquire(machine());
  EXPECT_EQ(acquire(machine()), first);
  const ProfileId other = acquire(testing::offer({{"cpu", "1"}}));
  EXPECT_NE(other, first);
  EXPECT_EQ(table_.size(), 2U);

  table_.release(first);
  EXPECT_EQ(table_.size(), 2U);
  table_.release(first);
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_FALSE(table_.exists(first));
  EXPECT_FALSE(table_.names().find("gpu").has_value());
  EXPECT_TRUE(table_.names().find("cpu").has_value());
}

TEST_F(ProfileTableTest, ANumberUsedAgainIsBornAgain) {
  const ProfileId first = acquire(machine());
  table_.release(first);
  const std::uint64_t births = table_.births();
  EXPECT_EQ(acquire(testing::offer({{"cpu", "1"}})), first);
  ASSERT_EQ(table_.births(), births + 1);
  EXPECT_EQ(table_.born(births), first);
}

TEST_F(ProfileTableTest, OldBirthsAreForgotten) {
  for (int i = 0; table_.first_birth() == 0; ++i) {
    ASSERT_LT(i, 100'000);
    table_.release(acquire(testing::with(testing::offer({{"cpu", "1"}}), "host", "h" + std::to_string(i))));
  }
  EXPECT_LT(table_.first_birth(), table_.births());
}

TEST_F(ProfileTableTest, LanesForTheFirstOtherResources) {
  acquire(testing::offer({{"cpu", "1"}, {"a", "1"}, {"b", "1"}, {"c", "1"}}));
  const auto lane = [&](const char* name) { return table_.lane_of(*table_.names().find(name)); };
  EXPECT_EQ(lane("cpu"), 0U);
  EXPECT_NE(lane("a"), kNoLane);
  EXPECT_NE(lane("b"), kNoLane);
  EXPECT_NE(lane("a"), lane("b"));
  EXPECT_EQ(lane("c"), kNoLane);
}

}  // namespace
}  // namespace bourse::matching
