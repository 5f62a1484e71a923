// Forms and the requests of XEP-0060, XEP-0313 and owners' decisions: XML through gloox's parser, as after the guard,
// into our codecs, as every kind of iq. A form that is accepted renders to XML that is accepted as the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "unit/xmpp/parsed_xml.h"
#include "xmpp/archive_request.h"
#include "xmpp/data_form.h"
#include "xmpp/pubsub_request.h"

using namespace bourse;

namespace {

void check_form(const gloox::Tag& tag) {
  const auto form = xmpp::parse_form(tag);
  if (!form) return;
  BOURSE_CHECK(form->values.size() <= xmpp::kMaxFormFields);
  pubsub::Form again;
  again.type = form->type;
  again.form_type = form->form_type;
  for (const auto& each : form->values) {
    again.fields.push_back({.var = each.var, .type = pubsub::FieldType::kTextMulti, .values = each.values});
  }
  const xmpp::ParsedXml xml(xmpp::render(again));
  BOURSE_CHECK(xml.ok());
  const auto parsed = xmpp::parse_form(*xml);
  BOURSE_CHECK(parsed.ok() && parsed->type == form->type && parsed->form_type == form->form_type);
  BOURSE_CHECK(parsed->values == form->values);
}

// Everything published can be put into a stanza of ours.
void check_items(const xmpp::PubsubRequest& request) {
  const auto* asked = std::get_if<xmpp::PoolCommand>(&request);
  const auto* node = asked == nullptr ? nullptr : std::get_if<pubsub::Command>(&asked->body);
  const auto* publish = node == nullptr ? nullptr : std::get_if<pubsub::PublishItems>(node);
  if (publish == nullptr) return;
  for (const auto& item : publish->items) {
    BOURSE_CHECK(!item.id.empty());
    if (!item.payload.empty()) BOURSE_CHECK(xmpp::ParsedXml("<x xmlns='urn:x'>" + item.payload + "</x>").ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 16'384;
  if (size > kMost) return 0;
  const xmpp::ParsedXml tag(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!tag.ok()) return 0;
  static const xmpp::PubsubRules rules{{{"commons"}}, {}, [] { return std::string("made"); }, 4'096};
  static const domain::Jid sender = domain::Jid::parse("a@x/r").value();
  check_form(*tag);
  for (const bool set : {true, false}) {
    if (const auto request = xmpp::parse_pubsub(*tag, set, sender, {}, rules)) check_items(*request);
    (void)xmpp::parse_pubsub_owner(*tag, set, sender, rules).ok();
    (void)xmpp::parse_archive(*tag, set, rules).ok();
  }
  (void)xmpp::parse_authorization(*tag, rules).has_value();
  return 0;
}
