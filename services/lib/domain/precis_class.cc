#include "domain/precis_class.h"

#include <unicode/uchar.h>

#include <optional>

#include "domain/unicode_text.h"

namespace bourse::domain {
namespace {

using enum PrecisProperty;

// RFC 5892 §2.6, which RFC 8264 §9.6 takes over.
std::optional<PrecisProperty> exception(char32_t c) {
  if (c >= 0x0660 && c <= 0x0669) return kContextual;
  if (c >= 0x06F0 && c <= 0x06F9) return kContextual;
  if (c >= 0x3031 && c <= 0x3035) return kDisallowed;
  switch (c) {
    case 0x00DF:
    case 0x03C2:
    case 0x06FD:
    case 0x06FE:
    case 0x0F0B:
    case 0x3007:
      return kValid;
    case 0x00B7:
    case 0x0375:
    case 0x05F3:
    case 0x05F4:
    case 0x30FB:
      return kContextual;
    case 0x0640:
    case 0x07FA:
    case 0x302E:
    case 0x302F:
    case 0x303B:
      return kDisallowed;
    default:
      return std::nullopt;
  }
}

bool is_conjoining_jamo(UChar32 c) {
  const auto type = static_cast<UHangulSyllableType>(u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE));
  return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

PrecisProperty by_category(UChar32 c) {
  const auto category = U_GET_GC_MASK(c);
  constexpr auto kLetterDigits =
      U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK | U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  constexpr auto kOthers =
      U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK | U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;
  if ((category & kLetterDigits) != 0) return kValid;
  if ((category & kOthers) != 0) return kFreeformOnly;
  return kDisallowed;
}

}  // namespace

PrecisProperty precis_property(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  if (const auto listed = exception(code_point)) return *listed;
  const bool noncharacter = u_hasBinaryProperty(c, UCHAR_NONCHARACTER_CODE_POINT) != 0;
  if (u_charType(c) == U_UNASSIGNED && !noncharacter) return kUnassigned;
  if (c >= 0x21 && c <= 0x7E) return kValid;
  if (u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL) != 0) return kContextual;
  if (is_conjoining_jamo(c)) return kDisallowed;
  if (noncharacter || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0) return kDisallowed;
  if (u_charType(c) == U_CONTROL_CHAR) return kDisallowed;
  if (has_compatibility_form(c)) return kFreeformOnly;
  return by_category(c);
}

}  // namespace bourse::domain
