#include <gloox/tag.h>

#include <array>
#include <utility>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/payload_history.h"
#include "xmpp/payload_log.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using market::QueryBody;

// Nothing of our namespace inside, and no text: a <set/> may be.
base::Status only_paging(const gloox::Tag& tag) {
  for (const auto* child : tag.children()) {
    if (is_in(*child, kMarketNs)) return unknown_element(*child, tag);
  }
  return no_text(tag);
}

base::Status read_window(const gloox::Tag& tag, std::optional<base::Timestamp>& since,
                         std::optional<base::Timestamp>& until) {
  if (attribute(tag, "since") != nullptr) {
    const auto at = read_timestamp(tag, "since");
    if (!at) return at.error();
    since = *at;
  }
  if (attribute(tag, "until") != nullptr) {
    const auto at = read_timestamp(tag, "until");
    if (!at) return at.error();
    until = *at;
  }
  if (since && until && *since >= *until) return invalid(tag, "since is not before until");
  return base::Done{};
}

Result<QueryBody> history_query(const gloox::Tag& tag, base::Timestamp now) {
  auto query = parse_history_query(tag, now);
  if (!query) return query.error();
  return QueryBody(std::move(*query));
}

Result<QueryBody> audit_query(const gloox::Tag& tag, base::Timestamp) {
  if (const auto known = only_attributes(tag, {"jid", "offer", "request", "grant", "kind", "since", "until", "pool"});
      !known) {
    return known.error();
  }
  if (const auto plain = only_paging(tag); !plain) return plain.error();
  market::AuditQuery query;
  const auto pool = read_pool(tag);
  if (!pool) return pool.error();
  query.pool = *pool;
  if (attribute(tag, "jid") != nullptr) {
    const auto jid = read_jid(tag, "jid");
    if (!jid) return jid.error();
    query.jid = jid->bare();
  }
  if (attribute(tag, "offer") != nullptr) {
    const auto id = read_id(tag, "offer");
    if (!id) return id.error();
    query.offer = domain::OfferId{*id};
  }
  if (attribute(tag, "request") != nullptr) {
    const auto id = read_id(tag, "request");
    if (!id) return id.error();
    query.request = domain::RequestId{*id};
  }
  if (attribute(tag, "grant") != nullptr) {
    const auto id = read_grant_id(tag, "grant");
    if (!id) return id.error();
    query.grant = *id;
  }
  if (const std::string* kind = attribute(tag, "kind")) {
    query.kind = audit::entry_kind(*kind);
    if (!query.kind) return invalid(tag, "unknown kind: one of offer-published, grant-started, provider-up and so on");
  }
  if (const auto window = read_window(tag, query.since, query.until); !window) return window.error();
  auto page = parse_page(tag);
  if (!page) return page.error();
  query.page = std::move(*page);
  return QueryBody(std::move(query));
}

Result<QueryBody> own_items(const gloox::Tag& tag, market::ItemKind kind) {
  if (const auto known = only_attributes(tag, {"ended", "id", "pool"}); !known) return known.error();
  if (const auto plain = only_paging(tag); !plain) return plain.error();
  market::ItemQuery query;
  query.kind = kind;
  query.own = true;
  const auto pool = read_pool(tag);
  if (!pool) return pool.error();
  query.pool = *pool;
  if (const std::string* ended = attribute(tag, "ended")) {
    const auto parsed = parse_boolean(*ended);
    if (!parsed) return within(tag, parsed.error());
    query.ended_too = *parsed;
  }
  if (attribute(tag, "id") != nullptr) {
    auto id = read_id(tag, "id");
    if (!id) return id.error();
    query.ids.push_back(std::move(*id));
    query.ended_too = true;  // who names one wants it whatever became of it
  }
  auto page = parse_page(tag);
  if (!page) return page.error();
  query.page = std::move(*page);
  return QueryBody(std::move(query));
}

Result<QueryBody> requests_query(const gloox::Tag& tag, base::Timestamp) {
  return own_items(tag, market::ItemKind::kRequest);
}
Result<QueryBody> grants_query(const gloox::Tag& tag, base::Timestamp) {
  return own_items(tag, market::ItemKind::kGrant);
}

Result<QueryBody> status_query(const gloox::Tag& tag, base::Timestamp) {
  if (const auto known = only_attributes(tag, {"pool"}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  const auto pool = read_pool(tag);
  if (!pool) return pool.error();
  return QueryBody(market::StatusQuery{*pool});
}

Result<QueryBody> log_query(const gloox::Tag& tag, base::Timestamp) {
  auto query = parse_log_query(tag);
  if (!query) return query.error();
  return QueryBody(std::move(*query));
}

struct Known {
  std::string_view name;
  Result<QueryBody> (*parse)(const gloox::Tag&, base::Timestamp);
};
constexpr Known kQueries[] = {{"history", history_query}, {"audit", audit_query},   {"requests", requests_query},
                              {"grants", grants_query},   {"status", status_query}, {"log", log_query}};

std::string open(std::string_view name, const domain::PoolName& pool) {
  std::string xml = "<";
  xml.append(name).append(" xmlns='").append(kMarketNs).append("'");
  if (!pool.value.empty() && pool.value != kDefaultPool) append_attribute(xml, "pool", pool.value);
  return xml;
}

std::string render(const market::HistoryQuery& query) { return render_history_query(query); }

std::string render(const market::LogQuery& query) { return render_log_query(query); }

std::string render(const market::AuditQuery& query) {
  std::string xml = open("audit", query.pool);
  if (query.jid) append_attribute(xml, "jid", query.jid->text());
  if (query.offer) append_attribute(xml, "offer", query.offer->value);
  if (query.request) append_attribute(xml, "request", query.request->value);
  if (query.grant) append_attribute(xml, "grant", domain::to_item_id(*query.grant));
  if (query.kind) append_attribute(xml, "kind", audit::name(*query.kind));
  if (query.since) append_attribute(xml, "since", format_timestamp(*query.since));
  if (query.until) append_attribute(xml, "until", format_timestamp(*query.until));
  xml += '>';
  xml += render_page(query.page);
  return xml += "</audit>";
}

std::string render(const market::ItemQuery& query) {
  BOURSE_CHECK(query.kind == market::ItemKind::kRequest || query.kind == market::ItemKind::kGrant);
  BOURSE_CHECK(query.ids.size() <= 1);
  const std::string_view name = query.kind == market::ItemKind::kRequest ? "requests" : "grants";
  std::string xml = open(name, query.pool);
  if (query.ended_too) append_attribute(xml, "ended", "true");
  if (!query.ids.empty()) append_attribute(xml, "id", query.ids.front());
  xml += '>';
  xml += render_page(query.page);
  return xml.append("</").append(name).append(">");
}

std::string render(const market::StatusQuery& query) { return open("status", query.pool) + "/>"; }

template <class Query>
std::string render(const Query&) {
  BOURSE_CHECK(false);  // what concerns nodes is asked for with XEP-0060, 0030 and 0313
  return {};
}

}  // namespace

base::Result<market::QueryBody> parse_query(const gloox::Tag& tag, base::Timestamp now) {
  if (is_in(tag, kMarketNs)) {
    for (const auto& known : kQueries) {
      if (known.name == tag.name()) return known.parse(tag, now);
    }
  }
  return {Errc::kUnsupported,
          "<" + clipped(tag.name(), 64) +
              "> is not a question this market answers: ask with history, audit, log, requests, grants or "
              "status in namespace " +
              kMarketNs};
}

std::string render_query(const market::QueryBody& query) {
  return std::visit([](const auto& each) { return render(each); }, query);
}

}  // namespace bourse::xmpp
