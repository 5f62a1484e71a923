#include "domain/utf8.h"

#include <algorithm>
#include <cstddef>

#include "domain/ascii.h"

namespace bourse::domain {
namespace {

struct Lead {
  std::size_t followers = 0;
  // The range of the first follower; RFC 3629 §4 narrows it to shut out long forms and surrogates.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  bool valid = true;
};

constexpr Lead lead(unsigned char byte) {
  if (byte < 0xC2) return {.valid = false};
  if (byte < 0xE0) return {.followers = 1};
  if (byte == 0xE0) return {.followers = 2, .low = 0xA0};
  if (byte == 0xED) return {.followers = 2, .high = 0x9F};
  if (byte < 0xF0) return {.followers = 2};
  if (byte == 0xF0) return {.followers = 3, .low = 0x90};
  if (byte < 0xF4) return {.followers = 3};
  if (byte == 0xF4) return {.followers = 3, .high = 0x8F};
  return {.valid = false};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      ++i;
      continue;
    }
    const Lead shape = lead(byte);
    if (!shape.valid || text.size() - i <= shape.followers) return false;
    const auto first = static_cast<unsigned char>(text[i + 1]);
    if (first < shape.low || first > shape.high) return false;
    for (std::size_t k = 2; k <= shape.followers; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += shape.followers + 1;
  }
  return true;
}

bool is_printable_utf8(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control) && is_utf8(text);
}

}  // namespace bourse::domain
