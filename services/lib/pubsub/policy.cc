#include "pubsub/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "domain/utf8.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

struct Range {
  char32_t first;
  char32_t last;
  const char* what;
};

// Ascending. Code points nobody can see, or that change how others look: two names must not look the same. The
// zero-width joiners (U+200C, U+200D) have uses in words, but not ones that a name needs.
constexpr std::array kRefused{
    Range{0x0000, 0x001F, "a control character"},
    Range{0x007F, 0x009F, "a control character"},
    Range{0x00AD, 0x00AD, "an invisible character"},
    Range{0x061C, 0x061C, "a control of writing direction"},
    Range{0x180E, 0x180E, "an invisible character"},
    Range{0x200B, 0x200D, "an invisible character"},
    Range{0x200E, 0x200F, "a control of writing direction"},
    Range{0x2028, 0x2029, "a line separator"},
    Range{0x202A, 0x202E, "a control of writing direction"},
    Range{0x2060, 0x2064, "an invisible character"},
    Range{0x2066, 0x2069, "a control of writing direction"},
    Range{0x206A, 0x206F, "an invisible character"},
    Range{0xFDD0, 0xFDEF, "a code point that is no character"},
    Range{0xFEFF, 0xFEFF, "an invisible character"},
    Range{0xFFF9, 0xFFFB, "an invisible character"},
    Range{0xE0000, 0xE007F, "an invisible character"},
};

const char* reason_to_refuse(char32_t point) {
  if ((point & 0xFFFEU) == 0xFFFEU) return "a code point that is no character";  // the last two of each plane
  const auto at = std::find_if(kRefused.begin(), kRefused.end(),
                               [point](const Range& range) { return point >= range.first && point <= range.last; });
  return at == kRefused.end() ? nullptr : at->what;
}

bool is_unicode_space(char32_t point) {
  return point == 0x20 || point == 0xA0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x202F ||
         point == 0x205F || point == 0x3000;
}

// Of text that is UTF-8.
char32_t take(std::string_view& text) {
  const auto byte = [&text](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t point = size == 1 ? lead : lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) point = (point << 6U) | (byte(i) & 0x3FU);
  text.remove_prefix(size);
  return point;
}

base::Status refuse(std::string text) { return {Errc::kNotAcceptable, std::move(text)}; }

}  // namespace

base::Status check_node_name(std::string_view name, const Policy& policy) {
  if (name.empty()) return refuse("the name of a node cannot be empty");
  if (name.size() > policy.max_node_name_bytes) {
    return refuse(fmt::format("the name of the node has {} bytes: this service takes at most {}", name.size(),
                              policy.max_node_name_bytes));
  }
  if (!domain::is_utf8(name)) return refuse("the name of the node is not valid UTF-8");
  bool first = true;
  char32_t point = 0;
  for (std::size_t position = 1; !name.empty(); ++position) {
    point = take(name);
    if (const char* const what = reason_to_refuse(point)) {
      return refuse(fmt::format("the name of the node has {} (U+{:04X}) as character {}: leave it out", what,
                                static_cast<std::uint32_t>(point), position));
    }
    if (first && is_unicode_space(point)) return refuse("the name of the node begins with white space: leave it out");
    first = false;
  }
  if (is_unicode_space(point)) return refuse("the name of the node ends with white space: leave it out");
  return base::Done{};
}

}  // namespace bourse::pubsub
