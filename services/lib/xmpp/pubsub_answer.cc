#include "xmpp/pubsub_answer.h"

#include <string_view>
#include <variant>

#include "xmpp/data_form.h"
#include "xmpp/node_info.h"
#include "xmpp/stanza_error.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::string_view kOwnerNs = "http://jabber.org/protocol/pubsub#owner";

std::string wrapped(std::string_view ns, std::string_view inner) {
  std::string xml;
  xml.reserve(inner.size() + 80);
  xml.append("<pubsub xmlns='").append(ns).append("'>").append(inner).append("</pubsub>");
  return xml;
}

std::string open(std::string_view element, const std::optional<domain::NodeName>& node) {
  std::string xml = "<";
  xml.append(element);
  if (node) append_attribute(xml, "node", node->value);
  return xml;
}

// The node is named unless the list is one node's own; when a leased one ends is the owner's to see here, and the
// subscriber's in its options.
void append_subscription(std::string& xml, const pubsub::SubscriptionInfo& subscription, bool owner) {
  xml += "<subscription";
  if (!owner) append_attribute(xml, "node", subscription.node.value);
  append_attribute(xml, "jid", subscription.subscriber.text());
  append_attribute(xml, "subscription", to_text(subscription.state));
  if (subscription.id.value != 0) append_attribute(xml, "subid", subscription.id.value);
  if (owner && subscription.expires) append_attribute(xml, "expiry", format_timestamp(*subscription.expires));
  if (subscription.state == pubsub::SubscriptionState::kUnconfigured) {
    xml += "><subscribe-options><required/></subscribe-options></subscription>";
  } else {
    xml += "/>";
  }
}

struct Render {
  std::string operator()(const std::monostate&) const { return {}; }
  // The answer to its question is an ad-hoc command's (XEP-0060 §8.7).
  std::string operator()(const pubsub::PendingAnswer&) const { return {}; }

  std::string operator()(const pubsub::NodeCreated& created) const {
    return wrapped(kPubsubNs, open("create", created.node) + "/>");
  }

  std::string operator()(const pubsub::ItemsPublished& published) const {
    std::string xml = open("publish", published.node) + ">";
    for (const auto& id : published.ids) {
      xml += "<item";
      append_attribute(xml, "id", id);
      xml += "/>";
    }
    return wrapped(kPubsubNs, xml + "</publish>");
  }

  std::string operator()(const pubsub::SubscriptionAnswer& answer) const {
    std::string xml;
    append_subscription(xml, answer.subscription, false);
    return wrapped(kPubsubNs, xml);
  }

  std::string operator()(const pubsub::ConfigAnswer& answer) const {
    const std::string_view element = answer.node ? "configure" : "default";
    return wrapped(
        kOwnerNs,
        open(element, answer.node).append(">").append(render(answer.form)).append("</").append(element) + ">");
  }

  std::string operator()(const pubsub::OptionsAnswer& answer) const {
    const std::string_view element = answer.subscriber.empty() ? "default" : "options";
    std::string xml = open(element, answer.node);
    if (!answer.subscriber.empty()) append_attribute(xml, "jid", answer.subscriber.text());
    if (answer.id) append_attribute(xml, "subid", answer.id->value);
    return wrapped(kPubsubNs, xml.append(">").append(render(answer.form)).append("</").append(element) + ">");
  }

  std::string operator()(const pubsub::SubscriptionsAnswer& answer) const {
    std::string xml = open("subscriptions", answer.node) + ">";
    for (const auto& subscription : answer.subscriptions) append_subscription(xml, subscription, answer.owner);
    return wrapped(answer.owner ? kOwnerNs : kPubsubNs, xml + "</subscriptions>");
  }

  std::string operator()(const pubsub::AffiliationsAnswer& answer) const {
    std::string xml = open("affiliations", answer.node) + ">";
    for (const auto& info : answer.affiliations) {
      xml += "<affiliation";
      if (answer.owner) {
        append_attribute(xml, "jid", info.jid.text());
      } else {
        append_attribute(xml, "node", info.node.value);
      }
      append_attribute(xml, "affiliation", to_text(info.affiliation));
      xml += "/>";
    }
    return wrapped(answer.owner ? kOwnerNs : kPubsubNs, xml + "</affiliations>");
  }

  std::string operator()(const pubsub::NodeInfo& info) const { return render_node_info(info); }
};

}  // namespace

std::string render(const pubsub::Answer& answer) { return std::visit(Render{}, answer); }

}  // namespace bourse::xmpp
