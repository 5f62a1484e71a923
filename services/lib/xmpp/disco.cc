#include "xmpp/disco.h"

#include "base/base64url.h"
#include "pubsub/market_nodes.h"
#include "xmpp/payload.h"
#include "xmpp/pubsub_request.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr const char* kServiceFeatures[] = {
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#subscribe",
    "http://jabber.org/protocol/rsm",
    "jabber:iq:version",
    "urn:bourse:market:1",
    "urn:xmpp:ping",
};

void append_field(std::string& xml, std::string_view name, std::string_view type,
                  const std::vector<std::string>& values) {
  xml += "<field";
  append_attribute(xml, "var", name);
  if (!type.empty()) append_attribute(xml, "type", type);
  xml += '>';
  for (const auto& value : values) {
    xml += "<value>";
    append_escaped(xml, value);
    xml += "</value>";
  }
  xml += "</field>";
}

void append_form(std::string& xml, const ServiceFacts& facts) {
  xml += "<x xmlns='jabber:x:data' type='result'>";
  append_field(xml, "FORM_TYPE", "hidden", {kMarketNs});
  append_field(xml, "max-payload-bytes", "", {std::to_string(facts.max_payload_bytes)});
  std::vector<std::string> pools;
  for (const auto& pool : facts.pools) pools.push_back(pool.value);
  append_field(xml, "pools", "text-multi", pools);
  append_field(xml, "ticket-key", "", {base::base64url_encode(facts.ticket_key)});
  xml += "</x>";
}

std::string open_query(const char* ns, const std::string* node) {
  std::string xml = std::string("<query xmlns='") + ns + "'";
  if (node != nullptr) append_attribute(xml, "node", *node);
  return xml += '>';
}

std::string_view title(pubsub::MarketNode node) {
  switch (node) {
    case pubsub::MarketNode::kOffers:
      return "What providers lend";
    case pubsub::MarketNode::kRequests:
      return "What consumers need";
    case pubsub::MarketNode::kGrants:
      return "Who was given what";
    case pubsub::MarketNode::kAvailability:
      return "Which providers are there";
  }
  return {};
}

}  // namespace

base::Result<std::string> render_disco_info(const ServiceFacts& facts, const std::string* node) {
  std::string xml = open_query(kDiscoInfoNs, node);
  if (node != nullptr) {
    const auto found = find_node(node, facts.pools);
    if (!found) return found.error();
    xml += "<identity category='pubsub' type='leaf'";
    append_attribute(xml, "name", title(found->node));
    xml += "/><feature var='http://jabber.org/protocol/pubsub'/>";
    return xml += "</query>";
  }
  xml += "<identity category='pubsub' type='service' name='Bourse'/>";
  for (const char* feature : kServiceFeatures) {
    xml += "<feature";
    append_attribute(xml, "var", feature);
    xml += "/>";
  }
  append_form(xml, facts);
  return xml += "</query>";
}

base::Result<std::string> render_disco_items(const ServiceFacts& facts, const std::string* node) {
  if (node != nullptr) {
    const auto found = find_node(node, facts.pools);
    if (!found) return found.error();
    return {base::Errc::kUnsupported, "ask for the items of a node with <items/> as in XEP-0060"};
  }
  std::string xml = open_query(kDiscoItemsNs, nullptr);
  for (const auto& pool : facts.pools) {
    for (const auto market_node : pubsub::kMarketNodes) {
      xml += "<item";
      append_attribute(xml, "jid", facts.service);
      append_attribute(xml, "node", pubsub::node_name(pool, market_node).value);
      append_attribute(xml, "name", title(market_node));
      xml += "/>";
    }
  }
  return xml += "</query>";
}

std::string render_version(const ServiceFacts& facts) {
  std::string xml = open_query(kVersionNs, nullptr) + "<name>Bourse</name><version>";
  append_escaped(xml, facts.version);
  return xml += "</version></query>";
}

}  // namespace bourse::xmpp
