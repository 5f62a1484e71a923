#include <gloox/tag.h>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {

base::Result<domain::AvailabilityChange> parse_availability(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "availability"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"jid", "state", "at"}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  auto jid = read_told_jid(tag, "jid");
  if (!jid) return jid.error();
  const auto presence = read_presence(tag);
  if (!presence) return presence.error();
  const auto at = read_timestamp(tag, "at");
  if (!at) return at.error();
  return domain::AvailabilityChange{std::move(*jid), *presence, *at};
}

std::string render_availability(const domain::AvailabilityChange& change) {
  std::string xml = "<availability xmlns='";
  xml.append(kMarketNs).append("'");
  append_attribute(xml, "jid", change.provider.text());
  append_attribute(xml, "state", domain::name(change.presence));
  append_attribute(xml, "at", format_timestamp(change.at));
  return xml += "/>";
}

}  // namespace bourse::xmpp
