// Purpose: which resources and services an offer or a request may name, and how: the rules the two share.
// Threads: free functions, no state.
#pragma once

#include <string_view>

#include "base/result.h"
#include "domain/resources.h"

namespace bourse::domain {

inline constexpr std::string_view kGpuModel = "gpu.model";
inline constexpr std::string_view kService = "service";
inline constexpr std::string_view kServicePrefix = "service.";          // attributes: versions
inline constexpr std::string_view kServiceResourcePrefix = "service/";  // resources: seats

// Resources every market knows; what they are called in filters is never an attribute of an offer's own.
[[nodiscard]] bool is_well_known_resource(std::string_view folded_name);

// kInvalidPayload: too many, one that is a seat of a service, names that differ in case only or from a well-known one.
// `whose`: "the offer".
[[nodiscard]] base::Status check_resource_names(const Resources& resources, std::string_view whose);

// kInvalidPayload: empty, too long, or with control characters. Of a service's version and uri too, which may be empty.
[[nodiscard]] base::Status check_service_text(std::string_view service, std::string_view field, std::string_view text);

}  // namespace bourse::domain
