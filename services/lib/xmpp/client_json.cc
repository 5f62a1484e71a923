#include "xmpp/client_json.h"

#include "xmpp/timestamps.h"

namespace bourse::xmpp {
namespace {

void add_time(Json& to, const char* name, const std::optional<base::Timestamp>& at) {
  if (at) to[name] = format_timestamp(*at);
}

void add_duration(Json& to, const char* name, const std::optional<base::Duration>& duration) {
  if (duration) to[name] = format_duration(*duration);
}

void add_text(Json& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = text;
}

Json attribute_json(const domain::Attribute& attribute) {
  Json json{{"name", attribute.name}};
  const domain::AttributeValue typed = attribute.value();
  if (const auto* number = std::get_if<double>(&typed)) {
    json["value"] = *number;
  } else if (const auto* truth = std::get_if<bool>(&typed)) {
    json["value"] = *truth;
  } else {
    json["value"] = attribute.text;
  }
  return json;
}

}  // namespace

Json to_json(const domain::Resources& resources) {
  Json json = Json::object();
  for (const auto& entry : resources.entries()) json[entry.name] = domain::format_quantity(entry.name, entry.amount);
  return json;
}

Json to_json(const ListedOffer& listed) {
  const domain::Offer& offer = listed.offer;
  Json json{{"id", listed.id.value}, {"provider", listed.publisher}, {"resources", to_json(offer.resources)}};
  add_text(json, "gpu_model", offer.gpu_model);
  json["attributes"] = Json::array();
  for (const auto& attribute : offer.attributes) json["attributes"].push_back(attribute_json(attribute));
  json["services"] = Json::array();
  for (const auto& service : offer.services) {
    Json entry{{"name", service.name}};
    add_text(entry, "version", service.version);
    add_text(entry, "uri", service.uri);
    if (service.seats != 0) entry["seats"] = service.seats;
    json["services"].push_back(std::move(entry));
  }
  json["divisible"] = offer.terms.divisible;
  add_duration(json, "min_lease", offer.terms.min_lease);
  add_duration(json, "max_lease", offer.terms.max_lease);
  json["confirm"] = offer.terms.confirm == domain::Confirm::kManual ? "manual" : "auto";
  add_duration(json, "grace", offer.terms.grace);
  json["drain"] = offer.terms.drain;
  add_text(json, "serves", offer.serves.text());
  add_text(json, "schedule", offer.schedule.text);
  add_text(json, "tz", offer.schedule.zone);
  add_time(json, "starts", offer.starts);
  add_time(json, "expires", offer.expires);
  return json;
}

Json to_json(const ListedRequest& listed) {
  const domain::Request& request = listed.request;
  Json json{{"id", listed.id.value}, {"resources", to_json(request.resources)}};
  json["services"] = request.services;
  add_text(json, "needs", request.needs.text());
  json["prefers"] = request.prefers.text();
  json["count"] = request.count;
  json["gang"] = request.gang;
  json["spares"] = request.spares;
  if (request.assurance > 0) json["assurance"] = request.assurance / 1000.0;
  add_text(json, "spread", request.spread);
  json["apart"] = Json::array();
  for (const auto& apart : request.apart) {
    json["apart"].push_back({{"request", apart.request.value}, {"by", apart.by}});
  }
  json["priority"] = request.priority;
  json["duration"] = format_duration(request.duration);
  add_time(json, "start", request.start);
  add_time(json, "deadline", request.deadline);
  if (listed.standing) {
    json["state"] = domain::name(listed.standing->state);
    json["granted"] = listed.standing->granted;
    add_time(json, "submitted", listed.standing->submitted);
  }
  return json;
}

Json to_json(const GrantPayload& payload) {
  const domain::Grant& grant = payload.grant;
  Json json{{"id", domain::to_item_id(grant.id)},   {"offer", grant.offer.value},
            {"request", grant.request.value},       {"provider", grant.provider.text()},
            {"consumer", grant.consumer.text()},    {"state", domain::name(grant.state)},
            {"resources", to_json(grant.resources)}};
  json["devices"] = Json::array();
  for (const auto& device : grant.devices) {
    json["devices"].push_back(
        {{"index", device.index}, {"quantity", domain::format_quantity(domain::kGpu, device.milli)}});
  }
  json["ahead"] = grant.ahead;
  add_time(json, "started", grant.started);
  add_time(json, "expires", grant.expires);
  add_time(json, "state_until", grant.state_until);
  if (grant.entry) json["entry"] = grant.entry->value;
  add_time(json, "ended", grant.ended);
  add_text(json, "reason", grant.reason);
  json["fence"] = grant.id.value;
  add_text(json, "ticket", payload.ticket);
  return json;
}

Json to_json(const domain::AvailabilityInterval& interval) {
  Json json{{"state", domain::name(interval.presence)}, {"since", format_timestamp(interval.since)}};
  add_time(json, "until", interval.until);
  if (interval.reason != 0) json["reason"] = interval.reason;
  return json;
}

Json to_json(const market::AuditRecord& record) {
  const audit::Entry& entry = record.entry;
  Json json{{"index", record.index.value}, {"at", format_timestamp(entry.at)}, {"kind", audit::name(entry.kind)}};
  add_text(json, "actor", entry.actor.text());
  add_text(json, "provider", entry.provider.text());
  add_text(json, "consumer", entry.consumer.text());
  add_text(json, "offer", entry.offer.value);
  add_text(json, "request", entry.request.value);
  if (entry.grant.value != 0) json["grant"] = domain::to_item_id(entry.grant);
  add_text(json, "reason", entry.reason);
  return json;
}

Json to_json(const MarketStatus& status) {
  const market::PoolStatus& counts = status.counts;
  return {{"pool", status.pool.value},
          {"offers", counts.offers},
          {"waiting_requests", counts.waiting_requests},
          {"live_grants", counts.live_grants},
          {"providers_up", counts.providers_up},
          {"subscriptions", counts.subscriptions},
          {"events", counts.events},
          {"audit_entries", counts.audit_entries},
          {"version", status.version}};
}

Json to_json(const market::RequestExplanation& explanation) {
  Json json{{"request", explanation.request.value},
            {"state", domain::name(explanation.state)},
            {"granted", explanation.granted},
            {"count", explanation.count},
            {"submitted", format_timestamp(explanation.submitted)},
            {"share", explanation.share}};
  if (explanation.quota) json["quota"] = *explanation.quota;
  if (explanation.held_offer) json["held_offer"] = explanation.held_offer->value;
  add_time(json, "held_from", explanation.held_from);
  json["offers"] = explanation.offers;
  if (explanation.drawn_from > explanation.offers) json["drawn_from"] = explanation.drawn_from;
  json["fitting"] = explanation.fitting;
  json["rejections"] = Json::array();
  for (const auto& rejection : explanation.rejections) {
    Json entry{{"obstacle", matching::name(rejection.obstacle)}};
    add_text(entry, "what", rejection.what);
    entry["offers"] = rejection.offers;
    entry["alone"] = rejection.alone;
    json["rejections"].push_back(std::move(entry));
  }
  json["nearest"] = Json::array();
  for (const auto& miss : explanation.nearest) {
    Json entry{{"offer", miss.offer.value}, {"provider", miss.provider.text()}, {"lacks", miss.lacks}};
    add_time(entry, "from", miss.from);
    json["nearest"].push_back(std::move(entry));
  }
  json["changes"] = explanation.changes;
  return json;
}

}  // namespace bourse::xmpp
