#include "domain/request.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "domain/offer.h"

namespace bourse::domain {
namespace {

const base::Timestamp kNow{std::chrono::seconds(1'790'000'000)};

Request sample() {
  Request request;
  EXPECT_TRUE(request.resources.add("cpu", 4000).ok());
  return request;
}

void set_gpu(Request& request, std::int64_t milli) { ASSERT_TRUE(request.resources.add("gpu", milli).ok()); }

TEST(ValidateRequest, Good) {
  EXPECT_TRUE(validate(sample(), kNow).ok());
  for (const std::int64_t milli : {1, 500, 999, 1000, 2000, 1'024'000}) {
    Request request = sample();
    set_gpu(request, milli);
    EXPECT_TRUE(validate(request, kNow).ok()) << milli;
  }
  Request limits = sample();
  limits.count = kMaxCount;
  limits.duration = kMaxDuration;
  limits.deadline = kNow + base::Duration(1);
  limits.start = kNow + kMaxAhead;
  limits.spares = kMaxSpares;
  limits.priority = -kMaxPriority;
  limits.gang = true;
  limits.spread = "domain";
  limits.apart = {{{"r1"}, "provider"}, {{"r1"}, "rack"}, {{"r2"}, "rack"}};
  EXPECT_TRUE(validate(limits, kNow).ok());
}

TEST(ValidateRequest, GoodWithoutResources) {
  Request request;
  request.services = {"blast", "c++"};
  request.start = kNow - base::Duration(1);  // is now
  request.needs = Filter::parse("(|(&(cpu>=8)(cpu<=4))(&(flag=avx)(flag=avx2)))").value();
  EXPECT_TRUE(validate(request, kNow).ok()) << validate(request, kNow).error().text;
}

struct Case {
  std::string name;
  std::function<void(Request&)> change;
  std::string says;
};

TEST(ValidateRequest, Bad) {
  const std::vector<Case> cases = {
      {"no resource", [](Request& r) { r.resources = {}; }, "no resource"},
      {"one and a half gpus", [](Request& r) { set_gpu(r, 1500); }, "gpu '1500m'"},
      {"too many gpus", [](Request& r) { set_gpu(r, 1'025'000); }, "at most 1024"},
      {"count 0", [](Request& r) { r.count = 0; }, "count"},
      {"count too large", [](Request& r) { r.count = kMaxCount + 1; }, "count"},
      {"no duration", [](Request& r) { r.duration = base::Duration(0); }, "duration"},
      {"negative duration", [](Request& r) { r.duration = base::Duration(-1); }, "duration"},
      {"duration too long", [](Request& r) { r.duration = kMaxDuration + base::Duration(1); }, "365 days"},
      {"deadline now", [](Request& r) { r.deadline = kNow; }, "deadline"},
      {"bad extension", [](Request& r) { r.extensions = {"<x>\xFF</x>"}; }, "extension"},
      {"too many resources",
       [](Request& r) {
         for (int i = 0; i < 32; ++i) ASSERT_TRUE(r.resources.add("r" + std::to_string(i), 1).ok());
       },
       "more than 32"},
      {"count in the millions", [](Request& r) { r.count = 3'000'000; }, "count"},
      {"spares in the millions", [](Request& r) { r.spares = 3'000'000; }, "spares"},
      {"priority too high", [](Request& r) { r.priority = 101; }, "priority"},
      {"priority too low", [](Request& r) { r.priority = -101; }, "priority"},
      {"duration of centuries", [](Request& r) { r.duration = std::chrono::hours(24 * 36'500); }, "duration"},
      {"start in centuries", [](Request& r) { r.start = kNow + kMaxAhead + base::Duration(1); }, "start"},
      {"a service without a name", [](Request& r) { r.services = {""}; }, "service has no name"},
      {"a service of bad bytes", [](Request& r) { r.services = {"\xFF"}; }, "service '?'"},
      {"a service twice",
       [](Request& r) {
         r.services = {"blast", "Blast"};
       },
       "service 'Blast'"},
      {"too many services",
       [](Request& r) {
         for (int i = 0; i < 17; ++i) r.services.push_back("s" + std::to_string(i));
       },
       "more than 16 services"},
      {"a resource that is a service", [](Request& r) { (void)r.resources.add("service/x", 1); }, "'service/x'"},
      {"cpu in upper case", [](Request& r) { (void)r.resources.add("Cpu", 1); }, "'Cpu'"},
      {"spread by nothing offers have", [](Request& r) { r.spread = "jid"; }, "spread 'jid'"},
      {"spread by no name", [](Request& r) { r.spread = "two racks"; }, "spread"},
      {"apart of nothing",
       [](Request& r) {
         r.apart = {{{""}, "rack"}};
       },
       "apart"},
      {"apart by nothing",
       [](Request& r) {
         r.apart = {{{"r1"}, ""}};
       },
       "apart by"},
      {"apart by group",
       [](Request& r) {
         r.apart = {{{"r1"}, "group"}};
       },
       "apart by 'group'"},
      {"apart twice",
       [](Request& r) {
         r.apart = {{{"r1"}, "rack"}, {{"r1"}, "rack"}};
       },
       "apart: request 'r1'"},
      {"too many apart",
       [](Request& r) {
         for (int i = 0; i < 17; ++i) r.apart.push_back({{"r" + std::to_string(i)}, "rack"});
       },
       "apart: more than 16"},
      {"needs what cannot be", [](Request& r) { r.needs = Filter::parse("(&(cpu>=8)(cpu<=4))").value(); },
       "needs: (cpu>=8) and (cpu<=4) exclude each other"},
  };
  for (const auto& test : cases) {
    Request request = sample();
    test.change(request);
    const auto status = validate(request, kNow);
    ASSERT_FALSE(status.ok()) << test.name;
    EXPECT_EQ(status.error().code, base::Errc::kInvalidPayload) << test.name;
    EXPECT_NE(status.error().text.find(test.says), std::string::npos) << test.name << ": " << status.error().text;
  }
}

TEST(RequestState, NamesReadBack) {
  for (const auto state : {RequestState::kWaiting, RequestState::kGranted, RequestState::kDone,
                           RequestState::kCancelled, RequestState::kExpired}) {
    EXPECT_EQ(request_state(name(state)), state);
  }
  EXPECT_EQ(name(RequestState::kWaiting), "waiting");
  EXPECT_EQ(request_state("canceled"), std::nullopt);
}

TEST(DemandOf, TakesASeatOfEachService) {
  Request request = sample();
  EXPECT_EQ(demand_of(request), request.resources);
  request.services = {"Blast", "c++"};
  const Resources demand = demand_of(request);
  EXPECT_EQ(demand.amount("cpu"), 4000);
  EXPECT_EQ(demand.amount("service/blast"), 1000);
  EXPECT_EQ(demand.amount(service_resource("c++")), 1000);
  EXPECT_EQ(demand.entries().size(), 3U);
}

}  // namespace
}  // namespace bourse::domain
