#include "domain/request.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

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
  EXPECT_TRUE(validate(limits, kNow).ok());
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

}  // namespace
}  // namespace bourse::domain
