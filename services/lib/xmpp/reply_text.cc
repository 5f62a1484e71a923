#include "xmpp/reply_text.h"

#include <variant>

#include "domain/records.h"
#include "xmpp/payload.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

void open_iq(std::string& to, std::string_view type, const market::ReplyTo& address) {
  to.append("<iq type='").append(type).append("'");
  append_attribute(to, "from", address.to);
  append_attribute(to, "to", address.from.text());
  append_attribute(to, "id", address.stanza_id);
}

struct AppendBody {
  std::string& to;
  const market::ReplyTo& address;

  void operator()(const market::Acknowledged&) const { append_result(to, address, {}); }
  void operator()(const base::Error& error) const { append_error(to, address, render_error(error)); }
  void operator()(const market::Published& published) const {
    open_iq(to, "result", address);
    to.append("><pubsub xmlns='").append(kPubsubNs).append("'><publish");
    append_attribute(to, "node", published.node.value);
    to += "><item";
    append_attribute(to, "id", published.item_id);
    to += "/></publish></pubsub></iq>";
  }
  void operator()(const market::Subscribed& subscribed) const {
    open_iq(to, "result", address);
    to.append("><pubsub xmlns='").append(kPubsubNs).append("'><subscription");
    append_attribute(to, "node", subscribed.node.value);
    append_attribute(to, "jid", subscribed.subscriber.text());
    to += " subscription='subscribed'/></pubsub></iq>";
  }
};

// The content of an event's item: as everybody may see it, and as the grant's parties do.
struct Content {
  std::string open;
  std::string with_ticket;
  domain::Jid provider;
  domain::Jid consumer;

  [[nodiscard]] const std::string& for_recipient(const domain::Jid& recipient) const {
    if (with_ticket.empty()) return open;
    const domain::Jid bare = recipient.bare();
    return bare == provider || bare == consumer ? with_ticket : open;
  }
};

base::Result<Content> grant_content(const market::Event& event, const TicketSigner& sign) {
  const auto grant = domain::decode_grant(event.record);
  if (!grant) return grant.error();
  Content content{render_grant(*grant, {}), {}, grant->provider, grant->consumer};
  if (domain::is_live(grant->state) && sign) content.with_ticket = render_grant(*grant, sign(*grant));
  return content;
}

base::Result<Content> published_content(const market::Event& event) {
  if (event.node.value.ends_with("/requests")) {
    auto request = domain::decode_request(event.record);
    if (!request) return request.error();
    const RequestStanding standing{domain::RequestState::kWaiting, 0, event.at};
    return Content{render_request({{}, std::move(*request), standing}), {}, {}, {}};
  }
  const auto offer = domain::decode_offer(event.record);
  if (!offer) return offer.error();
  return Content{render_offer(*offer), {}, {}, {}};
}

base::Result<Content> content_of(const market::Event& event, const TicketSigner& sign) {
  switch (event.kind) {
    case market::EventKind::kPublished:
      return published_content(event);
    case market::EventKind::kRetracted:
      return Content{};
    case market::EventKind::kGrantStarted:
    case market::EventKind::kGrantEnded:
      return grant_content(event, sign);
    case market::EventKind::kAvailabilityChanged: {
      const auto change = domain::decode_availability(event.record);
      if (!change) return change.error();
      return Content{render_availability(*change), {}, {}, {}};
    }
  }
  return base::Error{base::Errc::kCorrupt, "an event of unknown kind"};
}

// Everything between the message's start tag and the payload.
std::string item_head(const market::Event& event) {
  std::string xml = "><event xmlns='http://jabber.org/protocol/pubsub#event'><items";
  append_attribute(xml, "node", event.node.value);
  xml += event.kind == market::EventKind::kRetracted ? "><retract" : "><item";
  append_attribute(xml, "id", event.item_id);
  if (event.kind == market::EventKind::kRetracted) return xml += "/>";
  if (!event.publisher.empty()) append_attribute(xml, "publisher", event.publisher.bare().text());
  return xml += '>';
}

}  // namespace

void append_result(std::string& to, const market::ReplyTo& address, std::string_view payload) {
  if (address.stanza_id.empty()) return;
  open_iq(to, "result", address);
  if (payload.empty()) {
    to += "/>";
  } else {
    to.append(">").append(payload).append("</iq>");
  }
}

void append_error(std::string& to, const market::ReplyTo& address, std::string_view error) {
  if (address.stanza_id.empty()) return;
  open_iq(to, "error", address);
  to.append(">").append(error).append("</iq>");
}

void append_reply(std::string& to, const market::Reply& reply) {
  if (reply.to.stanza_id.empty()) return;
  std::visit(AppendBody{to, reply.to}, reply.body);
}

base::Status append_notification(std::string& to, std::string_view service, const market::Notification& notification,
                                 const TicketSigner& sign) {
  if (notification.recipients == nullptr || notification.recipients->empty()) return base::Done{};
  const market::Event& event = notification.event;
  const auto content = content_of(event, sign);
  if (!content) return content.error();
  const std::string head = item_head(event);
  const std::string_view tail =
      event.kind == market::EventKind::kRetracted ? "</items></event></message>" : "</item></items></event></message>";
  for (const auto& recipient : *notification.recipients) {
    to += "<message type='headline'";
    append_attribute(to, "from", service);
    append_attribute(to, "to", recipient.text());
    to.append(head).append(content->for_recipient(recipient)).append(tail);
  }
  return base::Done{};
}

}  // namespace bourse::xmpp
