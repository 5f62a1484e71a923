#include "xmpp/payload_fields.h"

#include <fmt/format.h>
#include <gloox/tag.h>

#include <charconv>
#include <limits>

#include "domain/number.h"
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

namespace {

base::Result<domain::Jid> read_address(const gloox::Tag& tag, std::string_view name,
                                       base::Result<domain::Jid> (*read)(std::string_view)) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  auto jid = read(*text);
  if (!jid) return base::Error{Errc::kInvalidPayload, within(tag, jid.error()).text};
  return jid;
}

}  // namespace

base::Result<domain::Jid> read_jid(const gloox::Tag& tag, std::string_view name) {
  return read_address(tag, name, domain::Jid::parse);
}

base::Result<domain::Jid> read_told_jid(const gloox::Tag& tag, std::string_view name) {
  return read_address(tag, name, domain::Jid::stored);
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

base::Result<domain::Presence> read_presence(const gloox::Tag& tag) {
  const auto state = required(tag, "state");
  if (!state) return state.error();
  for (const auto presence : {domain::Presence::kUp, domain::Presence::kDown}) {
    if (domain::name(presence) == *state) return presence;
  }
  return invalid(tag, "a state is up or down");
}

base::Result<base::Duration> read_duration(const gloox::Tag& tag, std::string_view name) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  auto duration = parse_duration(*text);
  if (!duration) return within(tag, duration.error());
  return duration;
}

base::Result<double> read_decimal(const gloox::Tag& tag, std::string_view name, double least, double most) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  const bool plain = text->size() <= 32 && text->find_first_not_of("0123456789.-") == std::string::npos;
  const auto number = plain ? domain::parse_number(*text) : std::nullopt;
  if (!number || *number < least || *number > most) {
    return invalid(tag, fmt::format("the attribute '{}' is not a decimal number from {} to {}", name,
                                    decimal_text(least), decimal_text(most)));
  }
  return *number;
}

std::string decimal_text(double value) {
  std::string text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

base::Result<domain::AvailabilityInterval> read_interval(const gloox::Tag& tag) {
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
  const std::string* reason = attribute(tag, "reason");
  if (reason == nullptr) return interval;
  const char* const end = reason->data() + reason->size();
  const auto [at, fault] = std::from_chars(reason->data(), end, interval.reason);
  if (fault != std::errc() || at != end) return invalid(tag, "a reason is a number, as archives of failures have it");
  return interval;
}

void append_interval(std::string& to, const domain::AvailabilityInterval& interval) {
  append_attribute(to, "state", domain::name(interval.presence));
  append_attribute(to, "since", format_timestamp(interval.since));
  if (interval.until) append_attribute(to, "until", format_timestamp(*interval.until));
  if (interval.reason != 0) append_attribute(to, "reason", std::to_string(interval.reason));
}

base::Result<domain::Load> read_load(const gloox::Tag& tag) {
  domain::Load load;
  constexpr double kCold = -273.15;
  constexpr double kHot = 1000;
  struct Figure {
    std::string_view name;
    double least;
    double most;
    std::optional<float>* to;
  };
  for (const Figure& figure : {Figure{"cpu", 0, 1, &load.cpu}, Figure{"memory", 0, 1, &load.memory},
                               Figure{"temperature", kCold, kHot, &load.temperature}}) {
    if (attribute(tag, figure.name) == nullptr) continue;
    const auto value = read_decimal(tag, figure.name, figure.least, figure.most);
    if (!value) return value.error();
    *figure.to = static_cast<float>(*value);
  }
  if (const std::string* free = attribute(tag, "disk-free")) {
    const auto bytes = parse_number(*free, std::numeric_limits<std::int64_t>::max());
    if (!bytes) return within(tag, bytes.error());
    load.disk_free = static_cast<std::int64_t>(*bytes);
  }
  return load;
}

void append_load(std::string& to, const domain::Load& load) {
  if (load.cpu) append_attribute(to, "cpu", decimal_text(static_cast<double>(*load.cpu)));
  if (load.memory) append_attribute(to, "memory", decimal_text(static_cast<double>(*load.memory)));
  if (load.disk_free) append_attribute(to, "disk-free", std::to_string(*load.disk_free));
  if (load.temperature) append_attribute(to, "temperature", decimal_text(static_cast<double>(*load.temperature)));
}

}  // namespace bourse::xmpp
