#include "domain/offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "domain/ascii.h"
#include "domain/naming_rules.h"

namespace bourse::domain {
namespace {

constexpr std::size_t kMaxPlainService = 63;  // as Kubernetes' names
constexpr std::size_t kReadablePart = 40;

double in_units(const Resources::Entry& entry) {
  return counts_bytes(entry.name) ? static_cast<double>(entry.amount)
                                  : static_cast<double>(entry.amount) / static_cast<double>(kMilli);
}

bool is_letter_or_digit(char c) { return is_alpha(c) || is_digit(c); }

// FNV-1a, 64 bits: written into the database, so it stays what it is.
std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return hash;
}

}  // namespace

std::string service_resource(std::string_view service) {
  const std::string folded = fold(service);
  std::string name = folded;
  for (char& c : name) {
    if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.') c = '-';
  }
  const auto begin = std::find_if(name.begin(), name.end(), is_letter_or_digit);
  name.erase(name.begin(), begin);
  const auto end = std::find_if(name.rbegin(), name.rend(), is_letter_or_digit);
  name.erase(end.base(), name.end());
  if (name == folded && !name.empty() && name.size() <= kMaxPlainService) {
    return std::string(kServiceResourcePrefix) + name;
  }
  // "c++" is not "c#".
  return fmt::format("{}{}{}x{:016x}", kServiceResourcePrefix, name.substr(0, kReadablePart), name.empty() ? "" : "-",
                     fingerprint(folded));
}

Resources capacity_of(const Offer& offer) {
  Resources capacity = offer.resources;
  std::map<std::string, std::int64_t> seats;  // of several entries of one name, as of several versions: together
  for (const auto& service : offer.services) {
    std::int64_t& all = seats[service_resource(service.name)];
    all = std::min<std::int64_t>(all + (service.seats == 0 ? kUnlimitedSeats : service.seats), kUnlimitedSeats);
  }
  for (const auto& [name, count] : seats) {
    // An unchecked offer may have a resource of that name already, which then stands.
    (void)capacity.add(name, count * kMilli);
  }
  return capacity;
}

std::vector<AttributeValue> lookup(const Offer& offer, std::string_view name) {
  std::vector<AttributeValue> values;
  for (const auto& attribute : offer.attributes) {
    if (attribute.name == name) values.push_back(attribute.value());
  }
  for (const auto& entry : offer.resources.entries()) {
    if (equal_folded(entry.name, name)) values.emplace_back(in_units(entry));
  }
  if (name == kGpuModel) {
    if (!offer.gpu_model.empty()) values.emplace_back(offer.gpu_model);
  } else if (name == kService) {
    for (const auto& service : offer.services) values.emplace_back(service.name);
  } else if (name.starts_with(kServicePrefix)) {
    const std::string_view wanted = name.substr(kServicePrefix.size());
    for (const auto& service : offer.services) {
      if (!service.version.empty() && equal_folded(service.name, wanted)) values.emplace_back(Version{service.version});
    }
  }
  return values;
}

std::vector<AttributeValue> OfferAttributes::values(std::string_view name) const { return lookup(offer_, name); }

void OfferAttributes::each(const std::function<void(std::string_view name, const AttributeValue& value)>& take) const {
  for (const auto& attribute : offer_.attributes) take(attribute.name, attribute.value());
  for (const auto& entry : offer_.resources.entries()) take(fold(std::string_view(entry.name)), in_units(entry));
  if (!offer_.gpu_model.empty()) take(kGpuModel, offer_.gpu_model);
  for (const auto& service : offer_.services) {
    take(kService, service.name);
    if (service.version.empty()) continue;
    take(std::string(kServicePrefix) + fold(std::string_view(service.name)), Version{service.version});
  }
}

}  // namespace bourse::domain
