#include <gloox/tag.h>

#include <limits>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

// <name>ROW…<set/></name>, each row read by `read`.
template <class Row, class Read>
base::Result<ResultSet> read_list(const gloox::Tag& tag, std::string_view name, std::string_view row,
                                  std::vector<Row>& rows, Read read) {
  if (const auto ours = expect(tag, name); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != row) return unknown_element(*child, tag);
    auto parsed = read(*child);
    if (!parsed) return parsed.error();
    rows.push_back(std::move(*parsed));
  }
  auto set = parse_result_set(tag);
  if (!set) return set.error();
  return set->value_or(ResultSet{});
}

struct Count {
  std::string_view name;
  std::uint64_t market::PoolStatus::*field;
};
constexpr Count kCounts[] = {
    {"offers", &market::PoolStatus::offers},
    {"waiting-requests", &market::PoolStatus::waiting_requests},
    {"live-grants", &market::PoolStatus::live_grants},
    {"providers-up", &market::PoolStatus::providers_up},
    {"subscriptions", &market::PoolStatus::subscriptions},
    {"events", &market::PoolStatus::events},
    {"audit-entries", &market::PoolStatus::audit_entries},
};

}  // namespace

base::Result<RequestList> parse_requests(const gloox::Tag& tag) {
  RequestList list;
  auto set = read_list(tag, "requests", "request", list.requests, parse_listed_request);
  if (!set) return set.error();
  list.set = std::move(*set);
  return list;
}

std::string render_requests(const RequestList& list) {
  std::string xml = "<requests xmlns='";
  xml.append(kMarketNs).append("'>");
  for (const auto& request : list.requests) xml += render_request(request);
  xml += render_result_set(list.set);
  return xml += "</requests>";
}

base::Result<GrantList> parse_grants(const gloox::Tag& tag) {
  GrantList list;
  auto set = read_list(tag, "grants", "grant", list.grants, parse_grant);
  if (!set) return set.error();
  list.set = std::move(*set);
  return list;
}

std::string render_grants(const GrantList& list) {
  std::string xml = "<grants xmlns='";
  xml.append(kMarketNs).append("'>");
  for (const auto& each : list.grants) xml += render_grant(each.grant, each.ticket);
  xml += render_result_set(list.set);
  return xml += "</grants>";
}

base::Result<MarketStatus> parse_status(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "status"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"pool", "version", "offers", "waiting-requests", "live-grants",
                                               "providers-up", "subscriptions", "events", "audit-entries"});
      !known) {
    return known.error();
  }
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  MarketStatus status;
  const auto pool = read_pool(tag);
  if (!pool) return pool.error();
  status.pool = *pool;
  for (const auto& count : kCounts) {
    const auto text = required(tag, count.name);
    if (!text) return text.error();
    const auto number = parse_number(*text, std::numeric_limits<std::int64_t>::max());
    if (!number) return within(tag, number.error());
    status.counts.*count.field = *number;
  }
  const auto version = required(tag, "version");
  if (!version) return version.error();
  status.version = *version;
  return status;
}

std::string render_status(const MarketStatus& status) {
  std::string xml = "<status xmlns='";
  xml.append(kMarketNs).append("'");
  append_attribute(xml, "pool", status.pool.value);
  for (const auto& count : kCounts) append_attribute(xml, count.name, status.counts.*count.field);
  append_attribute(xml, "version", status.version);
  return xml += "/>";
}

}  // namespace bourse::xmpp
