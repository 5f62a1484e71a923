#include <gloox/tag.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "domain/time_zone.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/payload_history.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;
using market::HistoryQuery;

constexpr base::Duration kDefaultWindow = std::chrono::hours(24 * 30);

Status read_providers(const gloox::Tag& tag, HistoryQuery& query) {
  if (attribute(tag, "jid") != nullptr) {
    const auto jid = read_jid(tag, "jid");
    if (!jid) return jid.error();
    query.providers.push_back(jid->bare());
    query.intervals = true;
  }
  const bool named = !query.providers.empty();
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "provider") return unknown_element(*child, tag);
    if (named) return invalid(tag, "the attribute 'jid' and <provider/> at once");
    if (const auto known = only_attributes(*child, {"jid"}); !known) return known;
    if (const auto empty = empty_element(*child); !empty) return empty;
    const auto jid = read_jid(*child, "jid");
    if (!jid) return jid.error();
    if (std::ranges::find(query.providers, jid->bare()) != query.providers.end()) {
      return invalid(*child, "this provider is named twice");
    }
    if (query.providers.size() >= kMostCompared) {
      return invalid(tag, "more than " + std::to_string(kMostCompared) + " providers: ask for the whole pool");
    }
    query.providers.push_back(jid->bare());
  }
  return Done{};
}

Status read_moment(const gloox::Tag& tag, std::string_view name, std::optional<base::Timestamp>& to) {
  if (attribute(tag, name) == nullptr) return Done{};
  const auto at = read_timestamp(tag, name);
  if (!at) return at.error();
  to = *at;
  return Done{};
}

Status read_window(const gloox::Tag& tag, base::Timestamp now, HistoryQuery& query) {
  std::optional<base::Timestamp> since;
  std::optional<base::Timestamp> until;
  if (const auto read = read_moment(tag, "since", since); !read) return read;
  if (const auto read = read_moment(tag, "until", until); !read) return read;
  if (since && until && *since >= *until) return invalid(tag, "since is not before until");
  query.until = std::min(until.value_or(now), now);
  query.asked = now;
  query.since = since.value_or(std::max(query.until - kDefaultWindow, base::Timestamp{}));
  if (query.since >= query.until) return invalid(tag, "since is in the future: there is no history of it yet");
  return Done{};
}

Status read_zone(const gloox::Tag& tag, HistoryQuery& query) {
  const std::string* zone = attribute(tag, "zone");
  if (zone == nullptr) return Done{};
  if (zone->empty()) return invalid(tag, "the zone is empty: leave it out for UTC");
  if (const auto found = domain::find_zone(*zone); !found) return within(tag, found.error());
  query.zone = *zone;
  return Done{};
}

struct Part {
  std::string_view name;
  bool HistoryQuery::*wanted;
};
constexpr Part kParts[] = {{"days", &HistoryQuery::days},
                           {"week", &HistoryQuery::week},
                           {"survival", &HistoryQuery::survival},
                           {"intervals", &HistoryQuery::intervals},
                           {"names", &HistoryQuery::names}};

Status read_parts(const gloox::Tag& tag, HistoryQuery& query) {
  for (const auto& part : kParts) {
    const std::string* text = attribute(tag, part.name);
    if (text == nullptr) continue;
    const auto wanted = parse_boolean(*text);
    if (!wanted) return within(tag, wanted.error());
    query.*part.wanted = *wanted;
  }
  if (query.intervals && query.providers.size() != 1) {
    return invalid(tag, "intervals are told of one provider at a time: name it with the attribute 'jid'");
  }
  if (query.names && !query.providers.empty()) return invalid(tag, "names are those of a whole pool");
  return Done{};
}

}  // namespace

base::Result<HistoryQuery> parse_history_query(const gloox::Tag& tag, base::Timestamp now) {
  if (const auto ours = expect(tag, "history"); !ours) return ours.error();
  if (const auto known = only_attributes(
          tag, {"jid", "since", "until", "pool", "zone", "days", "week", "survival", "intervals", "names"});
      !known) {
    return known.error();
  }
  if (const auto plain = no_text(tag); !plain) return plain.error();
  HistoryQuery query;
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  query.pool = std::move(*pool);
  if (const auto read = read_providers(tag, query); !read) return read.error();
  if (const auto read = read_window(tag, now, query); !read) return read.error();
  if (const auto read = read_zone(tag, query); !read) return read.error();
  if (const auto read = read_parts(tag, query); !read) return read.error();
  auto page = parse_page(tag);
  if (!page) return page.error();
  query.page = std::move(*page);
  return query;
}

std::string render_history_query(const HistoryQuery& query) {
  std::string xml = "<history xmlns='";
  xml.append(kMarketNs).append("'");
  if (!query.pool.value.empty() && query.pool.value != kDefaultPool) append_attribute(xml, "pool", query.pool.value);
  const bool one = query.providers.size() == 1;
  if (one) append_attribute(xml, "jid", query.providers.front().text());
  append_attribute(xml, "since", format_timestamp(query.since));
  append_attribute(xml, "until", format_timestamp(query.until));
  if (!query.zone.empty()) append_attribute(xml, "zone", query.zone);
  for (const auto& part : kParts) {
    const bool assumed = one && part.wanted == &HistoryQuery::intervals;
    if (query.*part.wanted != assumed) append_attribute(xml, part.name, assumed ? "false" : "true");
  }
  xml += '>';
  for (const auto& provider : query.providers) {
    if (one) break;
    xml += "<provider";
    append_attribute(xml, "jid", provider.text());
    xml += "/>";
  }
  return xml.append(render_page(query.page)).append("</history>");
}

}  // namespace bourse::xmpp
