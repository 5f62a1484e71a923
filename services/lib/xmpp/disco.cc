#include "xmpp/disco.h"

#include <utility>

#include "base/base64url.h"
#include "pubsub/features.h"
#include "xmpp/data_form.h"
#include "xmpp/payload.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using pubsub::FieldType;

// Beside the pubsub#… features. tests/tidy/doap_test.py reads this list: what is here stands in doap.xml.
constexpr const char* kServiceFeatures[] = {
    "http://jabber.org/protocol/commands",
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/rsm",
    "http://jabber.org/protocol/shim",
    "http://jabber.org/protocol/xdata-validate",
    "jabber:iq:version",
    "jabber:x:data",
    "urn:bourse:market:1",
    "urn:xmpp:delay",
    "urn:xmpp:mam:2",
    "urn:xmpp:mam:2#extended",
    "urn:xmpp:order-by:0",
    "urn:xmpp:order-by:1",
    "urn:xmpp:ping",
};

void append_feature(std::string& xml, std::string_view prefix, std::string_view name) {
  xml.append("<feature var='").append(prefix).append(name).append("'/>");
}

void add(pubsub::Form& form, std::string_view var, FieldType type, std::vector<std::string> values) {
  pubsub::Field field;
  field.var = var;
  field.type = type;
  field.values = std::move(values);
  form.fields.push_back(std::move(field));
}

void add(pubsub::Form& form, std::string_view var, std::string value) {
  add(form, var, FieldType::kTextSingle, {std::move(value)});
}

void add(pubsub::Form& form, std::string_view var, std::size_t number) { add(form, var, std::to_string(number)); }

void add_addresses(pubsub::Form& form, std::string_view var, const std::vector<std::string>& addresses) {
  if (!addresses.empty()) add(form, var, FieldType::kListMulti, addresses);
}

std::string_view name(pubsub::CreationPolicy policy) {
  switch (policy) {
    case pubsub::CreationPolicy::kAnyone:
      return "anyone";
    case pubsub::CreationPolicy::kDomains:
      return "domains";
    case pubsub::CreationPolicy::kOperators:
      return "operators";
  }
  return {};
}

pubsub::Form result_form(std::string_view form_type) {
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.form_type = form_type;
  return form;
}

// What is asked of those who publish, and what a node may hold: so that nobody has to find out by an error.
pubsub::Form market_form(const ServiceFacts& facts) {
  const auto& policy = facts.policy;
  pubsub::Form form = result_form(kMarketNs);
  add(form, "max-payload-bytes", facts.max_payload_bytes);
  std::vector<std::string> pools;
  for (const auto& pool : facts.pools) pools.push_back(pool.value);
  add(form, "pools", FieldType::kTextMulti, std::move(pools));
  add(form, "ticket-key", base::base64url_encode(facts.ticket_key));
  if (!facts.log_keys.empty()) add(form, "log-keys", FieldType::kTextMulti, facts.log_keys);
  add(form, "node-creation", std::string(name(policy.creation)));
  if (policy.creation == pubsub::CreationPolicy::kDomains) {
    add(form, "node-creation-domains", FieldType::kTextMulti, policy.creation_domains);
  }
  add(form, "max-node-payload-bytes", policy.limits.max_payload_bytes);
  add(form, "max-items", policy.limits.max_items);
  add(form, "max-items-per-publish", policy.max_items_per_publish);
  add(form, "max-item-id-bytes", policy.max_item_id_bytes);
  add(form, "max-node-name-bytes", policy.max_node_name_bytes);
  add(form, "max-nodes", policy.max_nodes_per_jid);
  add(form, "max-children", policy.limits.children_max);
  add(form, "max-subscriptions", policy.max_subscriptions_per_jid);
  add(form, "max-affiliations", policy.max_affiliations_per_node);
  add(form, "longest-lease", format_duration(policy.longest_lease));
  add(form, "confirm-within", format_duration(facts.rules.confirm_within));
  add(form, "suspect-for", format_duration(facts.rules.suspect_for));
  add(form, "most-grace", format_duration(facts.rules.most_grace));
  return form;
}

pubsub::Form software_form(const ServiceFacts& facts) {
  pubsub::Form form = result_form("urn:xmpp:dataforms:softwareinfo");
  add(form, "software", std::string("Bourse"));
  add(form, "software_version", facts.version);
  return form;
}

pubsub::Form contact_form(const ContactAddresses& contacts) {
  pubsub::Form form = result_form("http://jabber.org/network/serverinfo");
  add_addresses(form, "abuse-addresses", contacts.abuse);
  add_addresses(form, "admin-addresses", contacts.admin);
  add_addresses(form, "feedback-addresses", contacts.feedback);
  add_addresses(form, "sales-addresses", contacts.sales);
  add_addresses(form, "security-addresses", contacts.security);
  add_addresses(form, "support-addresses", contacts.support);
  return form;
}

}  // namespace

std::string render_disco_info(const ServiceFacts& facts) {
  std::string xml = std::string("<query xmlns='") + kDiscoInfoNs + "'>";
  xml += "<identity category='pubsub' type='service' name='Bourse'/>";
  for (const char* feature : kServiceFeatures) append_feature(xml, {}, feature);
  for (const auto feature : pubsub::announced(facts.policy)) append_feature(xml, pubsub::kFeaturePrefix, feature);
  xml += render(market_form(facts));
  xml += render(software_form(facts));
  if (const auto contacts = contact_form(facts.contacts); !contacts.fields.empty()) xml += render(contacts);
  return xml += "</query>";
}

std::string render_header_info() {
  std::string xml = std::string("<query xmlns='") + kDiscoInfoNs + "' node='" + kShimNs + "'>";
  xml += "<identity category='pubsub' type='service' name='Bourse'/>";
  append_feature(xml, kShimNs, {});
  append_feature(xml, kShimNs, "#Collection");
  append_feature(xml, kShimNs, "#SubID");
  return xml += "</query>";
}

std::string render_version(const ServiceFacts& facts) {
  std::string xml = std::string("<query xmlns='") + kVersionNs + "'><name>Bourse</name><version>";
  append_escaped(xml, facts.version);
  return xml += "</version></query>";
}

std::string_view market_title(pubsub::MarketNode node) {
  switch (node) {
    case pubsub::MarketNode::kOffers:
      return "What providers lend";
    case pubsub::MarketNode::kRequests:
      return "What consumers need";
    case pubsub::MarketNode::kGrants:
      return "Who was given what";
    case pubsub::MarketNode::kAvailability:
      return "Which providers are there";
    case pubsub::MarketNode::kAudit:
      return "The signed heads of the audit log";
  }
  return {};
}

}  // namespace bourse::xmpp
