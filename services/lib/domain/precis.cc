#include "domain/precis.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>

#include "domain/precis_class.h"
#include "domain/precis_rules.h"
#include "domain/unicode_text.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

base::Error invalid(std::string text) { return {Errc::kInvalidJid, std::move(text)}; }

base::Status check_input(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  if (text.size() > kMaxJidPart) return invalid("is longer than 1023 bytes");
  if (!is_utf8(text)) return invalid("is not valid UTF-8");
  return base::Done{};
}

// Full- and halfwidth forms are what they are forms of (RFC 8265 §3.3.2, rule 1).
icu::UnicodeString width_mapped(UChar32 c) {
  const auto type = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
  const bool wide = type == U_DT_WIDE || type == U_DT_NARROW;
  return wide ? decomposed(c) : icu::UnicodeString(c);
}

// One character at a time: the capital sigma becomes the same letter at the end of a word as within, as servers have
// it.
void append_lower_case(const icu::UnicodeString& text, icu::UnicodeString& to) {
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 c = text.char32At(at);
    const icu::UnicodeString lower = icu::UnicodeString(c).toLower(icu::Locale::getRoot());
    const auto points = to_code_points(lower);
    const bool known = is_known_to_stringprep(c) && std::all_of(points.begin(), points.end(), [](char32_t each) {
                         return is_known_to_stringprep(static_cast<UChar32>(each));
                       });
    if (known) {
      to.append(lower);
    } else {
      to.append(c);
    }
  }
}

base::Status check_characters(std::u32string_view text, bool is_name) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto name = [&] { return code_point_name(static_cast<UChar32>(text[at])); };
    switch (precis_property(text[at])) {
      case PrecisProperty::kValid:
        break;
      case PrecisProperty::kFreeformOnly:
        if (is_name) return invalid("has " + name() + ": of what is not ASCII it may have letters and digits only");
        break;
      case PrecisProperty::kContextual:
        if (!is_allowed_in_context(text, at)) return invalid("has " + name() + " where it may not stand");
        break;
      case PrecisProperty::kDisallowed:
        return invalid("has " + name() + ", which cannot be seen or told from others");
      case PrecisProperty::kUnassigned:
        return invalid("has " + name() + ", which the Unicode of this program does not know");
    }
  }
  return base::Done{};
}

base::Result<std::string> finished(const icu::UnicodeString& mapped, bool is_name) {
  const icu::UnicodeString text = composed(mapped);
  if (!is_composed(text)) return invalid("is not in Unicode's composed form (NFC)");
  const auto points = to_code_points(text);
  if (const auto good = check_characters(points, is_name); !good) return good.error();
  if (is_name && !meets_bidi_rule(points)) return invalid("mixes directions of writing");
  std::string bytes = to_utf8(text);
  if (bytes.size() > kMaxJidPart) return invalid("is longer than 1023 bytes");
  return bytes;
}

}  // namespace

base::Result<std::string> username_case_mapped(std::string_view text) {
  if (const auto good = check_input(text); !good) return good.error();
  icu::UnicodeString mapped;
  const auto given = to_icu(text);
  for (std::int32_t at = 0; at < given.length(); at = given.moveIndex32(at, 1)) {
    append_lower_case(width_mapped(given.char32At(at)), mapped);
  }
  return finished(mapped, true);
}

base::Result<std::string> opaque_string(std::string_view text) {
  if (const auto good = check_input(text); !good) return good.error();
  icu::UnicodeString mapped;
  const auto given = to_icu(text);
  for (std::int32_t at = 0; at < given.length(); at = given.moveIndex32(at, 1)) {
    const UChar32 c = given.char32At(at);
    mapped.append(u_charType(c) == U_SPACE_SEPARATOR ? UChar32{' '} : c);
  }
  return finished(mapped, false);
}

}  // namespace bourse::domain
