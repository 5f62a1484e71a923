#include "matching/scan_engine.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>

#include "unit/matching/market_builder.h"

namespace bourse::matching {
namespace {

using namespace std::chrono_literals;
using testing::filter;
using testing::jid;
using testing::offer;
using testing::Quantities;
using testing::request;
using Shares = std::vector<domain::DeviceShare>;
using Handles = std::vector<RequestHandle>;

domain::Offer indivisible(const Quantities& quantities) {
  domain::Offer result = offer(quantities);
  result.terms.divisible = false;
  return result;
}

TEST(ScanEngineTest, FindsTheBestOffer) {
  struct Case {
    const char* name;
    std::vector<domain::Offer> offers;
    domain::Request request;
    std::optional<OfferHandle> expected;
  };
  domain::Offer short_lease = offer({{"cpu", "4"}});
  short_lease.terms.max_lease = 30min;
  domain::Offer strangers = offer({{"cpu", "4"}});
  strangers.serves = filter("(domain=other.example)");
  const Case cases[] = {
      {"nothing there", {}, request({{"cpu", "1"}}), {}},
      {"exact", {offer({{"cpu", "4"}})}, request({{"cpu", "4"}}), 0},
      {"too small", {offer({{"cpu", "4"}})}, request({{"cpu", "4001m"}}), {}},
      {"a resource it has not", {offer({{"cpu", "4"}})}, request({{"cpu", "1"}, {"memory", "1Gi"}}), {}},
      {"a resource nobody has", {offer({{"cpu", "4"}})}, request({{"example.com/fpga", "1"}}), {}},
      {"the smallest that does", {offer({{"cpu", "8"}}), offer({{"cpu", "4"}})}, request({{"cpu", "2"}}), 1},
      {"equal ones by handle", {offer({{"cpu", "4"}}), offer({{"cpu", "4"}})}, request({{"cpu", "2"}}), 0},
      {"equal ones of two profiles by handle",
       {testing::with(offer({{"cpu", "4"}}), "a", "b"), offer({{"cpu", "4"}})},
       request({{"cpu", "2"}}),
       0},
      {"not a machine with a gpu for work without",
       {offer({{"cpu", "2"}, {"gpu", "1"}}), offer({{"cpu", "16"}})},
       request({{"cpu", "2"}}),
       1},
      {"memory tells apart",
       {offer({{"cpu", "4"}, {"memory", "64Gi"}}), offer({{"cpu", "4"}, {"memory", "16Gi"}})},
       request({{"cpu", "4"}, {"memory", "8Gi"}}),
       1},
      {"the lease is too long", {short_lease, offer({{"cpu", "64"}})}, request({{"cpu", "4"}}), 1},
      {"not for this consumer", {strangers, offer({{"cpu", "64"}})}, request({{"cpu", "4"}}), 1},
      {"needs an attribute",
       {offer({{"cpu", "4"}}), testing::with(offer({{"cpu", "8"}}), "arch", "x86_64")},
       request({{"cpu", "1"}}, "(arch=x86_64)"),
       1},
      {"needs an amount in all",
       {offer({{"cpu", "4"}}), offer({{"cpu", "8"}}), offer({{"cpu", "16"}})},
       request({{"cpu", "1"}}, "(cpu>=6)"),
       1},
      {"needs a provider",
       {offer({{"cpu", "4"}}), offer({{"cpu", "8"}})},
       request({{"cpu", "1"}}, "(provider=p1@providers.example)"),
       1},
      {"a part of a gpu", {offer({{"gpu", "2"}})}, request({{"gpu", "0.5"}}), 0},
      {"too many gpus", {offer({{"gpu", "2"}})}, request({{"gpu", "3"}}), {}},
      {"indivisible", {indivisible({{"cpu", "64"}}), offer({{"cpu", "128"}})}, request({{"cpu", "1"}}), 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ScanEngine engine;
    for (OfferHandle h = 0; h < c.offers.size(); ++h) {
      engine.put_offer(h, jid("p" + std::to_string(h) + "@providers.example"), c.offers[h]);
    }
    engine.put_request(0, 1, jid("bob@mit.edu"), c.request);
    const auto best = engine.best(0, {});
    EXPECT_EQ(best ? std::optional(best->offer) : std::nullopt, c.expected);
    if (best) {
      EXPECT_EQ(engine.wakes(best->offer), Handles{0});
    }
  }
}

TEST(ScanEngineTest, WhatAGrantTakes) {
  struct Case {
    const char* name;
    domain::Offer offer;
    domain::Request request;
    domain::Resources resources;
    Shares devices;
  };
  const Case cases[] = {
      {"what was asked for",
       offer({{"cpu", "4"}, {"memory", "8Gi"}}),
       request({{"cpu", "1"}}),
       testing::resources({{"cpu", "1"}}),
       {}},
      {"all of an indivisible one",
       indivisible({{"cpu", "4"}, {"gpu", "2"}}),
       request({{"cpu", "1"}}),
       testing::resources({{"cpu", "4"}, {"gpu", "2"}}),
       {{0, 1000}, {1, 1000}}},
      {"whole devices",
       offer({{"gpu", "3"}}),
       request({{"gpu", "2"}}),
       testing::resources({{"gpu", "2"}}),
       {{0, 1000}, {1, 1000}}},
      {"a part of one device",
       offer({{"gpu", "3"}}),
       request({{"gpu", "250m"}}),
       testing::resources({{"gpu", "250m"}}),
       {{0, 250}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    ScanEngine engine;
    engine.put_offer(7, jid("ann@uni.example"), c.offer);
    engine.put_request(3, 1, jid("bob@mit.edu"), c.request);
    const auto best = engine.best(3, {});
    ASSERT_TRUE(best.has_value());
    EXPECT_EQ(best->offer, 7U);
    EXPECT_EQ(best->resources, c.resources);
    EXPECT_EQ(best->devices, c.devices);
    EXPECT_TRUE(engine.take(7, best->resources, best->devices));
  }
}

class ScanEngineWithOneOffer : public ::testing::Test {
 protected:
  void publish(const domain::Offer& content) { engine.put_offer(0, jid("ann@uni.example"), content); }
  RequestHandle ask(const domain::Request& content, const char* consumer = "bob@mit.edu") {
    engine.put_request(next_, next_, jid(consumer), content);
    return next_++;
  }
  Placement taken(RequestHandle handle) {
    auto best = engine.best(handle, {});
    BOURSE_CHECK(best.has_value());
    BOURSE_CHECK(engine.take(best->offer, best->resources, best->devices));
    return std::move(*best);
  }

  ScanEngine engine;

 private:
  RequestHandle next_ = 0;
};

TEST_F(ScanEngineWithOneOffer, IsUsedUpAndComesBack) {
  publish(offer({{"cpu", "4"}, {"gpu", "1"}}));
  const auto one = ask(request({{"cpu", "2"}, {"gpu", "0.5"}}));
  const auto two = ask(request({{"cpu", "2"}, {"gpu", "0.6"}}));
  const Placement first = taken(one);
  EXPECT_FALSE(engine.best(two, {}).has_value());
  EXPECT_EQ(engine.wakes(0), Handles{one});
  engine.give_back(0, first.resources, first.devices);
  EXPECT_TRUE(engine.best(two, {}).has_value());
  EXPECT_EQ(engine.wakes(0), (Handles{one, two}));
}

TEST_F(ScanEngineWithOneOffer, IndivisibleOnlyWhenNothingIsInUse) {
  publish(indivisible({{"cpu", "4"}, {"memory", "1Gi"}}));
  const auto handle = ask(request({{"cpu", "1"}}));
  const Placement placement = taken(handle);
  EXPECT_FALSE(engine.best(handle, {}).has_value());
  EXPECT_EQ(engine.wakes(0), Handles{});
  engine.give_back(0, placement.resources, placement.devices);
  EXPECT_TRUE(engine.best(handle, {}).has_value());

  // A share that an earlier, divisible version of the offer lent keeps it from being lent as a whole.
  ASSERT_TRUE(engine.take(0, testing::resources({{"memory", "1"}}), {}));
  EXPECT_FALSE(engine.best(handle, {}).has_value());
}

TEST_F(ScanEngineWithOneOffer, ReplacedHasNothingInUse) {
  publish(offer({{"cpu", "4"}}));
  const auto handle = ask(request({{"cpu", "4"}}));
  taken(handle);
  publish(offer({{"cpu", "4"}}));
  EXPECT_TRUE(engine.best(handle, {}).has_value());
  publish(offer({{"cpu", "3"}}));
  EXPECT_FALSE(engine.best(handle, {}).has_value());
  EXPECT_FALSE(engine.take(0, testing::resources({{"cpu", "4"}}), {}));
  EXPECT_FALSE(engine.take(0, testing::resources({{"memory", "4"}}), {}));
  engine.remove_offer(0);
  EXPECT_EQ(engine.profile_count(), 0U);
  EXPECT_FALSE(engine.best(handle, {}).has_value());
}

TEST_F(ScanEngineWithOneOffer, WakesTheOldestFirst) {
  publish(offer({{"cpu", "4"}}));
  const auto small = request({{"cpu", "1"}});
  engine.put_request(5, 30, jid("bob@mit.edu"), small);
  engine.put_request(6, 10, jid("eve@mit.edu"), request({{"cpu", "2"}}));
  engine.put_request(7, 20, jid("eve@mit.edu"), small);
  engine.put_request(8, 5, jid("eve@mit.edu"), request({{"cpu", "5"}}));
  EXPECT_EQ(engine.wakes(0), (Handles{6, 7, 5}));
  engine.remove_request(7);
  EXPECT_EQ(engine.wakes(0), (Handles{6, 5}));
  engine.put_request(5, 30, jid("bob@mit.edu"), request({{"cpu", "5"}}));
  EXPECT_EQ(engine.wakes(0), Handles{6});
}

TEST_F(ScanEngineWithOneOffer, PassesOverExcludedProviders) {
  publish(offer({{"cpu", "4"}}));
  engine.put_offer(1, jid("cat@uni.example"), offer({{"cpu", "8"}}));
  const auto handle = ask(request({{"cpu", "1"}}));
  EXPECT_EQ(engine.best(handle, {jid("ann@uni.example")})->offer, 1U);
  EXPECT_FALSE(engine.best(handle, {jid("ann@uni.example"), jid("cat@uni.example")}).has_value());
  EXPECT_EQ(engine.best(handle, {jid("nobody@uni.example")})->offer, 0U);
}

// A search that found nothing is remembered for requests alike; it must not outlive its reason, nor be
// remembered when only the one who asked was the reason.
TEST_F(ScanEngineWithOneOffer, AFailedSearchIsForgottenInTime) {
  domain::Offer friends = offer({{"cpu", "4"}});
  friends.serves = filter("(jid=eve@mit.edu)");
  publish(friends);
  const auto bob = ask(request({{"cpu", "1"}}), "bob@mit.edu");
  const auto eve = ask(request({{"cpu", "1"}}), "eve@mit.edu");
  EXPECT_FALSE(engine.best(bob, {}).has_value());
  EXPECT_TRUE(engine.best(eve, {}).has_value());
  EXPECT_FALSE(engine.best(eve, {jid("ann@uni.example")}).has_value());
  EXPECT_TRUE(engine.best(eve, {}).has_value());

  const auto big = ask(request({{"cpu", "5"}}));
  EXPECT_FALSE(engine.best(big, {}).has_value());
  EXPECT_FALSE(engine.best(big, {}).has_value());
  engine.put_offer(1, jid("ann@uni.example"), offer({{"cpu", "5"}}));
  EXPECT_TRUE(engine.best(big, {}).has_value());
}

// Notes of verdicts go by a profile's number, which is used again.
TEST_F(ScanEngineWithOneOffer, VerdictsDoNotOutliveTheirProfile) {
  const auto handle = ask(request({{"cpu", "1"}}, "(host=h7)"));
  for (int i = 0; i < 5000; ++i) {
    publish(testing::with(offer({{"cpu", "4"}}), "host", "h" + std::to_string(i % 11)));
    ASSERT_EQ(engine.best(handle, {}).has_value(), i % 11 == 7) << i;
    ASSERT_EQ(engine.wakes(0).size(), i % 11 == 7 ? 1U : 0U) << i;
  }
}

TEST(ScanEngineTest, AnOfferTakesFewBytes) {
  constexpr OfferHandle kOffers = 50'000;
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  domain::Offer content = offer({{"cpu", "16"}, {"gpu", "4"}, {"memory", "64Gi"}, {"storage", "1Ti"}});
  for (int i = 0; i < 12; ++i) content = testing::with(content, "attribute" + std::to_string(i), "the value of it");
  auto engine = std::make_unique<ScanEngine>();
  const std::size_t before = in_use();
  for (OfferHandle h = 0; h < kOffers; ++h) {
    engine->put_offer(h, jid("provider-" + std::to_string(h) + "@providers.example.org"), content);
  }
  const std::size_t each = (in_use() - before) / kOffers;
  EXPECT_LE(each, 300U);
  EXPECT_EQ(engine->profile_count(), 1U);
}

}  // namespace
}  // namespace bourse::matching
