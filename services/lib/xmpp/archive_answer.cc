#include <string>
#include <string_view>

#include "xmpp/archive_request.h"
#include "xmpp/event_text.h"
#include "xmpp/page_fit.h"
#include "xmpp/rsm.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

// The part every result message of one answer begins with.
std::string message_head(const market::ReplyTo& address, const market::ArchiveQuery& query) {
  std::string xml = "<message";
  append_attribute(xml, "from", address.to);
  append_attribute(xml, "to", address.from.text());
  xml.append("><result xmlns='").append(kArchiveNs).append("'");
  if (!query.query_id.empty()) append_attribute(xml, "queryid", query.query_id);
  return xml;
}

base::Result<std::string> entry(std::string_view head, const market::ReplyTo& address, const market::Event& event,
                                const TicketSigner& sign) {
  const auto text = event_text(event, address.to, true, sign);
  if (!text) return text.error();
  std::string xml(head);
  append_attribute(xml, "id", event.seq.value);
  xml += "><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay'";
  append_attribute(xml, "stamp", format_timestamp(event.at));
  xml += "/><message xmlns='jabber:client'";
  append_attribute(xml, "from", address.to);
  return xml.append(">").append(text->for_reader(address.from)).append("</message></forwarded></result></message>");
}

// A flipped page says the same of itself: first is the oldest of it.
std::string fin(const market::PageOf<market::Event>& page, const FittedRows& told) {
  ResultSet set;
  set.count = page.count;
  if (!told.texts.empty()) {
    set.first_index = page.first_index + told.first;
    set.first = std::to_string(page.rows[told.first].seq.value);
    set.last = std::to_string(page.rows[told.first + told.texts.size() - 1].seq.value);
  }
  std::string xml = std::string("<fin xmlns='") + kArchiveNs + "'";
  if (page.complete && told.texts.size() == page.rows.size()) append_attribute(xml, "complete", "true");
  return xml.append(">").append(render_result_set(set)).append("</fin>");
}

}  // namespace

base::Status append_archive(std::string& to, const market::ReplyTo& address, const market::ArchiveQuery& query,
                            const market::PageOf<market::Event>& page, const TicketSigner& sign) {
  if (address.stanza_id.empty()) return base::Done{};
  const std::string head = message_head(address, query);
  auto told = fit_rows(page.rows, query.page, kMostArchiveBytes,
                       [&](const market::Event& event) { return entry(head, address, event, sign); });
  if (!told) return told.error();
  const std::size_t count = told->texts.size();
  for (std::size_t i = 0; i < count; ++i) to += told->texts[query.flip ? count - 1 - i : i];
  append_result(to, address, fin(page, *told));
  return base::Done{};
}

}  // namespace bourse::xmpp
