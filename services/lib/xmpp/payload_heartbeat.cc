#include "xmpp/payload_heartbeat.h"

#include <gloox/tag.h>

#include <utility>

#include "domain/time_zone.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {

const gloox::Tag* find_heartbeat(const gloox::Tag& message) { return find_child(message, "heartbeat", kMarketNs); }

base::Result<market::Heartbeat> parse_heartbeat(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {"every", "zone"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  market::Heartbeat heartbeat;
  const auto every = read_duration(tag, "every");
  if (!every) return every.error();
  if (!domain::is_heartbeat(*every)) return invalid(tag, std::string("every is ") + domain::kHeartbeatBounds);
  heartbeat.every = *every;
  heartbeat.zone = attribute_or_empty(tag, "zone");
  if (!domain::is_zone_name(heartbeat.zone)) return invalid(tag, "the zone is no IANA name such as Europe/Berlin");
  bool loaded = false;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "load") return unknown_element(*child, tag);
    if (std::exchange(loaded, true)) return invalid(tag, "more than one <load/>");
    if (const auto known = only_attributes(*child, {"cpu", "memory", "disk-free", "temperature"}); !known) {
      return known.error();
    }
    if (const auto empty = empty_element(*child); !empty) return empty.error();
    auto load = read_load(*child);
    if (!load) return load.error();
    heartbeat.load = *load;
  }
  return heartbeat;
}

std::string render_heartbeat(const market::Heartbeat& heartbeat) {
  std::string xml = "<heartbeat xmlns='";
  xml.append(kMarketNs).append("'");
  append_attribute(xml, "every", format_duration(heartbeat.every));
  if (!heartbeat.zone.empty()) append_attribute(xml, "zone", heartbeat.zone);
  if (heartbeat.load == domain::Load()) return xml += "/>";
  xml += "><load";
  append_load(xml, heartbeat.load);
  return xml += "/></heartbeat>";
}

}  // namespace bourse::xmpp
