// Purpose: what a consumer needs, as it was published (the content of <request/>).
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter.h"
#include "domain/ids.h"
#include "domain/preference.h"
#include "domain/resources.h"

namespace bourse::domain {

// By what grants are kept apart: `provider`, `domain` (the provider's), or the name of an attribute, which an offer
// must then have. Lower case.
inline constexpr std::string_view kByProvider = "provider";
inline constexpr std::string_view kByDomain = "domain";

// No grant of this request where a live grant of that one is (of the same consumer; one that is not there keeps nothing
// away).
struct AntiAffinity {
  RequestId request;
  std::string by;
  friend bool operator==(const AntiAffinity&, const AntiAffinity&) = default;
};

struct Request {
  Resources resources;                // of each grant
  std::vector<std::string> services;  // names of software each grant is to be able to use: one seat of each
  Filter needs;                       // over the offer
  Preference prefers;                 // what is best of all that fits
  std::uint32_t count = 1;            // grants wanted
  std::uint32_t spares = 0;           // granted beyond count where there is room when the request is served
  std::uint32_t assurance = 0;        // thousandths: only as many spares as it takes until `count` of the grants stay
                                      // for the duration with that probability; 0: all of them
  bool gang = false;                  // all `count` at once, or none
  std::string spread;                 // no two grants of the request with the same of these; empty: anywhere
  std::vector<AntiAffinity> apart;
  std::int32_t priority = 0;                        // among the consumer's own requests; higher first
  base::Duration duration = std::chrono::hours(1);  // of each lease
  std::optional<base::Timestamp> start;             // leases begin then: reserved in advance
  std::optional<base::Timestamp> deadline;          // what is not granted by then is not wanted any more
  std::vector<std::string> extensions;              // child elements of foreign namespaces, verbatim XML
  friend bool operator==(const Request&, const Request&) = default;
};

inline constexpr std::uint32_t kMaxCount = 10'000;
inline constexpr std::uint32_t kMaxSpares = 1'000;
inline constexpr std::uint32_t kMostAssured = 100;       // grants of a request with an assurance
inline constexpr std::uint32_t kMostSparesAssured = 32;  // … and spares
inline constexpr std::size_t kMaxRequestServices = 16;
inline constexpr std::size_t kMaxApart = 16;
inline constexpr std::int32_t kMaxPriority = 100;  // and -100
inline constexpr base::Duration kMaxDuration = std::chrono::hours(24 * 365);
inline constexpr base::Duration kMaxAhead = std::chrono::hours(24 * 365);  // a start that is farther away is refused

// The rules across fields: at least one resource or service, gpu whole or less than one, count, spares, priority and
// duration in range, start not too far, deadline in the future. kInvalidPayload names the field.
[[nodiscard]] base::Status validate(const Request& request, base::Timestamp now);

// What each grant takes: the resources, and one unit of `service/NAME` for each service (domain/offer.h).
[[nodiscard]] Resources demand_of(const Request& request);

enum class RequestState { kWaiting, kGranted, kDone, kCancelled, kExpired };
[[nodiscard]] std::string_view name(RequestState state);
[[nodiscard]] std::optional<RequestState> request_state(std::string_view name);

}  // namespace bourse::domain
