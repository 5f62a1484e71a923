#include "matching/feasibility.h"

#include <fmt/format.h>

#include "base/check.h"
#include "domain/ascii.h"
#include "domain/attribute.h"
#include "domain/request.h"

namespace bourse::matching {
namespace {

using domain::AttributeValue;

constexpr std::string_view kConsumer = "jid";
constexpr std::string_view kGroup = "group";

std::vector<AttributeValue> one(AttributeValue value) {
  std::vector<AttributeValue> values;
  values.push_back(std::move(value));
  return values;
}

AttributeValue in_units(const std::string& resource, std::int64_t amount) {
  const auto number = static_cast<double>(amount);
  return domain::counts_bytes(resource) ? number : number / static_cast<double>(domain::kMilli);
}

}  // namespace

bool lease_fits(const domain::Terms& terms, base::Duration duration) {
  if (terms.min_lease && duration < *terms.min_lease) return false;
  return !terms.max_lease || duration <= *terms.max_lease;
}

// Names of filters are folded, names of resources are not.
std::vector<AttributeValue> OfferSource::values(std::string_view name) const {
  if (name == domain::kByProvider) return one(provider_.text());
  if (name == domain::kByDomain) return one(std::string(provider_.domain()));
  std::vector<AttributeValue> values = domain::lookup(profile_.content, name);
  for (std::size_t c = 0; c < profile_.columns.size(); ++c) {
    if (profile_.columns[c].is_service) continue;
    const std::string& resource = names_.key(profile_.columns[c].resource);
    if (domain::equal_folded(resource, name)) values.push_back(in_units(resource, totals_[c]));
  }
  return values;
}

void OfferSource::each(const std::function<void(std::string_view name, const AttributeValue& value)>& take) const {
  take(domain::kByProvider, provider_.text());
  take(domain::kByDomain, std::string(provider_.domain()));
  domain::OfferAttributes(profile_.content).each([&](std::string_view name, const AttributeValue& value) {
    if (name != domain::kByProvider && name != domain::kByDomain) take(name, value);
  });
  for (std::size_t c = 0; c < profile_.columns.size(); ++c) {
    if (profile_.columns[c].is_service) continue;
    const std::string& resource = names_.key(profile_.columns[c].resource);
    take(domain::fold(std::string_view(resource)), in_units(resource, totals_[c]));
  }
}

std::string text_of(const AttributeValue& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) return *text;
  if (const auto* const number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* const version = std::get_if<domain::Version>(&value)) return version->text;
  return std::get<bool>(value) ? "true" : "false";
}

bool serves_consumer(const domain::Filter& serves, const domain::Jid& consumer, std::span<const std::string> groups) {
  return serves.empty() || serves.accepts([&](std::string_view name) -> std::vector<AttributeValue> {
    if (name == kConsumer) return one(consumer.bare().text());
    if (name == domain::kByDomain) return one(std::string(consumer.domain()));
    if (name == kGroup) return {groups.begin(), groups.end()};
    return {};
  });
}

}  // namespace bourse::matching
