#include "xmpp/notification_text.h"

#include <array>
#include <charconv>
#include <utility>

#include "xmpp/disco.h"
#include "xmpp/event_summary.h"
#include "xmpp/event_text.h"
#include "xmpp/page_fit.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::EventKind;
using pubsub::Recipient;

// What every message of the event has in common; the loop over recipients only appends.
struct SharedText {
  std::string before_address;  // <message … to='
  EventText event;
  std::string delay;
  std::string body;  // <body/> for those who want one, once there was one
};

// A form somebody has to answer is no headline: servers throw those away.
bool is_headline(const market::Notification& notification) {
  return notification.recipients.manner.type == pubsub::MessageType::kHeadline &&
         notification.event.kind != EventKind::kSubscriptionRequested;
}

std::string delay_element(std::string_view service, base::Timestamp at) {
  std::string xml = "<delay xmlns='urn:xmpp:delay'";
  append_attribute(xml, "from", service);
  append_attribute(xml, "stamp", format_timestamp(at));
  return xml += "/>";
}

Result<SharedText> shared_text(std::string_view service, const market::Notification& notification,
                               const TicketSigner& sign) {
  const auto& manner = notification.recipients.manner;
  auto event = event_text(notification.event, service, manner.payloads, sign);
  if (event && manner.payloads &&
      event->open.size() > kMostAnswerBytes) {  // better without its payload than not at all
    event = event_text(notification.event, service, false, sign);
  }
  if (!event) return event.error();
  SharedText text{
      is_headline(notification) ? "<message type='headline'" : "<message", std::move(event).value(), {}, {}};
  append_attribute(text.before_address, "from", service);
  // The answer to a form has the id of the form (XEP-0060 §8.6).
  if (notification.event.kind == EventKind::kSubscriptionRequested && !notification.event.item_id.empty()) {
    append_attribute(text.before_address, "id", "request-" + notification.event.item_id);
  }
  text.before_address += " to='";
  if (manner.delayed) text.delay = delay_element(service, notification.event.at);
  return text;
}

Result<std::string> body_element(const market::Event& event) {
  const auto summary = event_summary(event);
  if (!summary) return summary.error();
  return "<body>" + escaped(*summary) + "</body>";
}

void append_number(std::string& to, std::uint64_t number) {
  std::array<char, 20> digits{};
  to.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_headers(std::string& to, const Recipient& recipient) {
  if (recipient.subids.empty() && recipient.collection == nullptr) return;
  to.append("<headers xmlns='").append(kShimNs).append("'>");
  if (recipient.collection != nullptr) {
    to += "<header name='Collection'>";
    append_escaped(to, recipient.collection->value);
    to += "</header>";
  }
  for (const auto subid : recipient.subids) {
    to += "<header name='SubID'>";
    append_number(to, subid.value);
    to += "</header>";
  }
  to += "</headers>";
}

void append_message(std::string& to, const SharedText& shared, const Recipient& recipient) {
  to += shared.before_address;
  append_escaped(to, recipient.to.text());
  to += "'>";
  if (recipient.body) to += shared.body;
  to += shared.event.for_reader(recipient.to);
  to += shared.delay;
  append_headers(to, recipient);
  to += "</message>";
}

}  // namespace

Result<std::size_t> append_notification(std::string& to, std::string_view service,
                                        const market::Notification& notification, std::size_t from, std::size_t enough,
                                        const TicketSigner& sign) {
  const auto& recipients = notification.recipients;
  const std::size_t count = recipients.size();
  if (from >= count) return std::size_t{0};
  auto shared = shared_text(service, notification, sign);
  if (!shared) return shared.error();
  const std::size_t size_before = to.size();
  std::size_t next = from;
  do {
    const Recipient& recipient = recipients.at(next);
    if (recipient.body && shared->body.empty()) {
      auto body = body_element(notification.event);
      if (!body) {
        to.resize(size_before);
        return body.error();
      }
      shared->body = std::move(body).value();
    }
    append_message(to, *shared, recipient);
    ++next;
  } while (next < count && to.size() <= enough);
  return next - from;
}

Result<std::string> render_event(const market::Event& event, const domain::Jid& viewer, const TicketSigner& sign) {
  auto text = event_text(event, {}, true, sign);
  if (!text) return text.error();
  return text->for_reader(viewer);
}

}  // namespace bourse::xmpp
