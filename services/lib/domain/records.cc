#include "domain/records.h"

#include "bourse/v1/market.pb.h"
#include "domain/record_fields.h"

namespace bourse::domain {
namespace {

using base::Errc;

base::Error corrupt(std::string_view what) {
  return {Errc::kCorrupt, std::string("a stored record is damaged: ") + std::string(what)};
}

// Reused from call to call, because a pool is loaded record by record, a million at a time.
template <class Message>
Message* parse(std::string_view bytes) {
  thread_local Message message;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? &message : nullptr;
}

}  // namespace

std::string encode(const Offer& offer) {
  v1::Offer message;
  put(*message.mutable_resources(), offer.resources);
  message.set_gpu_model(offer.gpu_model);
  for (const auto& attribute : offer.attributes) {
    auto& to = *message.add_attributes();
    to.set_name(attribute.name);
    to.set_text(attribute.text);
    to.set_type(to_wire(attribute.type));
  }
  for (const auto& service : offer.services) {
    auto& to = *message.add_services();
    to.set_name(service.name);
    to.set_version(service.version);
    to.set_uri(service.uri);
    to.set_seats(service.seats);
  }
  message.set_schedule(offer.schedule.text);
  message.set_schedule_zone(offer.schedule.zone);
  auto& terms = *message.mutable_terms();
  terms.set_divisible(offer.terms.divisible);
  if (offer.terms.min_lease) terms.set_min_lease_us(offer.terms.min_lease->count());
  if (offer.terms.max_lease) terms.set_max_lease_us(offer.terms.max_lease->count());
  terms.set_confirm(to_wire(offer.terms.confirm));
  if (offer.terms.grace) terms.set_grace_us(offer.terms.grace->count());
  terms.set_drain(offer.terms.drain);
  message.set_serves(offer.serves.text());
  if (offer.expires) message.set_expires_us(to_micros(*offer.expires));
  for (const auto& extension : offer.extensions) message.add_extensions(extension);
  if (offer.starts) message.set_starts_us(to_micros(*offer.starts));
  return message.SerializeAsString();
}

base::Result<Offer> decode_offer(std::string_view bytes) {
  const auto* message = parse<v1::Offer>(bytes);
  if (message == nullptr) return corrupt("not an Offer");
  Offer offer;
  if (!get(message->resources(), offer.resources)) return corrupt("the resources of an Offer");
  offer.gpu_model = message->gpu_model();
  offer.attributes.reserve(static_cast<std::size_t>(message->attributes_size()));
  for (const auto& from : message->attributes()) {
    auto& attribute = offer.attributes.emplace_back(Attribute{from.name(), from.text(), {}});
    if (!from_wire(from.type(), attribute.type)) return corrupt("the type of an Offer's attribute");
  }
  offer.services.reserve(static_cast<std::size_t>(message->services_size()));
  for (const auto& from : message->services()) {
    offer.services.push_back({from.name(), from.version(), from.uri(), from.seats()});
  }
  offer.schedule = {message->schedule(), message->schedule_zone()};
  const auto& terms = message->terms();
  offer.terms.divisible = terms.divisible();
  if (terms.has_min_lease_us()) offer.terms.min_lease = base::Duration(terms.min_lease_us());
  if (terms.has_max_lease_us()) offer.terms.max_lease = base::Duration(terms.max_lease_us());
  if (!from_wire(terms.confirm(), offer.terms.confirm)) return corrupt("the terms of an Offer");
  if (terms.has_grace_us()) offer.terms.grace = base::Duration(terms.grace_us());
  offer.terms.drain = terms.drain();
  if (!get(message->serves(), offer.serves)) return corrupt("the filter of an Offer");
  if (message->has_starts_us()) offer.starts = from_micros(message->starts_us());
  if (message->has_expires_us()) offer.expires = from_micros(message->expires_us());
  offer.extensions.assign(message->extensions().begin(), message->extensions().end());
  return offer;
}

std::string encode(const Request& request) {
  v1::Request message;
  put(*message.mutable_resources(), request.resources);
  message.set_needs(request.needs.text());
  put_preference(message, request.prefers);
  message.set_count(request.count);
  put_spread(message, request.spread);
  message.set_duration_us(request.duration.count());
  if (request.deadline) message.set_deadline_us(to_micros(*request.deadline));
  for (const auto& extension : request.extensions) message.add_extensions(extension);
  for (const auto& service : request.services) message.add_services(service);
  message.set_spares(request.spares);
  message.set_assurance(request.assurance);
  message.set_gang(request.gang);
  for (const auto& apart : request.apart) {
    auto& to = *message.add_apart();
    to.set_request(apart.request.value);
    to.set_by(apart.by);
  }
  message.set_priority(request.priority);
  if (request.start) message.set_start_us(to_micros(*request.start));
  return message.SerializeAsString();
}

base::Result<Request> decode_request(std::string_view bytes) {
  const auto* message = parse<v1::Request>(bytes);
  if (message == nullptr) return corrupt("not a Request");
  Request request;
  if (!get(message->resources(), request.resources)) return corrupt("the resources of a Request");
  if (!get(message->needs(), request.needs)) return corrupt("the filter of a Request");
  if (!get_preference(*message, request.prefers)) return corrupt("the preference of a Request");
  request.count = message->count();
  if (!get_spread(*message, request.spread)) return corrupt("the spread of a Request");
  request.duration = base::Duration(message->duration_us());
  if (message->has_deadline_us()) request.deadline = from_micros(message->deadline_us());
  request.extensions.assign(message->extensions().begin(), message->extensions().end());
  request.services.assign(message->services().begin(), message->services().end());
  request.spares = message->spares();
  request.assurance = message->assurance();
  request.gang = message->gang();
  for (const auto& from : message->apart()) request.apart.push_back({{from.request()}, from.by()});
  request.priority = message->priority();
  if (message->has_start_us()) request.start = from_micros(message->start_us());
  return request;
}

std::string encode(const Grant& grant) {
  v1::Grant message;
  message.set_id(grant.id.value);
  message.set_offer(grant.offer.value);
  message.set_request(grant.request.value);
  message.set_provider(grant.provider.text());
  message.set_consumer(grant.consumer.text());
  put(*message.mutable_resources(), grant.resources);
  for (const auto& device : grant.devices) {
    auto& to = *message.add_devices();
    to.set_index(device.index);
    to.set_milli(device.milli);
  }
  message.set_state(to_wire(grant.state));
  message.set_started_us(to_micros(grant.started));
  message.set_expires_us(to_micros(grant.expires));
  if (grant.ended) message.set_ended_us(to_micros(*grant.ended));
  message.set_reason(grant.reason);
  message.set_ahead(grant.ahead);
  if (grant.state_until) message.set_state_until_us(to_micros(*grant.state_until));
  if (grant.entry) message.set_entry(grant.entry->value);
  return message.SerializeAsString();
}

base::Result<Grant> decode_grant(std::string_view bytes) {
  const auto* message = parse<v1::Grant>(bytes);
  if (message == nullptr) return corrupt("not a Grant");
  Grant grant;
  grant.id = {message->id()};
  grant.offer = {message->offer()};
  grant.request = {message->request()};
  if (!get(message->provider(), grant.provider)) return corrupt("the provider of a Grant");
  if (!get(message->consumer(), grant.consumer)) return corrupt("the consumer of a Grant");
  if (!get(message->resources(), grant.resources)) return corrupt("the resources of a Grant");
  for (const auto& from : message->devices()) {
    if (from.index() >= static_cast<std::uint32_t>(kMaxDevices)) return corrupt("a device of a Grant");
    grant.devices.push_back({static_cast<std::uint16_t>(from.index()), from.milli()});
  }
  if (!from_wire(message->state(), grant.state)) return corrupt("the state of a Grant");
  grant.started = from_micros(message->started_us());
  grant.expires = from_micros(message->expires_us());
  if (message->has_ended_us()) grant.ended = from_micros(message->ended_us());
  grant.reason = message->reason();
  grant.ahead = message->ahead();
  if (message->has_state_until_us()) grant.state_until = from_micros(message->state_until_us());
  if (message->has_entry()) grant.entry = AuditIndex{message->entry()};
  return grant;
}

std::string encode(const AvailabilityChange& change) {
  v1::AvailabilityEvent message;
  message.set_provider(change.provider.text());
  message.set_presence(to_wire(change.presence));
  message.set_at_us(to_micros(change.at));
  return message.SerializeAsString();
}

base::Result<AvailabilityChange> decode_availability(std::string_view bytes) {
  const auto* message = parse<v1::AvailabilityEvent>(bytes);
  if (message == nullptr) return corrupt("not an AvailabilityEvent");
  AvailabilityChange change;
  if (!get(message->provider(), change.provider)) return corrupt("the provider of an AvailabilityEvent");
  if (!from_wire(message->presence(), change.presence)) return corrupt("the presence of an AvailabilityEvent");
  change.at = from_micros(message->at_us());
  return change;
}

}  // namespace bourse::domain
