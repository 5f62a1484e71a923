#include "domain/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "domain/ascii.h"
#include "domain/attribute.h"
#include "domain/contradiction.h"
#include "domain/naming_rules.h"
#include "domain/offer.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxRequestId = 128;

base::Status refuse(std::string text) { return {Errc::kInvalidPayload, std::move(text)}; }

base::Status check_resources(const Request& request) {
  if (request.resources.empty() && request.services.empty()) {
    return refuse("the request names no resource and no service: add at least one, e.g. cpu");
  }
  if (auto status = check_resource_names(request.resources, "the request"); !status) return status;
  const std::int64_t gpu = request.resources.gpu_milli();
  if (gpu > kMilli && gpu % kMilli != 0) {
    return refuse(fmt::format("gpu '{}': ask for whole gpus, or for less than one", format_quantity(kGpu, gpu)));
  }
  if (gpu > kMaxDevices * kMilli) return refuse(fmt::format("gpu: at most {} of one offer", kMaxDevices));
  return base::Done{};
}

base::Status check_services(const Request& request) {
  const auto& services = request.services;
  if (services.size() > kMaxRequestServices) {
    return refuse(fmt::format("the request names more than {} services", kMaxRequestServices));
  }
  for (auto service = services.begin(); service != services.end(); ++service) {
    if (service->empty()) return refuse("a service has no name");
    if (auto status = check_service_text(*service, "name", *service); !status) return status;
    const bool again =
        std::any_of(services.begin(), service, [&](const auto& earlier) { return equal_folded(earlier, *service); });
    if (again) return refuse(fmt::format("service '{}' is there twice", service->substr(0, 64)));
  }
  return base::Done{};
}

// `by` as in <spread/> and <apart by=''/>.
base::Status check_kept_apart_by(std::string_view field, std::string_view by) {
  if (by == "jid" || by == "group") {
    return refuse(fmt::format("{} '{}': no offer has it; say provider, domain or an attribute of offers", field, by));
  }
  if (const auto name = make_attribute(by, "x", AttributeType::kString); !name) {
    return refuse(fmt::format("{}: {}", field, name.error().text));
  }
  return base::Done{};
}

base::Status check_apart(const Request& request) {
  if (!request.spread.empty()) {
    if (auto status = check_kept_apart_by("spread", request.spread); !status) return status;
  }
  const auto& apart = request.apart;
  if (apart.size() > kMaxApart) return refuse(fmt::format("apart: more than {} of them", kMaxApart));
  for (auto each = apart.begin(); each != apart.end(); ++each) {
    const std::string& other = each->request.value;
    if (other.empty() || other.size() > kMaxRequestId || !is_printable_utf8(other)) {
      return refuse(
          fmt::format("apart: the id of the other request must be UTF-8 without control characters, 1 to {} "
                      "bytes",
                      kMaxRequestId));
    }
    if (auto status = check_kept_apart_by("apart by", each->by); !status) return status;
    if (std::find(apart.begin(), each, *each) != each) {
      return refuse(fmt::format("apart: request '{}' by {} is there twice", other, each->by));
    }
  }
  return base::Done{};
}

base::Status check_amounts(const Request& request, base::Timestamp now) {
  if (request.count < 1 || request.count > kMaxCount) {
    return refuse(fmt::format("count must be from 1 to {}", kMaxCount));
  }
  if (request.spares > kMaxSpares) return refuse(fmt::format("spares must be from 0 to {}", kMaxSpares));
  if (request.assurance > 0 && (request.assurance >= 1000 || request.spares == 0)) {
    return refuse("an assurance is a probability above 0 and below 1 of a request with spares");
  }
  if (request.assurance > 0 && (request.count > kMostAssured || request.spares > kMostSparesAssured)) {
    return refuse(
        fmt::format("an assurance is for a count of up to {} and up to {} spares", kMostAssured, kMostSparesAssured));
  }
  if (request.priority < -kMaxPriority || request.priority > kMaxPriority) {
    return refuse(fmt::format("priority must be from -{} to {}", kMaxPriority, kMaxPriority));
  }
  if (request.duration <= base::Duration::zero()) return refuse("duration must be longer than nothing");
  if (request.duration > kMaxDuration) return refuse("duration is longer than 365 days");
  if (request.start && *request.start > now + kMaxAhead) return refuse("start is more than 365 days ahead");
  if (request.deadline && *request.deadline <= now) return refuse("deadline is in the past");
  return base::Done{};
}

}  // namespace

base::Status validate(const Request& request, base::Timestamp now) {
  if (auto status = check_resources(request); !status) return status;
  if (auto status = check_services(request); !status) return status;
  if (auto status = check_amounts(request, now); !status) return status;
  if (auto status = check_apart(request); !status) return status;
  if (const auto why = contradiction_in_needs(request.needs)) return refuse("needs: " + *why);
  if (!std::all_of(request.extensions.begin(), request.extensions.end(), is_utf8)) {
    return refuse("an extension element is not valid UTF-8");
  }
  return base::Done{};
}

Resources demand_of(const Request& request) {
  Resources demand = request.resources;
  for (const auto& service : request.services) {
    // Of one that an unchecked request names twice, one seat is enough.
    (void)demand.add(service_resource(service), kMilli);
  }
  return demand;
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
