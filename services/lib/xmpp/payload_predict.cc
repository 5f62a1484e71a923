#include "xmpp/payload_predict.h"

#include <gloox/tag.h>

#include <algorithm>
#include <utility>

#include "domain/offer.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;

Result<base::Duration> read_further(const gloox::Tag& tag) {
  auto further = read_duration(tag, "for");
  if (!further) return further;
  if (*further <= base::Duration::zero() || *further > domain::kMaxDuration) {
    return invalid(tag, "for is longer than nothing and not longer than 365 days");
  }
  return further;
}

Result<std::optional<std::uint32_t>> read_at_least(const gloox::Tag& tag, std::size_t most) {
  const std::string* text = attribute(tag, "at-least");
  if (text == nullptr) return std::optional<std::uint32_t>();
  const auto number = parse_number(*text, most);
  if (!number || *number == 0) {
    return invalid(tag, "at-least is a number from 1 to that of the providers, " + std::to_string(most));
  }
  return std::optional(static_cast<std::uint32_t>(*number));
}

void open_provider(std::string& xml, const domain::Jid& provider) {
  xml += "<provider";
  append_attribute(xml, "jid", provider.text());
}

base::Status read_foreseen(const gloox::Tag& tag, market::Prediction& prediction) {
  if (const auto known = only_attributes(tag, {"jid", "up-for", "stays"}); !known) return known;
  if (const auto empty = empty_element(tag); !empty) return empty;
  if (prediction.providers.size() >= market::kMostPredicted) return invalid(tag, "too many of them");
  market::Prediction::Provider provider;
  auto jid = read_told_jid(tag, "jid");
  if (!jid) return jid.error();
  provider.provider = std::move(*jid);
  if (attribute(tag, "up-for") != nullptr) {
    const auto up_for = read_duration(tag, "up-for");
    if (!up_for) return up_for.error();
    provider.up_for = *up_for;
  }
  const auto stays = read_decimal(tag, "stays", 0, 1);
  if (!stays) return stays.error();
  provider.stays = *stays;
  prediction.providers.push_back(std::move(provider));
  return base::Done{};
}

}  // namespace

Result<PredictPayload> parse_predict(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "predict"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"for", "at-least", "pool"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  PredictPayload payload;
  auto pool = read_pool(tag);
  if (!pool) return pool.error();
  payload.pool = std::move(*pool);
  const auto further = read_further(tag);
  if (!further) return further.error();
  payload.question.further = *further;
  auto& providers = payload.question.providers;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "provider") return unknown_element(*child, tag);
    if (const auto known = only_attributes(*child, {"jid"}); !known) return known.error();
    if (const auto empty = empty_element(*child); !empty) return empty.error();
    const auto jid = read_jid(*child, "jid");
    if (!jid) return jid.error();
    if (std::ranges::find(providers, jid->bare()) != providers.end()) {
      return invalid(*child, "this provider is named twice");
    }
    providers.push_back(jid->bare());
    if (providers.size() > market::kMostPredicted) {
      return invalid(tag, "more than " + std::to_string(market::kMostPredicted) + " providers");
    }
  }
  if (providers.empty()) return invalid(tag, "name at least one <provider jid=''/>");
  const auto at_least = read_at_least(tag, providers.size());
  if (!at_least) return at_least.error();
  payload.question.at_least = *at_least;
  return payload;
}

std::string render_predict(const domain::PoolName& pool, const market::PredictAvailability& question) {
  std::string xml = "<predict xmlns='";
  xml.append(kMarketNs).append("'");
  if (!pool.value.empty() && pool.value != kDefaultPool) append_attribute(xml, "pool", pool.value);
  append_attribute(xml, "for", format_duration(question.further));
  if (question.at_least) append_attribute(xml, "at-least", std::uint64_t{*question.at_least});
  xml += '>';
  for (const auto& provider : question.providers) {
    open_provider(xml, provider);
    xml += "/>";
  }
  return xml += "</predict>";
}

Result<market::Prediction> parse_prediction(const gloox::Tag& tag) {
  if (const auto ours = expect(tag, "prediction"); !ours) return ours.error();
  if (const auto known = only_attributes(tag, {"for", "at-least", "together"}); !known) return known.error();
  if (const auto plain = no_text(tag); !plain) return plain.error();
  market::Prediction prediction;
  const auto further = read_further(tag);
  if (!further) return further.error();
  prediction.further = *further;
  for (const auto* child : tag.children()) {
    if (!is_in(*child, kMarketNs)) continue;
    if (child->name() != "provider") return unknown_element(*child, tag);
    if (const auto read = read_foreseen(*child, prediction); !read) return read.error();
  }
  const auto at_least = read_at_least(tag, prediction.providers.size());
  if (!at_least) return at_least.error();
  if (!*at_least) return invalid(tag, "the attribute 'at-least' is missing");
  prediction.at_least = **at_least;
  const auto together = read_decimal(tag, "together", 0, 1);
  if (!together) return together.error();
  prediction.together = *together;
  return prediction;
}

std::string render_prediction(const market::Prediction& prediction) {
  std::string xml = "<prediction xmlns='";
  xml.append(kMarketNs).append("'");
  append_attribute(xml, "for", format_duration(prediction.further));
  append_attribute(xml, "at-least", std::uint64_t{prediction.at_least});
  append_attribute(xml, "together", decimal_text(prediction.together));
  xml += '>';
  for (const auto& provider : prediction.providers) {
    open_provider(xml, provider.provider);
    if (provider.up_for) append_attribute(xml, "up-for", format_duration(*provider.up_for));
    append_attribute(xml, "stays", decimal_text(provider.stays));
    xml += "/>";
  }
  return xml += "</prediction>";
}

}  // namespace bourse::xmpp
