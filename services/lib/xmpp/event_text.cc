#include "xmpp/event_text.h"

#include <utility>

#include "pubsub/node_config.h"
#include "xmpp/data_form.h"
#include "xmpp/item_payload.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::Event;
using market::EventKind;

constexpr const char* kSubscribeAuthorizationForm = "http://jabber.org/protocol/pubsub#subscribe_authorization";

std::string event_element(std::string_view inner) {
  std::string xml = "<event xmlns='http://jabber.org/protocol/pubsub#event'>";
  xml.reserve(xml.size() + inner.size() + 8);
  return xml.append(inner).append("</event>");
}

// <name node='…' — without its end.
std::string open(std::string_view name, std::string_view node) {
  std::string xml = "<";
  xml.append(name);
  append_attribute(xml, "node", node);
  return xml;
}

std::string publisher_of(const Event& event, std::string_view service) {
  if (!event.publisher.empty()) return event.publisher.bare().text();
  const auto& party = event.provider.empty() ? event.consumer : event.provider;
  if (event.kind == EventKind::kPublished && !party.empty()) return party.text();
  return std::string(service);
}

std::string item(const Event& event, std::string_view publisher, std::string_view payload) {
  std::string xml = open("items", event.node.value);
  xml += "><item";
  append_attribute(xml, "id", event.item_id);
  if (!publisher.empty()) append_attribute(xml, "publisher", publisher);
  if (payload.empty()) {
    xml += "/>";
  } else {
    xml.append(">").append(payload).append("</item>");
  }
  return event_element(xml += "</items>");
}

Result<EventText> items(const Event& event, std::string_view service, bool payloads, const TicketSigner& sign) {
  const std::string publisher = publisher_of(event, service);
  if (!payloads) return EventText{item(event, publisher, {}), {}};
  auto payload = item_payload(event, sign);
  if (!payload) return payload.error();
  EventText text{item(event, publisher, payload->open), {}};
  if (!payload->with_ticket.empty()) {
    text.with_ticket = item(event, publisher, payload->with_ticket);
    text.provider = std::move(payload->provider);
    text.consumer = std::move(payload->consumer);
  }
  return text;
}

std::string retracted(const Event& event) {
  std::string xml = open("items", event.node.value);
  xml += "><retract";
  append_attribute(xml, "id", event.item_id);
  return event_element(xml += "/></items>");
}

base::Error unreadable(const Event& event) {
  return {base::Errc::kCorrupt, "the record of an event of node '" + event.node.value + "' cannot be read"};
}

Result<pubsub::FormValues> record_values(const Event& event) {
  auto values = pubsub::decode_form(event.record);
  if (!values) return unreadable(event);
  return std::move(*values);
}

std::string first_value(const pubsub::FormValues& values, std::string_view var) {
  const auto* field = pubsub::find_field(values, var);
  return field == nullptr || field->values.empty() ? std::string() : field->values.front();
}

// The configuration as a result: what it could have been is the owner's form to say.
Result<EventText> configured(const Event& event, bool payloads) {
  std::string xml = open("configuration", event.node.value);
  if (!payloads) return EventText{event_element(xml += "/>"), {}};
  const auto values = record_values(event);
  if (!values) return values.error();
  const auto config = pubsub::config_from(*values);
  if (!config) return config.error();
  pubsub::Form form = pubsub::config_form(*config, {});
  form.type = pubsub::FormType::kResult;
  form.title.clear();
  form.instructions.clear();
  xml.append(">").append(render(form));
  return EventText{event_element(xml += "</configuration>"), {}};
}

Result<EventText> deleted(const Event& event) {
  const auto values = record_values(event);
  if (!values) return values.error();
  std::string xml = open("delete", event.node.value);
  const std::string redirect = first_value(*values, "redirect");
  if (redirect.empty()) return EventText{event_element(xml += "/>"), {}};
  xml += "><redirect";
  append_attribute(xml, "uri", redirect);
  return EventText{event_element(xml += "/></delete>"), {}};
}

Result<EventText> subscription(const Event& event) {
  const auto values = record_values(event);
  if (!values) return values.error();
  std::string xml = open("subscription", event.node.value);
  append_attribute(xml, "jid", event.consumer.text());
  append_attribute(xml, "subscription", first_value(*values, "state"));
  if (const auto subid = first_value(*values, "subid"); !subid.empty()) append_attribute(xml, "subid", subid);
  if (const auto expiry = first_value(*values, "expiry"); !expiry.empty()) append_attribute(xml, "expiry", expiry);
  return EventText{event_element(xml += "/>"), {}};
}

pubsub::Field field(std::string_view var, pubsub::FieldType type, std::string_view label, std::string_view value) {
  pubsub::Field made;
  made.var = var;
  made.type = type;
  made.label = label;
  made.values.emplace_back(value);
  return made;
}

EventText authorization(const Event& event) {
  using pubsub::FieldType;
  pubsub::Form form;
  form.form_type = kSubscribeAuthorizationForm;
  form.title = "Somebody wants to subscribe";
  form.instructions = "Say whether " + event.consumer.text() + " may subscribe to node " + event.node.value +
                      ". To decide later, cancel.";
  if (!event.item_id.empty()) form.fields.push_back(field("pubsub#subid", FieldType::kHidden, "", event.item_id));
  form.fields.push_back(field("pubsub#node", FieldType::kTextSingle, "Node", event.node.value));
  form.fields.push_back(field("pubsub#subscriber_jid", FieldType::kJidSingle, "Subscriber", event.consumer.text()));
  form.fields.push_back(field("pubsub#allow", FieldType::kBoolean, "Allow this subscription?", "false"));
  return {render(form), {}};
}

EventText child(const Event& event, std::string_view what) {
  std::string xml = open("collection", event.node.value);
  xml.append(">").append(open(what, event.item_id)).append("/></collection>");
  return {event_element(xml), {}};
}

}  // namespace

bool is_session_of(const domain::Jid& jid, const domain::Jid& bare) {
  const std::string_view text = jid.text();
  const std::string_view prefix = bare.text();
  return text.starts_with(prefix) && (text.size() == prefix.size() || text[prefix.size()] == '/');
}

Result<EventText> event_text(const Event& event, std::string_view service, bool payloads, const TicketSigner& sign) {
  using enum EventKind;
  switch (event.kind) {
    case kPublished:
    case kGrantStarted:
    case kGrantChanged:
    case kGrantEnded:
    case kAvailabilityChanged:
    case kItemPublished:
      return items(event, service, payloads, sign);
    case kRetracted:
    case kItemRetracted:
      return EventText{retracted(event), {}};
    case kNodeConfigured:
      return configured(event, payloads);
    case kNodeDeleted:
      return deleted(event);
    case kNodePurged:
      return EventText{event_element(open("purge", event.node.value) + "/>"), {}};
    case kSubscriptionChanged:
      return subscription(event);
    case kSubscriptionRequested:
      return authorization(event);
    case kNodeCreated:
      return EventText{event_element(open("create", event.node.value) + "/>"), {}};
    case kAssociated:
      return child(event, "associate");
    case kDissociated:
      return child(event, "dissociate");
  }
  return base::Error{base::Errc::kCorrupt, "an event of unknown kind"};
}

}  // namespace bourse::xmpp
