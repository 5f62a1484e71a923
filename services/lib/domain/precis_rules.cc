#include "domain/precis_rules.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>

namespace bourse::domain {
namespace {

constexpr std::uint8_t kVirama = 9;  // the combining class

UScriptCode script_of(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status);
}

auto joining_type(char32_t c) {
  return static_cast<UJoiningType>(u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_JOINING_TYPE));
}

bool follows_virama(std::u32string_view text, std::size_t at) {
  return at > 0 && u_getCombiningClass(static_cast<UChar32>(text[at - 1])) == kVirama;
}

// A.1: (Joining_Type:{L,D})(Joining_Type:T)* U+200C (Joining_Type:T)*(Joining_Type:{R,D}).
bool breaks_a_connection(std::u32string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && joining_type(text[before - 1]) == U_JT_TRANSPARENT) --before;
  if (before == 0) return false;
  const auto left = joining_type(text[before - 1]);
  if (left != U_JT_LEFT_JOINING && left != U_JT_DUAL_JOINING) return false;
  std::size_t after = at + 1;
  while (after < text.size() && joining_type(text[after]) == U_JT_TRANSPARENT) ++after;
  if (after == text.size()) return false;
  const auto right = joining_type(text[after]);
  return right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING;
}

bool has_any(std::u32string_view text, char32_t first, char32_t last) {
  return std::any_of(text.begin(), text.end(), [=](char32_t c) { return c >= first && c <= last; });
}

bool has_japanese(std::u32string_view text) {
  return std::any_of(text.begin(), text.end(), [](char32_t c) {
    const auto script = script_of(c);
    return script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA || script == USCRIPT_HAN;
  });
}

bool is_one_of(UCharDirection direction, std::initializer_list<UCharDirection> among) {
  return std::find(among.begin(), among.end(), direction) != among.end();
}

UCharDirection direction_of(char32_t c) { return u_charDirection(static_cast<UChar32>(c)); }

}  // namespace

bool is_allowed_in_context(std::u32string_view text, std::size_t at) {
  const bool has_next = at + 1 < text.size();
  switch (text[at]) {
    case 0x200C:  // zero width non-joiner
      return follows_virama(text, at) || breaks_a_connection(text, at);
    case 0x200D:  // zero width joiner
      return follows_virama(text, at);
    case 0x00B7:  // middle dot: between two l, as in Catalan
      return at > 0 && has_next && text[at - 1] == U'l' && text[at + 1] == U'l';
    case 0x0375:  // Greek lower numeral sign
      return has_next && script_of(text[at + 1]) == USCRIPT_GREEK;
    case 0x05F3:  // Hebrew geresh and gershayim
    case 0x05F4:
      return at > 0 && script_of(text[at - 1]) == USCRIPT_HEBREW;
    case 0x30FB:  // Katakana middle dot
      return has_japanese(text);
    default:
      break;
  }
  // Arabic digits look alike in their two sets.
  if (text[at] >= 0x0660 && text[at] <= 0x0669) return !has_any(text, 0x06F0, 0x06F9);
  if (text[at] >= 0x06F0 && text[at] <= 0x06F9) return !has_any(text, 0x0660, 0x0669);
  return false;
}

bool meets_bidi_rule(std::u32string_view text) {
  const bool applies = std::any_of(text.begin(), text.end(), [](char32_t c) {
    return is_one_of(direction_of(c), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER});
  });
  if (!applies) return true;
  // From right to left it is (§2, rules 1 to 4), or rule 5 refuses what makes the rule apply.
  if (!is_one_of(direction_of(text.front()), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC})) return false;
  const auto last =
      std::find_if(text.rbegin(), text.rend(), [](char32_t c) { return direction_of(c) != U_DIR_NON_SPACING_MARK; });
  if (last == text.rend() ||
      !is_one_of(direction_of(*last), {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_EUROPEAN_NUMBER, U_ARABIC_NUMBER})) {
    return false;
  }
  bool european = false;
  bool arabic = false;
  for (const char32_t c : text) {
    const auto direction = direction_of(c);
    if (direction == U_LEFT_TO_RIGHT ||
        !is_one_of(direction, {U_RIGHT_TO_LEFT, U_RIGHT_TO_LEFT_ARABIC, U_ARABIC_NUMBER, U_EUROPEAN_NUMBER,
                               U_EUROPEAN_NUMBER_SEPARATOR, U_COMMON_NUMBER_SEPARATOR, U_EUROPEAN_NUMBER_TERMINATOR,
                               U_OTHER_NEUTRAL, U_BOUNDARY_NEUTRAL, U_DIR_NON_SPACING_MARK})) {
      return false;
    }
    european = european || direction == U_EUROPEAN_NUMBER;
    arabic = arabic || direction == U_ARABIC_NUMBER;
  }
  return !(european && arabic);
}

}  // namespace bourse::domain
