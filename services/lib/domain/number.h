// Purpose: text to the typed values that attributes and filter assertions compare by.
// Lifetime: free functions. Threads: no state.
#pragma once

#include <optional>
#include <string_view>

namespace bourse::domain {

// A finite decimal number, with a sign, an exponent or a Kubernetes suffix ("-1.5", "1e3", "16Gi"); the
// nearest double.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
// true or false, in any case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);
// At least one digit; letters, digits and ".-_+~:" only.
[[nodiscard]] bool is_version(std::string_view text);

}  // namespace bourse::domain
