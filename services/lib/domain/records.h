// Purpose: domain values as protobuf bytes (proto/bourse/v1): what the database, the event log and the
//   audit log keep. Deterministic: equal values give equal bytes.
// Errors: decoding gives kCorrupt; the bytes come from our own store, so that is an operator's problem.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/availability.h"
#include "domain/grant.h"
#include "domain/offer.h"
#include "domain/request.h"

namespace bourse::domain {

[[nodiscard]] std::string encode(const Offer& offer);
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Grant& grant);
[[nodiscard]] std::string encode(const AvailabilityChange& change);

[[nodiscard]] base::Result<Offer> decode_offer(std::string_view bytes);
[[nodiscard]] base::Result<Request> decode_request(std::string_view bytes);
[[nodiscard]] base::Result<Grant> decode_grant(std::string_view bytes);
[[nodiscard]] base::Result<AvailabilityChange> decode_availability(std::string_view bytes);

}  // namespace bourse::domain
