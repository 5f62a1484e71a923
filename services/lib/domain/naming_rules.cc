#include "domain/naming_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "domain/ascii.h"
#include "domain/offer.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxServiceText = 1024;
constexpr std::array<std::string_view, 5> kWellKnown = {"cpu", "memory", "gpu", "storage", "ephemeral-storage"};
constexpr std::string_view kHugepages = "hugepages-";

}  // namespace

bool is_well_known_resource(std::string_view folded_name) {
  return std::find(kWellKnown.begin(), kWellKnown.end(), folded_name) != kWellKnown.end() ||
         folded_name.starts_with(kHugepages);
}

base::Status check_resource_names(const Resources& resources, std::string_view whose) {
  const auto refuse = [](std::string text) { return base::Status(Errc::kInvalidPayload, std::move(text)); };
  const auto& entries = resources.entries();
  if (entries.size() > kMaxResources) {
    return refuse(fmt::format("{} names more than {} resources", whose, kMaxResources));
  }
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const std::string folded = fold(std::string_view(entry->name));
    if (folded.starts_with(kServiceResourcePrefix)) {
      return refuse(fmt::format("resource '{}': say it with <service name='{}'/>", entry->name,
                                entry->name.substr(kServiceResourcePrefix.size())));
    }
    // Filters have no case: they could not tell the two apart.
    const bool again = std::any_of(entries.begin(), entry,
                                   [&](const auto& earlier) { return equal_folded(earlier.name, entry->name); });
    if (again) return refuse(fmt::format("resource '{}' is there twice, in upper and lower case", entry->name));
    const bool misspelt = std::find(kWellKnown.begin(), kWellKnown.end(), folded) != kWellKnown.end()
                              ? entry->name != folded
                              : folded.starts_with(kHugepages) && !entry->name.starts_with(kHugepages);
    if (misspelt) return refuse(fmt::format("resource '{}': write it in lower case", entry->name));
  }
  return base::Done{};
}

base::Status check_service_text(std::string_view service, std::string_view field, std::string_view text) {
  if (text.size() <= kMaxServiceText && is_printable_utf8(text)) return base::Done{};
  return {Errc::kInvalidPayload,
          fmt::format("service '{}': its {} must be UTF-8 without control characters, at most {} bytes",
                      is_printable_utf8(service) ? service.substr(0, 64) : "?", field, kMaxServiceText)};
}

}  // namespace bourse::domain
