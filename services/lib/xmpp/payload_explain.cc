#include <gloox/tag.h>

#include <limits>
#include <optional>

#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_action.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Done;
using base::Status;

constexpr std::size_t kMaxRows = 1024;
constexpr std::size_t kMaxWords = 8 * 1024;
constexpr double kMostShare = 1e15;

// <lacks/> and <change/>: words, bounded because the other side may be anybody.
Status read_words(const gloox::Tag& tag, std::vector<std::string>& to) {
  if (const auto known = only_attributes(tag, {}); !known) return known;
  if (const auto plain = no_children(tag); !plain) return plain;
  if (to.size() >= kMaxRows) return invalid(tag, "too many of them");
  std::string text = text_of(tag);
  if (text.empty() || text.size() > kMaxWords) return invalid(tag, "1 to " + std::to_string(kMaxWords) + " bytes");
  to.push_back(std::move(text));
  return Done{};
}

void append_words(std::string& xml, std::string_view element, const std::vector<std::string>& words) {
  for (const auto& each : words) {
    xml.append("<").append(element).append(">");
    append_repaired(xml, each);
    xml.append("</").append(element).append(">");
  }
}

void append_repaired_attribute(std::string& xml, std::string_view name, std::string_view value) {
  xml.append(" ").append(name).append("='");
  append_repaired(xml, value);
  xml += '\'';
}

Status read_count(const gloox::Tag& tag, std::string_view name, std::uint64_t most, std::uint64_t& to) {
  const auto text = required(tag, name);
  if (!text) return text.error();
  const auto number = parse_number(*text, most);
  if (!number) return within(tag, number.error());
  to = *number;
  return Done{};
}

std::optional<matching::Obstacle> obstacle(std::string_view text) {
  using enum matching::Obstacle;
  for (const auto each : {kResource, kInUse, kNeeds, kServes, kLease, kClosed, kReserved, kBarred, kExcluded}) {
    if (matching::name(each) == text) return each;
  }
  return std::nullopt;
}

constexpr std::uint64_t kMostOffers = std::numeric_limits<std::int64_t>::max();

Status read_rejection(const gloox::Tag& tag, market::RequestExplanation& explanation) {
  if (const auto known = only_attributes(tag, {"obstacle", "what", "offers", "alone"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (explanation.rejections.size() >= kMaxRows) return invalid(tag, "too many of them");
  matching::Rejection rejection;
  const auto name = required(tag, "obstacle");
  if (!name) return name.error();
  const auto parsed = obstacle(*name);
  if (!parsed) return invalid(tag, "unknown obstacle: one of resource, in-use, needs, serves and so on");
  rejection.obstacle = *parsed;
  rejection.what = attribute_or_empty(tag, "what");
  if (const auto read = read_count(tag, "offers", kMostOffers, rejection.offers); !read) return read;
  if (const auto read = read_count(tag, "alone", kMostOffers, rejection.alone); !read) return read;
  explanation.rejections.push_back(std::move(rejection));
  return Done{};
}

Status read_miss(const gloox::Tag& tag, market::RequestExplanation& explanation) {
  if (const auto known = only_attributes(tag, {"offer", "provider", "from"}); !known) return known;
  if (const auto plain = no_text(tag); !plain) return plain;
  if (explanation.nearest.size() >= kMaxRows) return invalid(tag, "too many of them");
  market::NearMiss miss;
  auto offer = read_id(tag, "offer");
  if (!offer) return offer.error();
  miss.offer.value = std::move(*offer);
  auto provider = read_told_jid(tag, "provider");
  if (!provider) return provider.error();
  miss.provider = std::move(*provider);
  if (attribute(tag, "from") != nullptr) {
    const auto from = read_timestamp(tag, "from");
    if (!from) return from.error();
    miss.from = *from;
  }
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "lacks") return unknown_element(*child, tag);
    if (const auto read = read_words(*child, miss.lacks); !read) return read;
  }
  explanation.nearest.push_back(std::move(miss));
  return Done{};
}

Status read_hold(const gloox::Tag& tag, market::RequestExplanation& explanation) {
  if (attribute(tag, "held-offer") != nullptr) {
    auto id = read_id(tag, "held-offer");
    if (!id) return id.error();
    explanation.held_offer = domain::OfferId{std::move(*id)};
  }
  if (attribute(tag, "held-from") != nullptr) {
    const auto from = read_timestamp(tag, "held-from");
    if (!from) return from.error();
    explanation.held_from = *from;
  }
  return Done{};
}

Status read_standing(const gloox::Tag& tag, market::RequestExplanation& explanation) {
  auto request = read_id(tag, "request");
  if (!request) return request.error();
  explanation.request.value = std::move(*request);
  const auto state = required(tag, "state");
  if (!state) return state.error();
  const auto parsed = domain::request_state(*state);
  if (!parsed) return invalid(tag, "a state is one of waiting, granted, done, cancelled, expired");
  explanation.state = *parsed;
  constexpr std::uint64_t kMostGrants = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t granted = 0;
  std::uint64_t count = 0;
  if (const auto read = read_count(tag, "granted", kMostGrants, granted); !read) return read;
  if (const auto read = read_count(tag, "count", kMostGrants, count); !read) return read;
  explanation.granted = static_cast<std::uint32_t>(granted);
  explanation.count = static_cast<std::uint32_t>(count);
  const auto submitted = read_timestamp(tag, "submitted");
  if (!submitted) return submitted.error();
  explanation.submitted = *submitted;
  const auto share = read_decimal(tag, "share", 0, kMostShare);
  if (!share) return share.error();
  explanation.share = *share;
  if (const std::string* quota = attribute(tag, "quota")) explanation.quota = *quota;
  if (const auto read = read_hold(tag, explanation); !read) return read;
  if (const auto read = read_count(tag, "offers", kMostOffers, explanation.offers); !read) return read;
  if (attribute(tag, "drawn-from") != nullptr) {
    if (const auto read = read_count(tag, "drawn-from", kMostOffers, explanation.drawn_from); !read) return read;
  }
  return read_count(tag, "fitting", kMostOffers, explanation.fitting);
}

void append_standing(std::string& xml, const market::RequestExplanation& explanation) {
  append_attribute(xml, "request", explanation.request.value);
  append_attribute(xml, "state", domain::name(explanation.state));
  append_attribute(xml, "granted", std::uint64_t{explanation.granted});
  append_attribute(xml, "count", std::uint64_t{explanation.count});
  append_attribute(xml, "submitted", format_timestamp(explanation.submitted));
  append_attribute(xml, "share", decimal_text(explanation.share));
  if (explanation.quota) append_repaired_attribute(xml, "quota", *explanation.quota);
  if (explanation.held_offer) append_attribute(xml, "held-offer", explanation.held_offer->value);
  if (explanation.held_from) append_attribute(xml, "held-from", format_timestamp(*explanation.held_from));
  append_attribute(xml, "offers", explanation.offers);
  if (explanation.drawn_from > explanation.offers) append_attribute(xml, "drawn-from", explanation.drawn_from);
  append_attribute(xml, "fitting", explanation.fitting);
}

void append_miss(std::string& xml, const market::NearMiss& miss) {
  xml += "<miss";
  append_attribute(xml, "offer", miss.offer.value);
  append_attribute(xml, "provider", miss.provider.text());
  if (miss.from) append_attribute(xml, "from", format_timestamp(*miss.from));
  xml += '>';
  append_words(xml, "lacks", miss.lacks);
  xml += "</miss>";
}

}  // namespace

base::Result<ExplainPayload> parse_explain(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "explain"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"request", "pool"}); !known) return known.error();
  if (const auto empty = empty_element(tag); !empty) return empty.error();
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  auto request = read_id(tag, "request");
  if (!request) return request.error();
  return ExplainPayload{std::move(*pool), {{std::move(*request)}}};
}

std::string render_explain(const domain::PoolName& pool, const market::ExplainRequest& request) {
  std::string xml = "<explain xmlns='";
  xml.append(kMarketNs).append("'");
  if (!pool.value.empty() && pool.value != kDefaultPool) append_attribute(xml, "pool", pool.value);
  append_attribute(xml, "request", request.id.value);
  return xml += "/>";
}

base::Result<market::RequestExplanation> parse_explanation(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "explain"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"request", "state", "granted", "count", "submitted", "share", "quota",
                                               "held-offer", "held-from", "offers", "drawn-from", "fitting"});
      !known) {
    return known.error();
  }
  if (const auto plain = no_text(tag); !plain) return plain.error();
  market::RequestExplanation explanation;
  if (const auto read = read_standing(tag, explanation); !read) return read.error();
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    Status read = Done{};
    if (child->name() == "rejection") {
      read = read_rejection(*child, explanation);
    } else if (child->name() == "miss") {
      read = read_miss(*child, explanation);
    } else if (child->name() == "change") {
      read = read_words(*child, explanation.changes);
    } else {
      return unknown_element(*child, tag);
    }
    if (!read) return read.error();
  }
  return explanation;
}

std::string render_explanation(const market::RequestExplanation& explanation) {
  std::string xml = "<explain xmlns='";
  xml.append(kMarketNs).append("'");
  append_standing(xml, explanation);
  xml += '>';
  for (const auto& rejection : explanation.rejections) {
    xml += "<rejection";
    append_attribute(xml, "obstacle", matching::name(rejection.obstacle));
    if (!rejection.what.empty()) append_repaired_attribute(xml, "what", rejection.what);
    append_attribute(xml, "offers", rejection.offers);
    append_attribute(xml, "alone", rejection.alone);
    xml += "/>";
  }
  for (const auto& miss : explanation.nearest) append_miss(xml, miss);
  append_words(xml, "change", explanation.changes);
  return xml += "</explain>";
}

}  // namespace bourse::xmpp
