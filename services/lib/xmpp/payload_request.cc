#include <fmt/format.h>
#include <gloox/tag.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "domain/ascii.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;

constexpr std::size_t kMaxServiceName = 512;
constexpr std::size_t kMaxBy = 64;
constexpr const char* kByWhat = "say provider, domain or the name of an attribute, at most 64 bytes";

// The text of a child that has nothing else.
base::Result<std::string> plain_text(const gloox::Tag& tag) {
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  if (const auto plain = no_children(tag); !plain) return plain.error();
  return text_of(tag);
}

Status read_needs(const gloox::Tag& tag, domain::Request& request) {
  auto filter = read_filter(tag);
  if (!filter) return filter.error();
  request.needs = std::move(*filter);
  return Done{};
}

Status read_prefers(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  if (text->empty()) return invalid(tag, "a preference is missing: best-fit, availability, fastest or a weighted sum");
  auto preference = domain::Preference::parse(*text);
  if (!preference) return within(tag, preference.error());
  request.prefers = std::move(*preference);
  return Done{};
}

Status read_count(const gloox::Tag& tag, domain::Request& request) {
  if (const auto known = only_attributes(tag, {"gang"}); !known) return known;
  if (const auto plain = no_children(tag); !plain) return plain;
  const auto count = parse_number(text_of(tag), domain::kMaxCount);
  if (!count) return within(tag, count.error());
  if (*count == 0) return invalid(tag, "a request is for at least one grant");
  request.count = static_cast<std::uint32_t>(*count);
  if (const std::string* gang = attribute(tag, "gang")) {
    const auto parsed = parse_boolean(*gang);
    if (!parsed) return within(tag, parsed.error());
    request.gang = *parsed;
  }
  return Done{};
}

// "0.95", to thousandths.
base::Result<std::uint32_t> read_assurance(const gloox::Tag& tag, const std::string& text) {
  const bool decimal = text.size() >= 3 && text.size() <= 5 && text.starts_with("0.") &&
                       std::all_of(text.begin() + 2, text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!decimal) return invalid(tag, "an assurance is a probability such as 0.95");
  std::uint32_t thousandths = 0;
  for (std::size_t i = 2; i < 5; ++i) {
    thousandths = thousandths * 10 + (i < text.size() ? static_cast<std::uint32_t>(text[i] - '0') : 0);
  }
  return thousandths;
}

Status read_spares(const gloox::Tag& tag, domain::Request& request) {
  if (const auto known = only_attributes(tag, {"assurance"}); !known) return known.error();
  if (const std::string* assurance = attribute(tag, "assurance")) {
    const auto parsed = read_assurance(tag, *assurance);
    if (!parsed) return parsed.error();
    request.assurance = *parsed;
  }
  if (const auto plain = no_children(tag); !plain) return plain;
  const auto spares = parse_number(text_of(tag), domain::kMaxSpares);
  if (!spares) return within(tag, spares.error());
  request.spares = static_cast<std::uint32_t>(*spares);
  return Done{};
}

Status read_spread(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  if (text->empty() || text->size() > kMaxBy) return invalid(tag, kByWhat);
  request.spread = domain::fold(std::string_view(*text));
  return Done{};
}

Status read_apart(const gloox::Tag& tag, domain::Request& request) {
  if (const auto known = only_attributes(tag, {"request", "by"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (request.apart.size() >= domain::kMaxApart) {
    return invalid(tag, "more than " + std::to_string(domain::kMaxApart) + " of them");
  }
  auto other = read_id(tag, "request");
  if (!other) return other.error();
  const auto by = required(tag, "by");
  if (!by) return by.error();
  if (by->size() > kMaxBy) return invalid(tag, kByWhat);
  request.apart.push_back({{std::move(*other)}, domain::fold(std::string_view(*by))});
  return Done{};
}

Status read_service(const gloox::Tag& tag, domain::Request& request) {
  if (const auto known = only_attributes(tag, {"name"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (request.services.size() >= domain::kMaxRequestServices) {
    return invalid(tag, "more than " + std::to_string(domain::kMaxRequestServices) + " services");
  }
  auto name = required(tag, "name");
  if (!name) return name.error();
  if (name->size() > kMaxServiceName) {
    return invalid(tag, "a name has at most " + std::to_string(kMaxServiceName) + " bytes");
  }
  request.services.push_back(std::move(*name));
  return Done{};
}

Status read_priority(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  std::int32_t priority = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), priority);
  if (error != std::errc() || end != text->data() + text->size() || priority < -domain::kMaxPriority ||
      priority > domain::kMaxPriority) {
    return invalid(tag, "'" + clipped(*text, 32) + "' is not a whole number from -100 to 100");
  }
  request.priority = priority;
  return Done{};
}

Status read_duration(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  const auto duration = parse_duration(*text);
  if (!duration) return within(tag, duration.error());
  request.duration = *duration;
  return Done{};
}

Status read_moment(const gloox::Tag& tag, std::optional<base::Timestamp>& moment) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  const auto at = parse_timestamp(*text);
  if (!at) return within(tag, at.error());
  moment = *at;
  return Done{};
}

Status read_start(const gloox::Tag& tag, domain::Request& request) { return read_moment(tag, request.start); }
Status read_deadline(const gloox::Tag& tag, domain::Request& request) { return read_moment(tag, request.deadline); }

// The elements a request has at most once.
struct Once {
  std::string_view name;
  Status (*read)(const gloox::Tag&, domain::Request&);
};
constexpr Once kOnce[] = {{"needs", read_needs},       {"prefers", read_prefers}, {"count", read_count},
                          {"spares", read_spares},     {"spread", read_spread},   {"priority", read_priority},
                          {"duration", read_duration}, {"start", read_start},     {"deadline", read_deadline}};

Status read_child(const gloox::Tag& child, const gloox::Tag& parent, domain::Request& request,
                  bool (&seen)[std::size(kOnce)]) {
  if (!is_in(child, kMarketNs)) return keep_extension(child, request.extensions);
  if (child.name() == "resource") return read_resource(child, request.resources, nullptr);
  if (child.name() == "service") return read_service(child, request);
  if (child.name() == "apart") return read_apart(child, request);
  for (std::size_t i = 0; i < std::size(kOnce); ++i) {
    if (child.name() != kOnce[i].name) continue;
    if (seen[i]) return invalid(parent, "<" + child.name() + "> is there twice");
    seen[i] = true;
    return kOnce[i].read(child, request);
  }
  return unknown_element(child, parent);
}

base::Result<domain::Request> read_content(const gloox::Tag& tag) {
  if (const auto plain = no_text(tag); !plain) return plain.error();
  domain::Request request;
  bool seen[std::size(kOnce)] = {};
  for (const auto* child : tag.children()) {
    if (const auto read = read_child(*child, tag, request, seen); !read) return read.error();
  }
  return request;
}

base::Result<RequestStanding> read_standing(const gloox::Tag& tag) {
  RequestStanding standing;
  const auto state = required(tag, "state");
  if (!state) return state.error();
  const auto parsed = domain::request_state(*state);
  if (!parsed) return invalid(tag, "a state is one of waiting, granted, done, cancelled, expired");
  standing.state = *parsed;
  if (const std::string* granted = attribute(tag, "granted")) {
    const auto number = parse_number(*granted, domain::kMaxCount + domain::kMaxSpares);
    if (!number) return within(tag, number.error());
    standing.granted = static_cast<std::uint32_t>(*number);
  }
  if (attribute(tag, "submitted") != nullptr) {
    const auto at = read_timestamp(tag, "submitted");
    if (!at) return at.error();
    standing.submitted = *at;
  }
  return standing;
}

void append_element(std::string& xml, std::string_view name, std::string_view text) {
  xml.append("<").append(name).append(">");
  append_escaped(xml, text);
  xml.append("</").append(name).append(">");
}

void append_content(std::string& xml, const domain::Request& request) {
  append_resources(xml, request.resources, {});
  for (const auto& service : request.services) {
    xml += "<service";
    append_attribute(xml, "name", service);
    xml += "/>";
  }
  append_filter(xml, "needs", request.needs);
  if (request.prefers != domain::Preference{}) append_element(xml, "prefers", request.prefers.text());
  if (request.count != 1 || request.gang) {
    xml += "<count";
    if (request.gang) append_attribute(xml, "gang", "true");
    xml.append(">").append(std::to_string(request.count)).append("</count>");
  }
  if (request.spares != 0) {
    xml += "<spares";
    if (request.assurance != 0) append_attribute(xml, "assurance", fmt::format("0.{:03}", request.assurance));
    xml.append(">").append(std::to_string(request.spares)).append("</spares>");
  }
  if (!request.spread.empty()) append_element(xml, "spread", request.spread);
  for (const auto& apart : request.apart) {
    xml += "<apart";
    append_attribute(xml, "request", apart.request.value);
    append_attribute(xml, "by", apart.by);
    xml += "/>";
  }
  if (request.priority != 0) append_element(xml, "priority", std::to_string(request.priority));
  append_element(xml, "duration", format_duration(request.duration));
  if (request.start) append_element(xml, "start", format_timestamp(*request.start));
  if (request.deadline) append_element(xml, "deadline", format_timestamp(*request.deadline));
  for (const auto& extension : request.extensions) xml += extension;
}

}  // namespace

base::Result<domain::Request> parse_request(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "request"); !ours) return ours.error();
  for (const std::string_view told : {"id", "state", "granted", "submitted"}) {
    if (attribute(tag, told) != nullptr) {
      return invalid(tag, "the attribute '" + std::string(told) + "' is the market's to say: leave it out");
    }
  }
  if (const auto known = only_attributes(tag, {}); !known) return known.error();
  return read_content(tag);
}

base::Result<ListedRequest> parse_listed_request(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "request"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"id", "state", "granted", "submitted"}); !known) return known.error();
  ListedRequest listed;
  if (attribute(tag, "id") != nullptr) {
    auto id = read_id(tag, "id");
    if (!id) return id.error();
    listed.id.value = std::move(*id);
  }
  if (attribute(tag, "state") != nullptr) {
    auto standing = read_standing(tag);
    if (!standing) return standing.error();
    listed.standing = *standing;
  } else if (attribute(tag, "granted") != nullptr || attribute(tag, "submitted") != nullptr) {
    return invalid(tag, "the attribute 'state' is missing");
  }
  auto request = read_content(tag);
  if (!request) return request.error();
  listed.request = std::move(*request);
  return listed;
}

std::string render_request(const domain::Request& request) { return render_request({{}, request, std::nullopt}); }

std::string render_request(const ListedRequest& listed) {
  std::string xml;
  xml.reserve(512);
  xml.append("<request xmlns='").append(kMarketNs).append("'");
  if (!listed.id.value.empty()) append_attribute(xml, "id", listed.id.value);
  if (listed.standing) {
    append_attribute(xml, "state", domain::name(listed.standing->state));
    append_attribute(xml, "granted", std::uint64_t{listed.standing->granted});
    if (listed.standing->submitted) append_attribute(xml, "submitted", format_timestamp(*listed.standing->submitted));
  }
  xml += '>';
  append_content(xml, listed.request);
  return xml += "</request>";
}

}  // namespace bourse::xmpp
