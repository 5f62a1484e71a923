#include <gloox/tag.h>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;

constexpr std::size_t kMaxServiceText = 512;

std::string_view name(domain::AttributeType type) {
  switch (type) {
    case domain::AttributeType::kString:
      return "string";
    case domain::AttributeType::kNumber:
      return "number";
    case domain::AttributeType::kVersion:
      return "version";
    case domain::AttributeType::kBoolean:
      return "boolean";
  }
  return "string";
}

std::optional<domain::AttributeType> attribute_type(std::string_view text) {
  using enum domain::AttributeType;
  for (const auto type : {kString, kNumber, kVersion, kBoolean}) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

Status read_attribute(const gloox::Tag& tag, domain::Offer& offer) {
  if (const auto known = only_attributes(tag, {"name", "type"}); !known) return known;
  if (const auto plain = no_children(tag); !plain) return plain;
  if (offer.attributes.size() >= domain::kMaxOfferAttributes) return invalid(tag, "too many attributes");
  const auto attribute_name = required(tag, "name");
  if (!attribute_name) return attribute_name.error();
  const std::string text = text_of(tag);
  auto type = domain::infer_type(text);
  if (const std::string* given = attribute(tag, "type")) {
    const auto parsed = attribute_type(*given);
    if (!parsed) return invalid(tag, "a type is one of string, number, version, boolean");
    type = *parsed;
  }
  auto made = domain::make_attribute(*attribute_name, text, type);
  if (!made) return within(tag, made.error());
  offer.attributes.push_back(std::move(*made));
  return Done{};
}

Status read_service(const gloox::Tag& tag, domain::Offer& offer) {
  if (const auto known = only_attributes(tag, {"name", "version", "uri", "seats"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (offer.services.size() >= domain::kMaxOfferServices) return invalid(tag, "too many services");
  const auto service_name = required(tag, "name");
  if (!service_name) return service_name.error();
  domain::Service service;
  service.name = *service_name;
  if (const std::string* version = attribute(tag, "version")) service.version = *version;
  if (const std::string* uri = attribute(tag, "uri")) service.uri = *uri;
  if (const std::string* seats = attribute(tag, "seats")) {
    const auto number = parse_number(*seats, domain::kUnlimitedSeats);
    if (!number) return within(tag, base::Error{number.error().code, "seats: " + number.error().text});
    if (*number == 0) return invalid(tag, "seats: there is at least one; leave it out for no bound");
    service.seats = static_cast<std::uint32_t>(*number);
  }
  if (service.name.size() + service.version.size() + service.uri.size() > kMaxServiceText) {
    return invalid(tag, "name, version and uri together have at most " + std::to_string(kMaxServiceText) + " bytes");
  }
  offer.services.push_back(std::move(service));
  return Done{};
}

Status read_schedule(const gloox::Tag& tag, domain::Offer& offer) {
  if (const auto known = only_attributes(tag, {"tz"}); !known) return known;
  if (const auto plain = no_children(tag); !plain) return plain;
  offer.schedule.text = text_of(tag);
  if (offer.schedule.text.empty()) return invalid(tag, "opening times such as Mon-Fri 18:00-08:00 are missing");
  if (const std::string* zone = attribute(tag, "tz")) offer.schedule.zone = *zone;
  if (offer.schedule.text.size() + offer.schedule.zone.size() > kMaxServiceText) return invalid(tag, "too long");
  return Done{};
}

Status read_length(const gloox::Tag& tag, std::string_view which, std::optional<base::Duration>& length) {
  const std::string* text = attribute(tag, which);
  if (text == nullptr) return Done{};
  const auto parsed = parse_duration(*text);
  if (!parsed) return within(tag, base::Error{parsed.error().code, std::string(which) + ": " + parsed.error().text});
  length = *parsed;
  return Done{};
}

Status read_flag(const gloox::Tag& tag, std::string_view which, bool& flag) {
  const std::string* text = attribute(tag, which);
  if (text == nullptr) return Done{};
  const auto parsed = parse_boolean(*text);
  if (!parsed) return within(tag, base::Error{parsed.error().code, std::string(which) + ": " + parsed.error().text});
  flag = *parsed;
  return Done{};
}

Status read_moment(const gloox::Tag& tag, std::string_view which, std::optional<base::Timestamp>& moment) {
  const std::string* text = attribute(tag, which);
  if (text == nullptr) return Done{};
  const auto parsed = parse_timestamp(*text);
  if (!parsed) return within(tag, base::Error{parsed.error().code, std::string(which) + ": " + parsed.error().text});
  moment = *parsed;
  return Done{};
}

Status read_terms(const gloox::Tag& tag, domain::Offer& offer) {
  if (const auto known = only_attributes(
          tag, {"divisible", "min-lease", "max-lease", "confirm", "grace", "drain", "starts", "expires"});
      !known) {
    return known;
  }
  if (const auto empty = empty_element(tag); !empty) return empty;
  domain::Terms& terms = offer.terms;
  if (const auto read = read_flag(tag, "divisible", terms.divisible); !read) return read;
  if (const auto read = read_flag(tag, "drain", terms.drain); !read) return read;
  if (const auto read = read_length(tag, "min-lease", terms.min_lease); !read) return read;
  if (const auto read = read_length(tag, "max-lease", terms.max_lease); !read) return read;
  if (const auto read = read_length(tag, "grace", terms.grace); !read) return read;
  if (const std::string* confirm = attribute(tag, "confirm")) {
    if (*confirm != "auto" && *confirm != "manual") return invalid(tag, "confirm is auto or manual");
    terms.confirm = *confirm == "auto" ? domain::Confirm::kAuto : domain::Confirm::kManual;
  }
  if (const auto read = read_moment(tag, "starts", offer.starts); !read) return read;
  if (const auto read = read_moment(tag, "expires", offer.expires); !read) return read;
  return Done{};
}

Status read_serves(const gloox::Tag& tag, domain::Offer& offer) {
  auto filter = read_filter(tag);
  if (!filter) return filter.error();
  offer.serves = std::move(*filter);
  return Done{};
}

// The elements an offer has at most once.
struct Once {
  std::string_view name;
  Status (*read)(const gloox::Tag&, domain::Offer&);
};
constexpr Once kOnce[] = {{"schedule", read_schedule}, {"terms", read_terms}, {"serves", read_serves}};

Status read_child(const gloox::Tag& child, const gloox::Tag& parent, domain::Offer& offer,
                  bool (&seen)[std::size(kOnce)]) {
  if (!is_in(child, kMarketNs)) return keep_extension(child, offer.extensions);
  if (child.name() == "resource") return read_resource(child, offer.resources, &offer.gpu_model);
  if (child.name() == "attribute") return read_attribute(child, offer);
  if (child.name() == "service") return read_service(child, offer);
  for (std::size_t i = 0; i < std::size(kOnce); ++i) {
    if (child.name() != kOnce[i].name) continue;
    if (seen[i]) return invalid(parent, "<" + child.name() + "> is there twice");
    seen[i] = true;
    return kOnce[i].read(child, offer);
  }
  return unknown_element(child, parent);
}

void append_terms(std::string& xml, const domain::Offer& offer) {
  const domain::Terms& terms = offer.terms;
  if (terms == domain::Terms{} && !offer.starts && !offer.expires) return;
  xml += "<terms";
  if (!terms.divisible) append_attribute(xml, "divisible", "false");
  if (terms.min_lease) append_attribute(xml, "min-lease", format_duration(*terms.min_lease));
  if (terms.max_lease) append_attribute(xml, "max-lease", format_duration(*terms.max_lease));
  if (terms.confirm == domain::Confirm::kManual) append_attribute(xml, "confirm", "manual");
  if (terms.grace) append_attribute(xml, "grace", format_duration(*terms.grace));
  if (terms.drain) append_attribute(xml, "drain", "true");
  if (offer.starts) append_attribute(xml, "starts", format_timestamp(*offer.starts));
  if (offer.expires) append_attribute(xml, "expires", format_timestamp(*offer.expires));
  xml += "/>";
}

}  // namespace

base::Result<domain::Offer> parse_offer(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "offer"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  domain::Offer offer;
  bool seen[std::size(kOnce)] = {};
  for (const auto* child : tag.children()) {
    if (const auto read = read_child(*child, tag, offer, seen); !read) return read.error();
  }
  return offer;
}

std::string render_offer(const domain::Offer& offer) {
  std::string xml;
  xml.reserve(512);
  xml.append("<offer xmlns='").append(kMarketNs).append("'>");
  append_resources(xml, offer.resources, offer.gpu_model);
  for (const auto& each : offer.attributes) {
    xml += "<attribute";
    append_attribute(xml, "name", each.name);
    if (domain::infer_type(each.text) != each.type) append_attribute(xml, "type", name(each.type));
    xml += '>';
    append_escaped(xml, each.text);
    xml += "</attribute>";
  }
  for (const auto& service : offer.services) {
    xml += "<service";
    append_attribute(xml, "name", service.name);
    if (!service.version.empty()) append_attribute(xml, "version", service.version);
    if (!service.uri.empty()) append_attribute(xml, "uri", service.uri);
    if (service.seats != 0) append_attribute(xml, "seats", std::uint64_t{service.seats});
    xml += "/>";
  }
  if (!offer.schedule.text.empty()) {
    xml += "<schedule";
    if (!offer.schedule.zone.empty()) append_attribute(xml, "tz", offer.schedule.zone);
    xml += '>';
    append_escaped(xml, offer.schedule.text);
    xml += "</schedule>";
  }
  append_terms(xml, offer);
  append_filter(xml, "serves", offer.serves);
  for (const auto& extension : offer.extensions) xml += extension;
  return xml += "</offer>";
}

}  // namespace bourse::xmpp
