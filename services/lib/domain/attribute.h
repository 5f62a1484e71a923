// Purpose: what an offer says about itself besides amounts: named, typed values.
// Lifetime: values. Threads: none.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace bourse::domain {

// A dotted version, compared part by part ("2.9" < "2.14"), missing parts as 0; a part that is not a
// number sorts before every number ("1.0-rc1" < "1.0").
struct Version {
  std::string text;
  friend bool operator==(const Version& a, const Version& b);
  friend std::weak_ordering operator<=>(const Version& a, const Version& b);
};

using AttributeValue = std::variant<std::string, double, Version, bool>;  // strings compare without case (ASCII)

enum class AttributeType { kString, kNumber, kVersion, kBoolean };

struct Attribute {
  std::string name;  // lower case; [a-z][a-z0-9._-]*, at most 64 bytes
  std::string text;  // as given; at most 1024 bytes
  AttributeType type = AttributeType::kString;
  friend bool operator==(const Attribute&, const Attribute&) = default;

  [[nodiscard]] AttributeValue value() const;
};

// The type of an attribute that names none: true|false → boolean, a decimal number → number, three or
// more dotted numbers → version, anything else → string.
[[nodiscard]] AttributeType infer_type(std::string_view text);
// kInvalidPayload: bad name, bad or missing text, text that is not of `type`, a finite number required.
[[nodiscard]] base::Result<Attribute> make_attribute(std::string_view name, std::string_view text, AttributeType type);

}  // namespace bourse::domain
