#include <gloox/tag.h>

#include <limits>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;

constexpr std::size_t kMaxTicket = 16 * 1024;

Status read_parties(const gloox::Tag& tag, domain::Grant& grant) {
  const auto id = read_grant_id(tag, "id");
  if (!id) return id.error();
  grant.id = *id;
  auto offer = read_id(tag, "offer");
  if (!offer) return offer.error();
  grant.offer.value = std::move(*offer);
  auto request = read_id(tag, "request");
  if (!request) return request.error();
  grant.request.value = std::move(*request);
  auto provider = read_told_jid(tag, "provider");
  if (!provider) return provider.error();
  grant.provider = std::move(*provider);
  auto consumer = read_told_jid(tag, "consumer");
  if (!consumer) return consumer.error();
  grant.consumer = std::move(*consumer);
  if (const std::string* text = attribute(tag, "fence")) {
    const auto fence = parse_number(*text, std::numeric_limits<std::uint64_t>::max());
    if (!fence) return within(tag, fence.error());
    if (*fence != grant.id.value) return invalid(tag, "the fence is not the number of the id");
  }
  return Done{};
}

std::string all_states() {
  std::string names;
  for (const auto state : domain::kGrantStates) {
    if (!names.empty()) names += ", ";
    names += domain::name(state);
  }
  return names;
}

Status read_life(const gloox::Tag& tag, domain::Grant& grant) {
  const auto state = required(tag, "state");
  if (!state) return state.error();
  const auto parsed = domain::grant_state(*state);
  if (!parsed) return invalid(tag, "a state is one of " + all_states());
  grant.state = *parsed;
  const auto started = read_timestamp(tag, "started");
  if (!started) return started.error();
  grant.started = *started;
  const auto expires = read_timestamp(tag, "expires");
  if (!expires) return expires.error();
  grant.expires = *expires;
  if (const std::string* ahead = attribute(tag, "ahead")) {
    const auto flag = parse_boolean(*ahead);
    if (!flag) return within(tag, flag.error());
    grant.ahead = *flag;
  }
  if (attribute(tag, "state-until") != nullptr) {
    const auto until = read_timestamp(tag, "state-until");
    if (!until) return until.error();
    grant.state_until = *until;
  }
  if (attribute(tag, "ended") != nullptr) {
    const auto ended = read_timestamp(tag, "ended");
    if (!ended) return ended.error();
    grant.ended = *ended;
  }
  if (const std::string* reason = attribute(tag, "reason")) grant.reason = *reason;
  if (const std::string* text = attribute(tag, "entry")) {
    const auto entry = parse_number(*text, std::numeric_limits<std::int64_t>::max());
    if (!entry) return within(tag, entry.error());
    grant.entry = domain::AuditIndex{*entry};
  }
  return Done{};
}

Status read_device(const gloox::Tag& tag, domain::Grant& grant) {
  if (const auto known = only_attributes(tag, {"index", "quantity"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (grant.devices.size() >= static_cast<std::size_t>(domain::kMaxDevices)) return invalid(tag, "too many devices");
  const auto index_text = required(tag, "index");
  if (!index_text) return index_text.error();
  const auto index = parse_number(*index_text, std::numeric_limits<std::uint16_t>::max());
  if (!index) return within(tag, index.error());
  const auto quantity = required(tag, "quantity");
  if (!quantity) return quantity.error();
  const auto milli = domain::parse_quantity(domain::kGpu, *quantity);
  if (!milli) return within(tag, milli.error());
  grant.devices.push_back({static_cast<std::uint16_t>(*index), *milli});
  return Done{};
}

Status read_ticket(const gloox::Tag& tag, GrantPayload& payload) {
  if (const auto known = only_attributes(tag, {}); !known) return known;
  if (const auto plain = no_children(tag); !plain) return plain;
  if (!payload.ticket.empty()) return invalid(tag, "there is already one");
  payload.ticket = text_of(tag);
  if (payload.ticket.empty() || payload.ticket.size() > kMaxTicket) return invalid(tag, "not a signed ticket");
  return Done{};
}

Status read_child(const gloox::Tag& child, const gloox::Tag& parent, GrantPayload& payload) {
  if (!is_in(child, kMarketNs)) return Done{};
  if (child.name() == "resource") return read_resource(child, payload.grant.resources, nullptr);
  if (child.name() == "device") return read_device(child, payload.grant);
  if (child.name() == "ticket") return read_ticket(child, payload);
  return unknown_element(child, parent);
}

}  // namespace

base::Result<GrantPayload> parse_grant(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "grant"); !ours) return ours.error();
  if (const auto known =
          only_attributes(tag, {"id", "offer", "request", "provider", "consumer", "state", "ahead", "started",
                                "expires", "state-until", "ended", "reason", "fence", "entry"});
      !known) {
    return known.error();
  }
  if (const auto plain = no_text(tag); !plain) return plain.error();
  GrantPayload payload;
  if (const auto read = read_parties(tag, payload.grant); !read) return read.error();
  if (const auto read = read_life(tag, payload.grant); !read) return read.error();
  for (const auto* child : tag.children()) {
    if (const auto read = read_child(*child, tag, payload); !read) return read.error();
  }
  return payload;
}

std::string render_grant(const domain::Grant& grant, std::string_view ticket) {
  std::string xml;
  xml.reserve(640 + ticket.size());
  xml.append("<grant xmlns='").append(kMarketNs).append("'");
  append_attribute(xml, "id", domain::to_item_id(grant.id));
  append_attribute(xml, "offer", grant.offer.value);
  append_attribute(xml, "request", grant.request.value);
  append_attribute(xml, "provider", grant.provider.text());
  append_attribute(xml, "consumer", grant.consumer.text());
  append_attribute(xml, "state", domain::name(grant.state));
  if (grant.ahead) append_attribute(xml, "ahead", "true");
  append_attribute(xml, "started", format_timestamp(grant.started));
  append_attribute(xml, "expires", format_timestamp(grant.expires));
  if (grant.state_until) append_attribute(xml, "state-until", format_timestamp(*grant.state_until));
  if (grant.ended) append_attribute(xml, "ended", format_timestamp(*grant.ended));
  if (!grant.reason.empty()) append_attribute(xml, "reason", grant.reason);
  if (grant.entry) append_attribute(xml, "entry", std::to_string(grant.entry->value));
  append_attribute(xml, "fence", grant.id.value);
  xml += '>';
  append_resources(xml, grant.resources, {});
  for (const auto& device : grant.devices) {
    xml += "<device";
    append_attribute(xml, "index", std::uint64_t{device.index});
    append_attribute(xml, "quantity", domain::format_quantity(domain::kGpu, device.milli));
    xml += "/>";
  }
  if (!ticket.empty()) {
    xml += "<ticket>";
    append_escaped(xml, ticket);
    xml += "</ticket>";
  }
  return xml += "</grant>";
}

}  // namespace bourse::xmpp
