#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domain/ascii.h"
#include "domain/contradiction.h"
#include "domain/naming_rules.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "domain/utf8.h"
#include "domain/weekly_schedule.h"

namespace bourse::domain {
namespace {

using base::Errc;

constexpr std::size_t kMaxGpuModel = 128;
// What filters ask of the parties: only the market says it, or a provider could say it of itself.
constexpr std::array<std::string_view, 4> kPartyWords = {"provider", "domain", "jid", "group"};

base::Status refuse(std::string text) { return {Errc::kInvalidPayload, std::move(text)}; }

base::Status check_resources(const Offer& offer) {
  if (offer.resources.empty() && offer.services.empty()) {
    return refuse("the offer has neither a resource nor a service: add at least one, e.g. cpu");
  }
  if (auto status = check_resource_names(offer.resources, "the offer"); !status) return status;
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
         attribute.starts_with(kServiceResourcePrefix) || is_well_known_resource(attribute) ||
         std::any_of(offer.resources.entries().begin(), offer.resources.entries().end(),
                     [attribute](const auto& entry) { return equal_folded(entry.name, attribute); });
}

base::Status check_attributes(const Offer& offer) {
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
    if (std::find(kPartyWords.begin(), kPartyWords.end(), attribute.name) != kPartyWords.end()) {
      return refuse(
          fmt::format("attribute '{}' is the market's to say of whom it knows: choose another name", attribute.name));
    }
  }
  return base::Done{};
}

base::Status check_services(const Offer& offer) {
  if (offer.services.size() > kMaxOfferServices) {
    return refuse(fmt::format("the offer has more than {} services", kMaxOfferServices));
  }
  for (const auto& service : offer.services) {
    if (service.name.empty()) return refuse("a service has no name");
    if (auto status = check_service_text(service.name, "name", service.name); !status) return status;
    if (auto status = check_service_text(service.name, "version", service.version); !status) return status;
    if (auto status = check_service_text(service.name, "uri", service.uri); !status) return status;
    if (service.seats > kUnlimitedSeats) {
      return refuse(fmt::format("service '{}': seats may be at most {}; leave them out for no bound",
                                service.name.substr(0, 64), kUnlimitedSeats));
    }
  }
  return base::Done{};
}

base::Status check_length(std::string_view field, const std::optional<base::Duration>& length,
                          std::string_view instead) {
  if (!length) return base::Done{};
  if (*length < base::Duration::zero()) return refuse(fmt::format("{} is negative", field));
  if (*length > kMaxDuration) return refuse(fmt::format("{} is longer than 365 days{}", field, instead));
  return base::Done{};
}

base::Status check_leases(const Terms& terms) {
  if (auto status = check_length("min-lease", terms.min_lease, ", the longest lease there is"); !status) return status;
  if (auto status = check_length("max-lease", terms.max_lease, ": leave it out for no bound"); !status) return status;
  if (auto status = check_length("grace", terms.grace, ""); !status) return status;
  if (terms.max_lease && *terms.max_lease == base::Duration::zero()) {
    return refuse("max-lease must be longer than nothing");
  }
  if (terms.min_lease && terms.max_lease && *terms.min_lease > *terms.max_lease) {
    return refuse("min-lease is longer than max-lease");
  }
  return base::Done{};
}

base::Status check_window(const Offer& offer, base::Timestamp now) {
  if (offer.expires && *offer.expires <= now) return refuse("expires is in the past");
  if (!offer.starts) return base::Done{};
  if (*offer.starts > now + kMaxAhead) return refuse("starts is more than 365 days ahead");
  if (!offer.expires) return base::Done{};
  if (*offer.starts >= *offer.expires) return refuse("starts is not before expires");
  if (offer.terms.min_lease && *offer.expires - *offer.starts < *offer.terms.min_lease) {
    return refuse("min-lease is longer than the time from starts to expires");
  }
  return base::Done{};
}

base::Status check_schedule(const Offer& offer, base::Timestamp now) {
  if (offer.schedule.text.empty()) {
    if (offer.schedule.zone.empty()) return base::Done{};
    return refuse("schedule: a time zone without opening times: add some, such as Mon-Fri 18:00-08:00");
  }
  const auto schedule = WeeklySchedule::parse(offer.schedule.text, offer.schedule.zone);
  if (!schedule) {
    const std::string& text = schedule.error().text;
    return {schedule.error().code, text.starts_with("schedule") ? text : "schedule: " + text};
  }
  const base::Timestamp from = std::max(now, offer.starts.value_or(now));
  if (offer.expires && !schedule->open_until(from) && schedule->next_opening(from) >= *offer.expires) {
    return refuse("schedule: it does not open before the offer expires");
  }
  return base::Done{};
}

}  // namespace

base::Status validate(const Offer& offer, base::Timestamp now) {
  if (auto status = check_resources(offer); !status) return status;
  if (auto status = check_attributes(offer); !status) return status;
  if (auto status = check_services(offer); !status) return status;
  if (auto status = check_leases(offer.terms); !status) return status;
  if (auto status = check_window(offer, now); !status) return status;
  if (auto status = check_schedule(offer, now); !status) return status;
  if (const auto why = contradiction_in_serves(offer.serves)) return refuse("serves: " + *why);
  if (!std::all_of(offer.extensions.begin(), offer.extensions.end(), is_utf8)) {
    return refuse("an extension element is not valid UTF-8");
  }
  return base::Done{};
}

}  // namespace bourse::domain
