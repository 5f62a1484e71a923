#include "xmpp/payload_import.h"

#include <gloox/tag.h>

#include <utility>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::uint64_t kMostParts = 100'000;

base::Result<market::ClosedInterval> read_imported(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {"jid", "state", "since", "until", "reason"}); !known) {
    return known.error();
  }
  const auto jid = read_jid(tag, "jid");
  if (!jid) return jid.error();
  const auto interval = read_interval(tag);
  if (!interval) return interval.error();
  if (!interval->until) return invalid(tag, "the attribute 'until' is missing: history is what is over");
  return market::ClosedInterval{jid->bare(), *interval};
}

}  // namespace

base::Result<ImportPayload> parse_import(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "history-import"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"name", "part", "last", "pool"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  ImportPayload payload;
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  payload.pool = std::move(*pool);
  auto name = required(tag, "name");
  if (!name) return name.error();
  if (name->size() > kMaxName) return invalid(tag, "the name is longer than 64 bytes");
  payload.part.name = std::move(*name);
  const auto number = required(tag, "part");
  if (!number) return number.error();
  const auto part = parse_number(*number, kMostParts);
  if (!part) return within(tag, part.error());
  payload.part.part = static_cast<std::uint32_t>(*part);
  if (const std::string* last = attribute(tag, "last")) {
    const auto parsed = parse_boolean(*last);
    if (!parsed) return within(tag, parsed.error());
    payload.part.last = *parsed;
  }
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "interval") return unknown_element(*child, tag);
    if (payload.part.intervals.size() >= kMostInPart) {
      return invalid(tag, "more than " + std::to_string(kMostInPart) + " intervals in one part");
    }
    auto interval = read_imported(*child);
    if (!interval) return interval.error();
    payload.part.intervals.push_back(std::move(*interval));
  }
  return payload;
}

std::string render_imported(const market::ClosedInterval& interval) {
  std::string xml = "<interval";
  append_attribute(xml, "jid", interval.provider.text());
  append_interval(xml, interval.interval);
  return xml += "/>";
}

std::string render_import(const domain::PoolName& pool, const market::ImportHistory& part) {
  std::string xml = "<history-import xmlns='";
  xml.append(kMarketNs).append("'");
  if (!pool.value.empty() && pool.value != kDefaultPool) append_attribute(xml, "pool", pool.value);
  append_attribute(xml, "name", part.name);
  append_attribute(xml, "part", std::uint64_t{part.part});
  if (part.last) append_attribute(xml, "last", "true");
  xml += '>';
  for (const auto& interval : part.intervals) xml += render_imported(interval);
  return xml += "</history-import>";
}

}  // namespace bourse::xmpp
