// Purpose: what a provider lends, as it was published (the content of <offer/>): no identity in it, the
//   provider is always the JID the server stamped.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/attribute.h"
#include "domain/filter.h"
#include "domain/filter_index.h"
#include "domain/resources.h"

namespace bourse::domain {

struct Service {  // software that can be used there
  std::string name;
  std::string version;      // may be empty
  std::string uri;          // may be empty
  std::uint32_t seats = 0;  // grants that may use it at once; 0: as many as there are
  friend bool operator==(const Service&, const Service&) = default;
};

enum class Confirm { kAuto, kManual };

struct Terms {
  bool divisible = true;  // false: one grant takes the whole offer
  std::optional<base::Duration> min_lease;
  std::optional<base::Duration> max_lease;
  Confirm confirm = Confirm::kAuto;
  std::optional<base::Duration> grace;  // what a consumer gets to finish when the provider takes a grant back
  bool drain = false;                   // no new grants; those there are go on
  friend bool operator==(const Terms&, const Terms&) = default;
};

struct Schedule {  // weekly opening times in a time zone (weekly_schedule.h); empty text: always open
  std::string text;
  std::string zone;
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

struct Offer {
  Resources resources;
  std::string gpu_model;  // of every gpu of this offer; may be empty
  std::vector<Attribute> attributes;
  std::vector<Service> services;
  Schedule schedule;
  Terms terms;
  Filter serves;                           // over the consumer: jid, domain, group
  std::optional<base::Timestamp> starts;   // no lease begins before
  std::optional<base::Timestamp> expires;  // no lease ends after; the offer withdraws itself then
  std::vector<std::string> extensions;     // child elements of foreign namespaces, verbatim XML
  friend bool operator==(const Offer&, const Offer&) = default;
};

inline constexpr std::size_t kMaxOfferAttributes = 128;
inline constexpr std::size_t kMaxOfferServices = 128;
inline constexpr std::size_t kMaxResources = 32;
inline constexpr std::int64_t kMaxDevices = 1024;  // gpus of one offer

// The rules across fields, after each field was parsed: at least one resource or service, gpu a whole
// number of devices, min-lease ≤ max-lease, starts before expires, expires in the future, a schedule that
// opens at all in a zone that exists, no attribute named as a resource or as what the market says of parties (provider,
// domain, jid, group), no <serves/> that nobody satisfies. kInvalidPayload names the field.
[[nodiscard]] base::Status validate(const Offer& offer, base::Timestamp now);

// What can be granted of the offer: its resources, and each service as the resource `service/NAME` with one
// unit a seat (kUnlimitedSeats where the offer sets no bound; several versions of one name count together). Matching
// and the database count these.
[[nodiscard]] Resources capacity_of(const Offer& offer);
inline constexpr std::uint32_t kUnlimitedSeats = 1'000'000;
// "service/blast": lower case. Bytes that a resource's name may not have become '-', and such names end in a
// fingerprint of what they were, so that "c++" and "c#" stay two.
[[nodiscard]] std::string service_resource(std::string_view service);

// The same of all names, for an index of filters; borrows the offer.
class OfferAttributes final : public AttributeSource {
 public:
  explicit OfferAttributes(const Offer& offer) : offer_(offer) {}
  [[nodiscard]] std::vector<AttributeValue> values(std::string_view name) const override;
  void each(const std::function<void(std::string_view name, const AttributeValue& value)>& take) const override;

 private:
  const Offer& offer_;
};

// All values an RFC 4515 filter may ask of the offer by `name` (lower case): its attributes, each resource
// by name as a number (whole units or bytes), `gpu.model`, `service` (names) and `service.<name>` (version).
[[nodiscard]] std::vector<AttributeValue> lookup(const Offer& offer, std::string_view name);

}  // namespace bourse::domain
