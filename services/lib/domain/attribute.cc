#include "domain/attribute.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/ascii.h"
#include "domain/number.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxText = 1024;

bool is_attribute_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= kMaxName && lower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [lower](char c) { return lower(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

// The number of '.'-separated runs of digits; 0 when `text` is anything else.
std::size_t dotted_numbers(std::string_view text) {
  std::size_t runs = 0;
  bool in_run = false;
  for (const char c : text) {
    if (is_digit(c)) {
      runs += in_run ? 0 : 1;
      in_run = true;
    } else if (c == '.' && in_run) {
      in_run = false;
    } else {
      return 0;
    }
  }
  return in_run ? runs : 0;
}

}  // namespace

AttributeType infer_type(std::string_view text) {
  if (text == "true" || text == "false") return AttributeType::kBoolean;
  const std::string_view magnitude = text.starts_with('-') ? text.substr(1) : text;
  const std::size_t runs = dotted_numbers(magnitude);
  if ((runs == 1 || runs == 2) && parse_number(text)) return AttributeType::kNumber;
  if (runs >= 3 && magnitude.size() == text.size()) return AttributeType::kVersion;
  return AttributeType::kString;
}

base::Result<Attribute> make_attribute(std::string_view name, std::string_view text, AttributeType type) {
  if (!is_attribute_name(name)) {
    return {Errc::kInvalidPayload,
            fmt::format("'{}' is not an attribute name: a lower-case letter, then lower-case letters, digits, '.', '_' "
                        "or '-', at most {} bytes",
                        name.substr(0, kMaxName), kMaxName)};
  }
  if (text.empty()) return {Errc::kInvalidPayload, fmt::format("attribute '{}' has no value", name)};
  if (text.size() > kMaxText) {
    return {Errc::kInvalidPayload, fmt::format("the value of attribute '{}' is longer than {} bytes", name, kMaxText)};
  }
  if (!is_printable_utf8(text)) {
    return {Errc::kInvalidPayload,
            fmt::format("the value of attribute '{}' is not UTF-8 without control characters", name)};
  }
  const auto refuse = [&](std::string_view wanted) {
    return base::Error{Errc::kInvalidPayload, fmt::format("attribute '{}': '{}' is not {}", name, text, wanted)};
  };
  switch (type) {
    case AttributeType::kString:
      break;
    case AttributeType::kNumber:
      if (!parse_number(text)) return refuse("a finite decimal number");
      break;
    case AttributeType::kVersion:
      if (!is_version(text)) return refuse("a version: digits and letters, separated by dots or dashes");
      break;
    case AttributeType::kBoolean:
      if (!parse_boolean(text)) return refuse("true or false");
      break;
  }
  return Attribute{std::string(name), std::string(text), type};
}

AttributeValue Attribute::value() const {
  switch (type) {
    case AttributeType::kString:
      break;
    case AttributeType::kNumber:
      if (const auto number = parse_number(text)) return *number;
      break;
    case AttributeType::kVersion:
      return Version{text};
    case AttributeType::kBoolean:
      if (const auto boolean = parse_boolean(text)) return *boolean;
      break;
  }
  return text;
}

}  // namespace bourse::domain
