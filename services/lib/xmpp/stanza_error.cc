#include "xmpp/stanza_error.h"

#include "xmpp/payload.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

void append_condition(std::string& xml, std::string_view condition, std::string_view content) {
  xml.append("<").append(condition).append(" xmlns='").append(kStanzaErrorNs).append("'");
  if (content.empty()) {
    xml += "/>";
    return;
  }
  xml += '>';
  append_repaired(xml, clipped(content, kMostErrorTextBytes));
  xml.append("</").append(condition).append(">");
}

// `content` is the condition's own: where a node went. `feature` is XEP-0060's name of what is missing.
std::string render(const StanzaError& error, std::string_view text, std::string_view content, std::string_view feature,
                   std::chrono::seconds retry_after = {}) {
  std::string xml = "<error";
  append_attribute(xml, "type", error.type);
  xml += '>';
  append_condition(xml, error.condition, content);
  xml.append("<text xmlns='").append(kStanzaErrorNs).append("' xml:lang='en'>");
  append_repaired(xml, clipped(text.empty() ? std::string_view(error.condition) : text, kMostErrorTextBytes));
  xml += "</text>";
  if (!feature.empty()) {
    xml.append("<unsupported xmlns='").append(kPubsubErrorsNs).append("'");
    append_attribute(xml, "feature", feature);
    xml += "/>";
  } else if (!error.pubsub.empty()) {
    xml.append("<").append(error.pubsub).append(" xmlns='").append(kPubsubErrorsNs).append("'/>");
  }
  if (retry_after > std::chrono::seconds::zero()) {
    xml.append("<retry-after xmlns='").append(kMarketNs).append("'");
    append_attribute(xml, "seconds", std::to_string(retry_after.count()));
    xml += "/>";
  }
  return xml += "</error>";
}

}  // namespace

StanzaError stanza_error(base::Errc code) {
  using enum base::Errc;
  switch (code) {
    case kBadRequest:
      return {"modify", "bad-request", ""};
    case kInvalidPayload:
      return {"modify", "bad-request", "invalid-payload"};
    case kPayloadRequired:
      return {"modify", "bad-request", "payload-required"};
    case kItemRequired:
      return {"modify", "bad-request", "item-required"};
    case kNodeRequired:
      return {"modify", "bad-request", "nodeid-required"};
    case kInvalidJid:
      return {"modify", "bad-request", "invalid-jid"};
    case kNotSubscribed:
      return {"cancel", "unexpected-request", "not-subscribed"};
    case kForbidden:
      return {"auth", "forbidden", ""};
    case kNotFound:
      return {"cancel", "item-not-found", ""};
    case kConflict:
      return {"cancel", "conflict", ""};
    case kNotAcceptable:
      return {"modify", "not-acceptable", ""};
    case kUnsupported:
      return {"cancel", "feature-not-implemented", ""};
    case kPayloadTooBig:
      return {"modify", "not-acceptable", "payload-too-big"};
    case kResourceConstraint:
      return {"wait", "resource-constraint", ""};
    case kUnavailable:
      return {"wait", "service-unavailable", ""};
    case kRateLimited:
      return {"wait", "policy-violation", ""};
    case kCorrupt:
      return {"cancel", "internal-server-error", ""};
    case kInternal:
      return {"cancel", "internal-server-error", ""};
    case kNotAllowed:
      return {"cancel", "not-allowed", ""};
    case kNotAuthorized:
      return {"auth", "not-authorized", "not-subscribed"};
    case kClosedNode:
      return {"cancel", "not-allowed", "closed-node"};
    case kNotInRosterGroup:
      return {"auth", "not-authorized", "not-in-roster-group"};
    case kPresenceSubscriptionRequired:
      return {"auth", "not-authorized", "presence-subscription-required"};
    case kPendingSubscription:
      return {"auth", "not-authorized", "pending-subscription"};
    case kTooManySubscriptions:
      return {"wait", "policy-violation", "too-many-subscriptions"};
    case kInvalidOptions:
      return {"modify", "bad-request", "invalid-options"};
    case kInvalidSubid:
      return {"modify", "not-acceptable", "invalid-subid"};
    case kSubidRequired:
      return {"modify", "bad-request", "subid-required"};
    case kJidRequired:
      return {"modify", "bad-request", "jid-required"};
    case kConfigurationRequired:
      return {"modify", "not-acceptable", "configuration-required"};
    case kPreconditionNotMet:
      return {"cancel", "conflict", "precondition-not-met"};
    case kMaxItemsExceeded:
      return {"modify", "not-allowed", "max-items-exceeded"};
    case kMaxNodesExceeded:
      return {"cancel", "not-allowed", "max-nodes-exceeded"};
    case kItemForbidden:
      return {"modify", "bad-request", "item-forbidden"};
    case kUnsupportedAccessModel:
      return {"modify", "not-acceptable", "unsupported-access-model"};
    case kGone:
      return {"cancel", "gone", ""};
  }
  return {"cancel", "internal-server-error", ""};
}

std::string render_error(const base::Error& error) {
  if (error.code == base::Errc::kGone) {
    const std::string text = error.text.empty() ? "the node was deleted" : "the node has moved to " + error.text;
    return render(stanza_error(error.code), text, error.text, {});
  }
  return render(stanza_error(error.code), error.text, {}, error.feature, error.retry_after);
}

std::string render_not_served(std::string_view text) {
  return render({"cancel", "service-unavailable", ""}, text, {}, {});
}

}  // namespace bourse::xmpp
