#include <gloox/tag.h>

#include <array>
#include <utility>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;
using domain::Preference;

constexpr std::array<std::pair<std::string_view, Preference>, 3> kPreferences{
    {{"best-fit", Preference::kBestFit},
     {"availability", Preference::kAvailability},
     {"fastest", Preference::kFastest}}};

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
  for (const auto& [word, preference] : kPreferences) {
    if (word != *text) continue;
    request.prefers = preference;
    return Done{};
  }
  return invalid(tag, "'" + clipped(*text, 32) + "' is none of best-fit, availability, fastest");
}

Status read_count(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  const auto count = parse_number(*text, domain::kMaxCount);
  if (!count) return within(tag, count.error());
  if (*count == 0) return invalid(tag, "a request is for at least one grant");
  request.count = static_cast<std::uint32_t>(*count);
  return Done{};
}

Status read_spread(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  if (*text != "provider")
    return invalid(tag, "'" + clipped(*text, 32) + "' is not provider, the only spread there is");
  request.spread = domain::Spread::kProvider;
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

Status read_deadline(const gloox::Tag& tag, domain::Request& request) {
  const auto text = plain_text(tag);
  if (!text) return text.error();
  const auto deadline = parse_timestamp(*text);
  if (!deadline) return within(tag, deadline.error());
  request.deadline = *deadline;
  return Done{};
}

struct Once {
  std::string_view name;
  Status (*read)(const gloox::Tag&, domain::Request&);
};
constexpr Once kOnce[] = {{"needs", read_needs},   {"prefers", read_prefers},   {"count", read_count},
                          {"spread", read_spread}, {"duration", read_duration}, {"deadline", read_deadline}};

Status read_child(const gloox::Tag& child, const gloox::Tag& parent, domain::Request& request,
                  bool (&seen)[std::size(kOnce)]) {
  if (!is_in(child, kMarketNs)) return keep_extension(child, request.extensions);
  if (child.name() == "resource") return read_resource(child, request.resources, nullptr);
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
    const auto number = parse_number(*granted, domain::kMaxCount);
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

void append_content(std::string& xml, const domain::Request& request) {
  append_resources(xml, request.resources, {});
  append_filter(xml, "needs", request.needs);
  for (const auto& [word, preference] : kPreferences) {
    if (preference == request.prefers && preference != Preference::kBestFit) {
      xml.append("<prefers>").append(word).append("</prefers>");
    }
  }
  if (request.count != 1) xml.append("<count>").append(std::to_string(request.count)).append("</count>");
  if (request.spread == domain::Spread::kProvider) xml += "<spread>provider</spread>";
  xml.append("<duration>").append(format_duration(request.duration)).append("</duration>");
  if (request.deadline) xml.append("<deadline>").append(format_timestamp(*request.deadline)).append("</deadline>");
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
