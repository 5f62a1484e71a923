#include "domain/unicode_text.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>

#include <cstdint>

#include "base/check.h"

namespace bourse::domain {
namespace {

// ICU owns what it gives; without its tables nothing here could work.
const icu::Normalizer2& opened(const icu::Normalizer2* (*open)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* instance = open(status);
  BOURSE_CHECK(U_SUCCESS(status));
  return *instance;
}

const icu::Normalizer2& nfc() {
  static const icu::Normalizer2& instance = opened(icu::Normalizer2::getNFCInstance);
  return instance;
}

const icu::Normalizer2& nfkc() {
  static const icu::Normalizer2& instance = opened(icu::Normalizer2::getNFKCInstance);
  return instance;
}

const icu::UnicodeSet& stringprep_repertoire() {
  static const icu::UnicodeSet set = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet made(u"[:age=3.2:]", status);
    BOURSE_CHECK(U_SUCCESS(status));
    made.freeze();
    return made;
  }();
  return set;
}

}  // namespace

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

std::u32string to_code_points(const icu::UnicodeString& text) {
  std::u32string points;
  points.reserve(static_cast<std::size_t>(text.length()));
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    points.push_back(static_cast<char32_t>(text.char32At(at)));
  }
  return points;
}

bool is_known_to_stringprep(UChar32 c) { return stringprep_repertoire().contains(c); }

icu::UnicodeString composed(const icu::UnicodeString& text) {
  static const icu::FilteredNormalizer2 known(nfc(), stringprep_repertoire());
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result;
  known.normalize(text, result, status);
  BOURSE_CHECK(U_SUCCESS(status));
  return result;
}

bool is_composed(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const bool normal = nfc().isNormalized(text, status);
  BOURSE_CHECK(U_SUCCESS(status));
  return normal;
}

icu::UnicodeString decomposed(UChar32 c) {
  icu::UnicodeString form;
  return nfkc().getRawDecomposition(c, form) ? form : icu::UnicodeString(c);
}

bool has_compatibility_form(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const bool normal = nfkc().isNormalized(icu::UnicodeString(c), status);
  BOURSE_CHECK(U_SUCCESS(status));
  return !normal;
}

std::string code_point_name(UChar32 c) { return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c)); }

}  // namespace bourse::domain
