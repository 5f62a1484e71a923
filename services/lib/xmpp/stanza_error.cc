#include "xmpp/stanza_error.h"

#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

std::string render(const StanzaError& error, std::string_view text) {
  std::string xml = "<error";
  append_attribute(xml, "type", error.type);
  xml.append("><").append(error.condition).append(" xmlns='").append(kStanzaErrorNs).append("'/>");
  xml.append("<text xmlns='").append(kStanzaErrorNs).append("' xml:lang='en'>");
  append_repaired(xml, text.empty() ? error.condition : text);
  xml += "</text>";
  if (!error.pubsub.empty())
    xml.append("<").append(error.pubsub).append(" xmlns='").append(kPubsubErrorsNs).append("'/>");
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
    case kCorrupt:
      return {"cancel", "internal-server-error", ""};
    case kInternal:
      return {"cancel", "internal-server-error", ""};
  }
  return {"cancel", "internal-server-error", ""};
}

std::string render_error(const base::Error& error) { return render(stanza_error(error.code), error.text); }

std::string render_not_served(std::string_view text) { return render({"cancel", "service-unavailable", ""}, text); }

}  // namespace bourse::xmpp
