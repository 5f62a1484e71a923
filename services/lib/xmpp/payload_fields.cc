#include "xmpp/payload_fields.h"

#include <gloox/tag.h>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {

using base::Errc;

base::Status expect(const gloox::Tag& tag, std::string_view name) {
  if (is(tag, name, kMarketNs)) return base::Done{};
  return {Errc::kInvalidPayload, "expected <" + std::string(name) + " xmlns='" + kMarketNs + "'>, got <" +
                                     clipped(tag.name(), 64) + "> in namespace '" + clipped(namespace_of(tag), 128) +
                                     "'"};
}

base::Status read_resource(const gloox::Tag& tag, domain::Resources& resources, std::string* gpu_model) {
  const bool model_allowed = gpu_model != nullptr;
  const auto known =
      model_allowed ? only_attributes(tag, {"name", "quantity", "model"}) : only_attributes(tag, {"name", "quantity"});
  if (!known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  const auto name = required(tag, "name");
  if (!name) return name.error();
  const auto text = required(tag, "quantity");
  if (!text) return text.error();
  const auto amount = domain::parse_quantity(*name, *text);
  if (!amount) return within(tag, amount.error());
  if (const auto added = resources.add(*name, *amount); !added) return within(tag, added.error());
  if (const std::string* model = attribute(tag, "model")) {
    if (*name != domain::kGpu) return invalid(tag, "only gpu has a model");
    if (model->empty() || model->size() > 128) return invalid(tag, "a model has 1 to 128 bytes");
    *gpu_model = *model;
  }
  return base::Done{};
}

void append_resources(std::string& to, const domain::Resources& resources, std::string_view gpu_model) {
  for (const auto& entry : resources.entries()) {
    to += "<resource";
    append_attribute(to, "name", entry.name);
    append_attribute(to, "quantity", domain::format_quantity(entry.name, entry.amount));
    if (entry.name == domain::kGpu && !gpu_model.empty()) append_attribute(to, "model", gpu_model);
    to += "/>";
  }
}

base::Result<domain::Filter> read_filter(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_children(tag); !plain) return plain.error();
  const std::string text = text_of(tag);
  if (text.empty()) return invalid(tag, "a filter such as (arch=x86_64) is missing");
  auto filter = domain::Filter::parse(text);
  if (!filter) return within(tag, filter.error());
  return filter;
}

void append_filter(std::string& to, std::string_view element, const domain::Filter& filter) {
  if (filter.empty()) return;
  to.append("<").append(element).append(">");
  append_escaped(to, filter.text());
  to.append("</").append(element).append(">");
}

base::Result<base::Timestamp> read_timestamp(const gloox::Tag& tag, std::string_view name) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  auto at = parse_timestamp(*text);
  if (!at) return within(tag, at.error());
  return at;
}

base::Result<domain::Jid> read_jid(const gloox::Tag& tag, std::string_view name) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  auto jid = domain::Jid::parse(*text);
  if (!jid) return base::Error{Errc::kInvalidPayload, within(tag, jid.error()).text};
  return jid;
}

base::Result<domain::PoolName> read_pool(const gloox::Tag& tag) {
  const std::string* pool = attribute(tag, "pool");
  if (pool == nullptr) return domain::PoolName{kDefaultPool};
  if (pool->empty() || pool->size() > 64) return invalid(tag, "a pool's name has 1 to 64 bytes");
  return domain::PoolName{*pool};
}

base::Result<std::string> read_id(const gloox::Tag& tag, std::string_view name) {
  auto id = required(tag, name);
  if (id && id->size() > kMaxItemId) {
    return invalid(tag,
                   "the attribute '" + std::string(name) + "' is longer than " + std::to_string(kMaxItemId) + " bytes");
  }
  return id;
}

base::Result<domain::GrantId> read_grant_id(const gloox::Tag& tag, std::string_view name) {
  const auto id = read_id(tag, name);
  if (!id) return id.error();
  const domain::GrantId grant = domain::grant_id_from_item(*id);
  if (grant.value == 0) return invalid(tag, "a grant's id is g and a number, such as g42");
  return grant;
}

}  // namespace bourse::xmpp
