#include "domain/request.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/offer.h"
#include "domain/utf8.h"

namespace bourse::domain {

using base::Errc;

base::Status validate(const Request& request, base::Timestamp now) {
  const auto refuse = [](std::string text) { return base::Status(Errc::kInvalidPayload, std::move(text)); };
  if (request.resources.empty()) return refuse("the request names no resource: add at least one, e.g. cpu");
  if (request.resources.entries().size() > kMaxResources) {
    return refuse(fmt::format("the request names more than {} resources", kMaxResources));
  }
  const std::int64_t gpu = request.resources.gpu_milli();
  if (gpu > kMilli && gpu % kMilli != 0) {
    return refuse(fmt::format("gpu '{}': ask for whole gpus, or for less than one", format_quantity(kGpu, gpu)));
  }
  if (gpu > kMaxDevices * kMilli) return refuse(fmt::format("gpu: at most {} of one offer", kMaxDevices));
  if (request.count < 1 || request.count > kMaxCount)
    return refuse(fmt::format("count must be from 1 to {}", kMaxCount));
  if (request.duration <= base::Duration::zero()) return refuse("duration must be longer than nothing");
  if (request.duration > kMaxDuration) return refuse("duration is longer than 365 days");
  if (request.deadline && *request.deadline <= now) return refuse("deadline is in the past");
  if (!std::all_of(request.extensions.begin(), request.extensions.end(), is_utf8)) {
    return refuse("an extension element is not valid UTF-8");
  }
  return base::Done{};
}

std::string_view name(RequestState state) {
  switch (state) {
    case RequestState::kWaiting:
      return "waiting";
    case RequestState::kGranted:
      return "granted";
    case RequestState::kDone:
      return "done";
    case RequestState::kCancelled:
      return "cancelled";
    case RequestState::kExpired:
      return "expired";
  }
  BOURSE_CHECK(false && "a RequestState outside the enumeration");
  return {};
}

std::optional<RequestState> request_state(std::string_view text) {
  for (const auto state : {RequestState::kWaiting, RequestState::kGranted, RequestState::kDone,
                           RequestState::kCancelled, RequestState::kExpired}) {
    if (name(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace bourse::domain
