// Purpose: domains that people cannot tell apart by looking at them (UTS #39): gооgle.test with a Cyrillic о.
// Lifetime: free functions. Threads: any; ICU's tables are opened once.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bourse::domain {

// The first of `known` that `domain` looks like without being it; none when `domain` is itself among them. All are in
// the form of normal_domain() (domain_name.h), or with xn-- labels. It is a reason to ask a person, not to refuse:
// rn looks like m, and 1 like l, in names that mean no harm.
[[nodiscard]] std::optional<std::string> confusable_with(std::string_view domain, std::span<const std::string> known);

}  // namespace bourse::domain
