#include "domain/confusable.h"

#include <unicode/uspoof.h>

#include "base/check.h"
#include "domain/domain_name.h"
#include "domain/unicode_text.h"

namespace bourse::domain {
namespace {

// Equal for what looks equal.
icu::UnicodeString skeleton(std::string_view domain) {
  static const USpoofChecker* const checker = [] {  // lives as long as the process
    UErrorCode status = U_ZERO_ERROR;
    auto* made = uspoof_open(&status);
    BOURSE_CHECK(U_SUCCESS(status));
    return made;
  }();
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result;
  uspoof_getSkeletonUnicodeString(checker, 0, to_icu(domain), result, &status);
  BOURSE_CHECK(U_SUCCESS(status));
  return result;
}

// As people see it, with what an xn-- label stands for; none: it is no domain.
std::optional<std::string> visible(std::string_view domain) {
  const auto normal = normal_domain(domain);
  if (!normal) return std::nullopt;
  return unicode_domain(*normal);
}

}  // namespace

std::optional<std::string> confusable_with(std::string_view domain, std::span<const std::string> known) {
  const auto own = visible(domain);
  if (!own) return std::nullopt;
  const auto own_skeleton = skeleton(*own);
  std::optional<std::string> found;
  for (const auto& each : known) {
    const auto other = visible(each);
    if (other == own) return std::nullopt;
    if (!found && other && skeleton(*other) == own_skeleton) found = each;
  }
  return found;
}

}  // namespace bourse::domain
