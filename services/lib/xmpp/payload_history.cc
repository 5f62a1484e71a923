#include <gloox/tag.h>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

base::Result<domain::Presence> read_presence(const gloox::Tag& tag) {
  const auto state = required(tag, "state");
  if (!state) return state.error();
  for (const auto presence : {domain::Presence::kUp, domain::Presence::kDown}) {
    if (domain::name(presence) == *state) return presence;
  }
  return invalid(tag, "a state is up or down");
}

base::Result<domain::AvailabilityInterval> read_interval(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {"state", "since", "until"}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  domain::AvailabilityInterval interval;
  const auto presence = read_presence(tag);
  if (!presence) return presence.error();
  interval.presence = *presence;
  const auto since = read_timestamp(tag, "since");
  if (!since) return since.error();
  interval.since = *since;
  if (attribute(tag, "until") != nullptr) {
    const auto until = read_timestamp(tag, "until");
    if (!until) return until.error();
    if (*until < *since) return invalid(tag, "it ends before it begins");
    interval.until = *until;
  }
  return interval;
}

}  // namespace

base::Result<domain::AvailabilityChange> parse_availability(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "availability"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"jid", "state", "at"}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  auto jid = read_jid(tag, "jid");
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

base::Result<History> parse_history(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "history"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"jid", "since", "until", "pool"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  History history;
  auto jid = read_jid(tag, "jid");
  if (!jid) return jid.error();
  history.provider = std::move(*jid);
  const auto since = read_timestamp(tag, "since");
  if (!since) return since.error();
  history.since = *since;
  const auto until = read_timestamp(tag, "until");
  if (!until) return until.error();
  history.until = *until;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "interval") return unknown_element(*child, tag);
    const auto interval = read_interval(*child);
    if (!interval) return interval.error();
    history.intervals.push_back(*interval);
  }
  return history;
}

std::string render_history(const History& history) {
  std::string xml = "<history xmlns='";
  xml.append(kMarketNs).append("'");
  append_attribute(xml, "jid", history.provider.text());
  append_attribute(xml, "since", format_timestamp(history.since));
  append_attribute(xml, "until", format_timestamp(history.until));
  xml += '>';
  for (const auto& interval : history.intervals) {
    xml += "<interval";
    append_attribute(xml, "state", domain::name(interval.presence));
    append_attribute(xml, "since", format_timestamp(interval.since));
    if (interval.until) append_attribute(xml, "until", format_timestamp(*interval.until));
    xml += "/>";
  }
  return xml += "</history>";
}

}  // namespace bourse::xmpp
