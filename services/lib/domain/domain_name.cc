#include "domain/domain_name.h"

#include <arpa/inet.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>
#include <unicode/usprep.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "base/check.h"
#include "domain/ascii.h"
#include "domain/precis.h"
#include "domain/precis_class.h"
#include "domain/unicode_text.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;
using base::Result;

base::Error invalid(std::string text) { return {Errc::kInvalidJid, std::move(text)}; }

const icu::IDNA& idna() {
  static const std::unique_ptr<const icu::IDNA> instance = [] {
    constexpr std::uint32_t kStrict = UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
                                      UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE;
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<const icu::IDNA> made(icu::IDNA::createUTS46Instance(kStrict, status));
    BOURSE_CHECK(U_SUCCESS(status));
    return made;
  }();
  return *instance;
}

// What a server by RFC 6122 makes of it; bogus when it refuses.
icu::UnicodeString nameprepped(const icu::UnicodeString& text) {
  static UStringPrepProfile* const profile = [] {  // lives as long as the process
    UErrorCode status = U_ZERO_ERROR;
    auto* made = usprep_openByType(USPREP_RFC3491_NAMEPREP, &status);
    BOURSE_CHECK(U_SUCCESS(status));
    return made;
  }();
  const std::int32_t most = 18 * std::max(text.length(), 1);  // NFKC makes at most 18 units of one
  icu::UnicodeString result;
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t length = usprep_prepare(profile, text.getBuffer(), text.length(), result.getBuffer(most), most,
                                             USPREP_ALLOW_UNASSIGNED, nullptr, &status);
  result.releaseBuffer(U_SUCCESS(status) ? length : 0);
  if (U_FAILURE(status)) result.setToBogus();
  return result;
}

// The characters that may be mapped: what NFKC_Casefold makes of them is what nameprep makes of them.
const icu::FilteredNormalizer2& shared_mapping() {
  static const icu::Normalizer2& casefold = []() -> const icu::Normalizer2& {
    UErrorCode status = U_ZERO_ERROR;
    const auto* instance = icu::Normalizer2::getNFKCCasefoldInstance(status);
    BOURSE_CHECK(U_SUCCESS(status));
    return *instance;
  }();
  static const icu::UnicodeSet set = [] {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeSet made(u"[[:age=3.2:]-[\\u00DF\\u03C2\\u200C\\u200D]]", status);
    const icu::UnicodeSet changing(u"[[:age=3.2:]&[:Changes_When_NFKC_Casefolded:]]", status);
    for (std::int32_t range = 0; range < changing.getRangeCount(); ++range) {
      for (UChar32 c = changing.getRangeStart(range); c <= changing.getRangeEnd(range); ++c) {
        const icu::UnicodeString one(c);
        if (nameprepped(one) != casefold.normalize(one, status)) made.remove(c);
      }
    }
    BOURSE_CHECK(U_SUCCESS(status));
    made.freeze();
    return made;
  }();
  static const icu::FilteredNormalizer2 mapping(casefold, set);
  return mapping;
}

icu::UnicodeString mapped(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result;
  shared_mapping().normalize(text, result, status);
  BOURSE_CHECK(U_SUCCESS(status));
  return result;
}

bool is_ascii(const icu::UnicodeString& text) {
  const auto* const units = text.getBuffer();
  return std::all_of(units, units + text.length(), [](char16_t unit) { return unit < 0x80; });
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

using Step = icu::UnicodeString& (icu::IDNA::*)(const icu::UnicodeString&, icu::UnicodeString&, icu::IDNAInfo&,
                                                UErrorCode&) const;

// Bogus when the rules of IDNA refuse it.
icu::UnicodeString processed(Step step, const icu::UnicodeString& text) {
  icu::UnicodeString result;
  icu::IDNAInfo info;
  UErrorCode status = U_ZERO_ERROR;
  (idna().*step)(text, result, info, status);
  if (U_FAILURE(status) || info.hasErrors()) result.setToBogus();
  return result;
}

base::Status check_ascii_label(std::string_view label) {
  const bool plain = std::all_of(label.begin(), label.end(),
                                 [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
  if (plain) return base::Done{};
  return invalid("has a character that no domain has: letters, digits, '-' and '.' make a name, [ ] an IPv6 address");
}

base::Status check_unicode_label(const icu::UnicodeString& label) {
  for (const char32_t c : to_code_points(label)) {
    if (c < 0x80 && (is_alpha(static_cast<char>(c)) || is_digit(static_cast<char>(c)) || c == '-')) continue;
    const auto property = precis_property(c);
    const bool good = c >= 0x80 && (property == PrecisProperty::kValid || property == PrecisProperty::kContextual);
    if (!good) return invalid("has " + code_point_name(static_cast<UChar32>(c)) + ", which no domain has");
  }
  return base::Done{};
}

// `label` has been mapped. IDNA may change nothing more: then servers by RFC 6122 and by RFC 7622 mean the same by it.
Result<icu::UnicodeString> normal_label(const icu::UnicodeString& label) {
  if (label.isEmpty()) return invalid("has an empty label between dots");
  const std::string bytes = to_utf8(label);
  const bool ascii = is_ascii(label);
  if (ascii) {
    if (const auto good = check_ascii_label(bytes); !good) return good.error();
    if (!bytes.starts_with("xn--")) return label;
  }
  const auto unicode = processed(&icu::IDNA::labelToUnicode, label);
  const auto ace = unicode.isBogus() ? unicode : processed(&icu::IDNA::labelToASCII, unicode);
  const bool same = !ace.isBogus() && mapped(unicode) == unicode && (ascii ? ace : unicode) == label;
  if (!same) return invalid("has the label '" + bytes + "', which the rules of international domain names forbid");
  if (const auto good = check_unicode_label(unicode); !good) return good.error();
  return nameprepped(unicode) == unicode ? unicode : ace;
}

Result<icu::UnicodeString> normal_labels(const icu::UnicodeString& name) {
  icu::UnicodeString normal;
  for (std::int32_t at = 0; at <= name.length();) {
    std::int32_t end = name.indexOf(u'.', at);
    if (end < 0) end = name.length();
    const auto label = normal_label(name.tempSubStringBetween(at, end));
    if (!label) return label.error();
    if (at > 0) normal.append(u'.');
    normal.append(*label);
    at = end + 1;
  }
  return normal;
}

Result<std::string> address_literal(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789abcdefABCDEF:.", 1);
  in6_addr address{};
  if (end + 1 != text.size() || text[end] != ']' ||
      ::inet_pton(AF_INET6, std::string(text.substr(1, end - 1)).c_str(), &address) != 1) {
    return invalid("begins with '[', but is no IPv6 address such as [2001:db8::1]");
  }
  return fold(text);
}

}  // namespace

Result<std::string> normal_domain(std::string_view text) {
  if (text.empty()) return invalid("is empty");
  if (text.size() > kMaxJidPart) return invalid("is longer than 1023 bytes");
  if (!is_utf8(text)) return invalid("is not valid UTF-8");
  if (text.starts_with('[')) return address_literal(text);
  const auto normal = normal_labels(mapped(to_icu(text)));
  if (!normal) return normal.error();
  if (!is_ascii(*normal) && processed(&icu::IDNA::nameToASCII, *normal).isBogus()) {
    return invalid("is too long, or mixes directions of writing");
  }
  std::string bytes = to_utf8(*normal);
  if (bytes.size() > kMaxJidPart) return invalid("is longer than 1023 bytes");
  return bytes;
}

std::string ascii_domain(std::string_view normal) {
  if (is_ascii(normal)) return std::string(normal);
  const auto ascii = processed(&icu::IDNA::nameToASCII, to_icu(normal));
  return ascii.isBogus() ? std::string(normal) : to_utf8(ascii);
}

std::string unicode_domain(std::string_view normal) {
  const auto unicode = processed(&icu::IDNA::nameToUnicode, to_icu(normal));
  return unicode.isBogus() ? std::string(normal) : to_utf8(unicode);
}

}  // namespace bourse::domain
