// Purpose: amounts, times and values as people read them in explanations.
// Threads: free functions.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/attribute.h"

namespace bourse::matching {

[[nodiscard]] std::string quantity_text(const std::string& resource, std::int64_t amount);
[[nodiscard]] std::string duration_text(
    base::Duration duration);                             // "4h", "1h30m", "45s"; for ever where it is that long
[[nodiscard]] std::string time_text(base::Timestamp at);  // "2026-11-23 18:00 UTC", never before `at`
// At most three of them: "x86_64, arm64 and 2 more".
[[nodiscard]] std::string texts_of(const std::vector<domain::AttributeValue>& values);

}  // namespace bourse::matching
