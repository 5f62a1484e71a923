#include <gloox/tag.h>

#include <limits>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;

Status read_optional_jid(const gloox::Tag& tag, std::string_view which, domain::Jid& jid) {
  if (attribute(tag, which) == nullptr) return Done{};
  auto parsed = read_told_jid(tag, which);
  if (!parsed) return parsed.error();
  jid = std::move(*parsed);
  return Done{};
}

template <class Id>
Status read_optional_id(const gloox::Tag& tag, std::string_view which, Id& id) {
  if (attribute(tag, which) == nullptr) return Done{};
  auto parsed = read_id(tag, which);
  if (!parsed) return parsed.error();
  id.value = std::move(*parsed);
  return Done{};
}

base::Result<market::AuditRecord> read_entry(const gloox::Tag& tag) {
  if (const auto known = only_attributes(
          tag, {"index", "at", "kind", "actor", "provider", "consumer", "offer", "request", "grant", "reason"});
      !known) {
    return known.error();
  }
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  market::AuditRecord record;
  const auto index_text = required(tag, "index");
  if (!index_text) return index_text.error();
  const auto index = parse_number(*index_text, std::numeric_limits<std::int64_t>::max());
  if (!index) return within(tag, index.error());
  record.index.value = *index;
  const auto at = read_timestamp(tag, "at");
  if (!at) return at.error();
  record.entry.at = *at;
  const auto kind = required(tag, "kind");
  if (!kind) return kind.error();
  const auto parsed = audit::entry_kind(*kind);
  if (!parsed) return invalid(tag, "unknown kind");
  record.entry.kind = *parsed;
  if (const auto read = read_optional_jid(tag, "actor", record.entry.actor); !read) return read.error();
  if (const auto read = read_optional_jid(tag, "provider", record.entry.provider); !read) return read.error();
  if (const auto read = read_optional_jid(tag, "consumer", record.entry.consumer); !read) return read.error();
  if (const auto read = read_optional_id(tag, "offer", record.entry.offer); !read) return read.error();
  if (const auto read = read_optional_id(tag, "request", record.entry.request); !read) return read.error();
  if (attribute(tag, "grant") != nullptr) {
    const auto grant = read_grant_id(tag, "grant");
    if (!grant) return grant.error();
    record.entry.grant = *grant;
  }
  if (const std::string* reason = attribute(tag, "reason")) record.entry.reason = *reason;
  return record;
}

void append_optional(std::string& xml, std::string_view name, std::string_view value) {
  if (!value.empty()) append_attribute(xml, name, value);
}

void append_entry(std::string& xml, const market::AuditRecord& record) {
  const audit::Entry& entry = record.entry;
  xml += "<entry";
  append_attribute(xml, "index", record.index.value);
  append_attribute(xml, "at", format_timestamp(entry.at));
  append_attribute(xml, "kind", audit::name(entry.kind));
  append_optional(xml, "actor", entry.actor.text());
  append_optional(xml, "provider", entry.provider.text());
  append_optional(xml, "consumer", entry.consumer.text());
  append_optional(xml, "offer", entry.offer.value);
  append_optional(xml, "request", entry.request.value);
  if (entry.grant.value != 0) append_attribute(xml, "grant", domain::to_item_id(entry.grant));
  append_optional(xml, "reason", entry.reason);
  xml += "/>";
}

}  // namespace

base::Result<AuditList> parse_audit(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "audit"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  AuditList list;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "entry") return unknown_element(*child, tag);
    auto record = read_entry(*child);
    if (!record) return record.error();
    list.records.push_back(std::move(*record));
  }
  auto set = parse_result_set(tag);
  if (!set) return set.error();
  list.set = set->value_or(ResultSet{});
  return list;
}

std::string render_audit(const AuditList& list) {
  std::string xml = "<audit xmlns='";
  xml.reserve(256 + list.records.size() * 320);
  xml.append(kMarketNs).append("'>");
  for (const auto& record : list.records) append_entry(xml, record);
  xml += render_result_set(list.set);
  return xml += "</audit>";
}

}  // namespace bourse::xmpp
