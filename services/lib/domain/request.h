// Purpose: what a consumer needs, as it was published (the content of <request/>).
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter.h"
#include "domain/resources.h"

namespace bourse::domain {

enum class Preference { kBestFit, kAvailability, kFastest };
enum class Spread { kNone, kProvider };  // kProvider: no two grants of the request from one provider

struct Request {
  Resources resources;  // of each grant
  Filter needs;         // over the offer
  Preference prefers = Preference::kBestFit;
  std::uint32_t count = 1;  // grants wanted
  Spread spread = Spread::kNone;
  base::Duration duration = std::chrono::hours(1);  // of each lease
  std::optional<base::Timestamp> deadline;          // what is not granted by then is not wanted any more
  std::vector<std::string> extensions;              // child elements of foreign namespaces, verbatim XML
  friend bool operator==(const Request&, const Request&) = default;
};

inline constexpr std::uint32_t kMaxCount = 10'000;
inline constexpr base::Duration kMaxDuration = std::chrono::hours(24 * 365);

// The rules across fields: at least one resource, gpu whole or less than one, count and duration in
// range, deadline in the future. kInvalidPayload names the field.
[[nodiscard]] base::Status validate(const Request& request, base::Timestamp now);

enum class RequestState { kWaiting, kGranted, kDone, kCancelled, kExpired };
[[nodiscard]] std::string_view name(RequestState state);
[[nodiscard]] std::optional<RequestState> request_state(std::string_view name);

}  // namespace bourse::domain
