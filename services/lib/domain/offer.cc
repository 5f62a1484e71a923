#include "domain/offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domain/ascii.h"
#include "domain/utf8.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::string_view kGpuModel = "gpu.model";
constexpr std::string_view kService = "service";
constexpr std::string_view kServicePrefix = "service.";
constexpr std::size_t kMaxServiceText = 1024;
constexpr std::size_t kMaxGpuModel = 128;
constexpr std::array<std::string_view, 5> kWellKnown = {"cpu", "memory", "gpu", "storage", "ephemeral-storage"};

base::Status refuse(std::string text) { return {Errc::kInvalidPayload, std::move(text)}; }

base::Status check_resources(const Offer& offer) {
  if (offer.resources.empty() && offer.services.empty()) {
    return refuse("the offer has neither a resource nor a service: add at least one, e.g. cpu");
  }
  if (offer.resources.entries().size() > kMaxResources) {
    return refuse(fmt::format("the offer names more than {} resources", kMaxResources));
  }
  const std::int64_t gpu = offer.resources.gpu_milli();
  if (gpu % kMilli != 0) {
    return refuse(fmt::format("gpu '{}': an offer lends whole gpus", format_quantity(kGpu, gpu)));
  }
  if (gpu > kMaxDevices * kMilli) return refuse(fmt::format("gpu: at most {} in one offer", kMaxDevices));
  if (!offer.gpu_model.empty() && gpu == 0) return refuse("model is given, but the offer has no gpu");
  if (offer.gpu_model.size() > kMaxGpuModel || !is_printable_utf8(offer.gpu_model)) {
    return refuse(
        fmt::format("the model of gpu must be UTF-8 without control characters, at most {} bytes", kMaxGpuModel));
  }
  return base::Done{};
}

// A filter would not know which of the two to ask.
bool clashes(const Offer& offer, std::string_view attribute) {
  return attribute == kGpuModel || attribute == kService || attribute.starts_with(kServicePrefix) ||
         std::find(kWellKnown.begin(), kWellKnown.end(), attribute) != kWellKnown.end() ||
         std::any_of(offer.resources.entries().begin(), offer.resources.entries().end(),
                     [attribute](const auto& entry) { return equal_folded(entry.name, attribute); });
}

base::Status check_descriptions(const Offer& offer) {
  if (offer.attributes.size() > kMaxOfferAttributes) {
    return refuse(fmt::format("the offer has more than {} attributes", kMaxOfferAttributes));
  }
  for (const auto& attribute : offer.attributes) {
    if (clashes(offer, attribute.name)) {
      return refuse(
          fmt::format("attribute '{}' has the name of a resource or service: say it with <resource/> or "
                      "<service/>, or choose another name",
                      attribute.name));
    }
  }
  if (offer.services.size() > kMaxOfferServices) {
    return refuse(fmt::format("the offer has more than {} services", kMaxOfferServices));
  }
  for (const auto& service : offer.services) {
    if (service.name.empty()) return refuse("a service has no name");
    for (const std::string* text : {&service.name, &service.version, &service.uri}) {
      if (text->size() > kMaxServiceText || !is_printable_utf8(*text)) {
        return refuse(
            fmt::format("service '{}': name, version and uri must be UTF-8 without control characters, at "
                        "most {} bytes each",
                        is_printable_utf8(service.name) ? service.name.substr(0, 64) : "?", kMaxServiceText));
      }
    }
  }
  if (!std::all_of(offer.extensions.begin(), offer.extensions.end(), is_utf8)) {
    return refuse("an extension element is not valid UTF-8");
  }
  return base::Done{};
}

base::Status check_terms(const Offer& offer, base::Timestamp now) {
  const Terms& terms = offer.terms;
  if (terms.min_lease && *terms.min_lease < base::Duration::zero()) return refuse("min-lease is negative");
  if (terms.max_lease && *terms.max_lease <= base::Duration::zero())
    return refuse("max-lease must be longer than nothing");
  if (terms.min_lease && terms.max_lease && *terms.min_lease > *terms.max_lease) {
    return refuse("min-lease is longer than max-lease");
  }
  if (offer.expires && *offer.expires <= now) return refuse("expires is in the past");
  if (!offer.schedule.text.empty() || !offer.schedule.zone.empty()) {
    return {Errc::kUnsupported,
            "this market does not keep schedules yet: leave <schedule/> out and publish while open"};
  }
  if (terms.confirm != Confirm::kAuto) {
    return {Errc::kUnsupported, "this market does not ask providers to confirm yet: leave confirm out or say 'auto'"};
  }
  return base::Done{};
}

double in_units(const Resources::Entry& entry) {
  return counts_bytes(entry.name) ? static_cast<double>(entry.amount)
                                  : static_cast<double>(entry.amount) / static_cast<double>(kMilli);
}

}  // namespace

base::Status validate(const Offer& offer, base::Timestamp now) {
  if (auto status = check_resources(offer); !status) return status;
  if (auto status = check_descriptions(offer); !status) return status;
  return check_terms(offer, now);
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
