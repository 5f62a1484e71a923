#include "xmpp/archive_request.h"

#include <gloox/tag.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "xmpp/data_form.h"
#include "xmpp/disco.h"
#include "xmpp/element.h"
#include "xmpp/rsm.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Error;
using base::Status;
using market::ArchiveQuery;
using pubsub::FieldType;

constexpr std::size_t kMaxQueryId = 256;  // comes back with every message
constexpr std::size_t kMaxArchiveId = 64;

Error wrong(const pubsub::FieldValues& field, const std::string& what) {
  return {Errc::kBadRequest, "the field '" + field.var + "' of the archive query: " + what};
}

base::Result<std::string> archive_id(const pubsub::FieldValues& field, const std::string& text) {
  if (text.empty()) return wrong(field, "an id is empty");
  if (text.size() > kMaxArchiveId)
    return Error{Errc::kNotFound, "the archive has no entry '" + clipped(text, 32) + "…'"};
  return text;
}

Status read_time(const pubsub::FieldValues& field, const std::string& text, std::optional<base::Timestamp>& to) {
  const auto at = parse_timestamp(text);
  if (!at) return wrong(field, at.error().text);
  to = *at;
  return base::Done{};
}

Status read_start(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  return read_time(field, text, query.since);
}

Status read_end(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  return read_time(field, text, query.until);
}

// Publishers are known by their bare JID only, so a session's entries are those of its account.
Status read_with(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  const auto jid = domain::Jid::parse(text);
  if (!jid) return wrong(field, jid.error().text);
  query.with = jid->bare();
  return base::Done{};
}

Status read_after(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  auto id = archive_id(field, text);
  if (!id) return id.error();
  query.after_id = std::move(*id);
  return base::Done{};
}

Status read_before(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  auto id = archive_id(field, text);
  if (!id) return id.error();
  query.before_id = std::move(*id);
  return base::Done{};
}

Status read_id(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query) {
  if (query.ids.size() >= market::kMaxPage) {
    return Error{Errc::kNotAcceptable, "at most " + std::to_string(market::kMaxPage) + " ids in one archive query"};
  }
  auto id = archive_id(field, text);
  if (!id) return id.error();
  if (std::find(query.ids.begin(), query.ids.end(), *id) == query.ids.end()) query.ids.push_back(std::move(*id));
  return base::Done{};
}

struct KnownField {
  std::string_view var;
  FieldType type;
  std::string_view label;
  Status (*read)(const pubsub::FieldValues& field, const std::string& text, ArchiveQuery& query);
};
constexpr KnownField kFields[] = {
    {"with", FieldType::kJidSingle, "Published by, or about a grant of", read_with},
    {"start", FieldType::kTextSingle, "Not before", read_start},
    {"end", FieldType::kTextSingle, "Not after", read_end},
    {"before-id", FieldType::kTextSingle, "Before the entry with this id", read_before},
    {"after-id", FieldType::kTextSingle, "After the entry with this id", read_after},
    {"ids", FieldType::kListMulti, "Only the entries with these ids", read_id},
};

Status read_field(const pubsub::FieldValues& field, ArchiveQuery& query) {
  const auto* known =
      std::find_if(std::begin(kFields), std::end(kFields), [&](const auto& each) { return each.var == field.var; });
  if (known == std::end(kFields)) {
    return Error{Errc::kUnsupported, "archive queries have no field '" + clipped(field.var, 64) +
                                         "': ask for the form with an iq of type get"};
  }
  if (known->type != FieldType::kListMulti && field.values.size() > 1) return wrong(field, "one value, please");
  for (const auto& value : field.values) {
    if (value.empty() && known->type != FieldType::kListMulti) continue;  // left as the form came
    if (auto read = known->read(field, value, query); !read) return read;
  }
  return base::Done{};
}

Status read_form(const gloox::Tag& tag, ArchiveQuery& query) {
  const gloox::Tag* x = find_child(tag, "x", kDataFormNs);
  if (x == nullptr) return base::Done{};
  const auto form = parse_form(*x, kArchiveNs);
  if (!form) return form.error();
  for (const auto& field : form->values) {
    if (auto read = read_field(field, query); !read) return read;
  }
  return base::Done{};
}

// Every publication has its own entry here, so that both orders of XEP-0413 are the archive's own.
Status check_order(const gloox::Tag& tag) {
  for (const auto* child : tag.children()) {
    const bool old = is(*child, "order", kOldOrderByNs);
    if (!old && !is(*child, "order", kOrderByNs)) continue;
    const std::string& order = attribute_or_empty(*child, old ? "by" : "field");
    if (order != "creation" && order != "modification") {
      return Error{Errc::kBadRequest, "an archive is ordered by 'creation' or 'modification' only"};
    }
  }
  return base::Done{};
}

base::Result<domain::NodeName> read_node(const gloox::Tag& tag, const PubsubRules& rules) {
  const std::string* node = attribute(tag, "node");
  if (node == nullptr || node->empty()) {
    return Error{Errc::kNodeRequired, "name the node whose archive it is: the service has none of its own"};
  }
  if (node->size() > rules.policy.max_node_name_bytes) {
    return Error{Errc::kNotFound, "there is no node '" + clipped(*node, 64) + "…'"};
  }
  return domain::NodeName{*node};
}

base::Result<market::QueryBody> parse_search(const gloox::Tag& tag, domain::NodeName node, const PubsubRules& rules) {
  ArchiveQuery query;
  query.pool = pool_of(node, rules.pools);
  query.node = std::move(node);
  if (const std::string* id = attribute(tag, "queryid")) {
    if (id->size() > kMaxQueryId) {
      return {Errc::kNotAcceptable, "a queryid of more than " + std::to_string(kMaxQueryId) + " bytes"};
    }
    query.query_id = *id;
  }
  if (auto read = read_form(tag, query); !read) return read.error();
  if (auto known = check_order(tag); !known) return known.error();
  auto page = parse_page(tag);
  if (!page) return page.error();
  query.page = std::move(*page);
  query.flip = find_child(tag, "flip-page", kArchiveNs) != nullptr;
  return market::QueryBody(std::move(query));
}

void append_edge(std::string& xml, std::string_view name, const market::ArchiveEdges::Edge& edge) {
  xml.append("<").append(name);
  append_attribute(xml, "id", edge.id);
  append_attribute(xml, "timestamp", format_timestamp(edge.at));
  xml += "/>";
}

}  // namespace

base::Result<market::QueryBody> parse_archive(const gloox::Tag& tag, bool set, const PubsubRules& rules) {
  const bool search = is(tag, "query", kArchiveNs);
  if (!search && !is(tag, "metadata", kArchiveNs)) {
    return {Errc::kUnsupported, "archives have no <" + clipped(tag.name(), 64) + ">: ask with <query/> or <metadata/>"};
  }
  if (search != set) {
    return {Errc::kBadRequest, search ? "search an archive with an iq of type set"
                                      : "ask for the metadata of an archive with an iq of type get"};
  }
  auto node = read_node(tag, rules);
  if (!node) return node.error();
  if (search) return parse_search(tag, std::move(*node), rules);
  market::ArchiveEdgesQuery query;
  query.pool = pool_of(*node, rules.pools);
  query.node = std::move(*node);
  return market::QueryBody(std::move(query));
}

std::string render_archive_form() {
  pubsub::Form form;
  form.form_type = kArchiveNs;
  for (const auto& known : kFields) {
    pubsub::Field field;
    field.var = known.var;
    field.type = known.type;
    field.label = known.label;
    if (known.type == FieldType::kListMulti) field.validation = {.datatype = "xs:string", .open = true};
    form.fields.push_back(std::move(field));
  }
  return std::string("<query xmlns='") + kArchiveNs + "'>" + render(form) + "</query>";
}

std::string render(const market::ArchiveEdges& edges) {
  std::string xml = std::string("<metadata xmlns='") + kArchiveNs + "'";
  if (!edges.first || !edges.last) return xml += "/>";
  xml += '>';
  append_edge(xml, "start", *edges.first);
  append_edge(xml, "end", *edges.last);
  return xml += "</metadata>";
}

}  // namespace bourse::xmpp
