#include "xmpp/node_info.h"

#include <string_view>
#include <utility>
#include <vector>

#include "xmpp/archive_request.h"
#include "xmpp/data_form.h"
#include "xmpp/disco.h"
#include "xmpp/rsm.h"
#include "xmpp/stanza_error.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using pubsub::FieldType;

// What of the configuration everybody may know.
struct OpenField {
  std::string_view var;
  FieldType type;
  std::string_view label;
};
constexpr OpenField kOpenFields[] = {
    {"pubsub#title", FieldType::kTextSingle, "Title"},
    {"pubsub#description", FieldType::kTextSingle, "Description"},
    {"pubsub#type", FieldType::kTextSingle, "Namespace of the payloads"},
    {"pubsub#language", FieldType::kTextSingle, "Language"},
    {"pubsub#contact", FieldType::kJidMulti, "Whom to ask about the node"},
    {"pubsub#access_model", FieldType::kTextSingle, "Who may subscribe and retrieve"},
    {"pubsub#publish_model", FieldType::kTextSingle, "Who may publish"},
    {"pubsub#max_items", FieldType::kTextSingle, "Most items kept"},
    {"pubsub#body_xslt", FieldType::kTextSingle, "Where to find a transformation of payloads to text"},
};

bool says_something(const pubsub::FieldValues& field) {
  return !field.values.empty() && !(field.values.size() == 1 && field.values.front().empty());
}

void add(pubsub::Form& form, std::string_view var, FieldType type, std::string_view label,
         std::vector<std::string> values) {
  if (values.empty()) return;
  pubsub::Field field;
  field.var = var;
  field.type = type;
  field.label = label;
  field.values = std::move(values);
  form.fields.push_back(std::move(field));
}

std::vector<std::string> texts(const std::vector<domain::Jid>& jids) {
  std::vector<std::string> all;
  all.reserve(jids.size());
  for (const auto& jid : jids) all.push_back(jid.text());
  return all;
}

std::string title_of(const pubsub::NodeInfo& info) {
  if (!info.config.title.empty() || info.kind != pubsub::NodeKind::kMarket) return info.config.title;
  const auto node = pubsub::parse_node(info.node.value);
  return node ? std::string(market_title(node->node)) : std::string();
}

pubsub::Form meta_data(const pubsub::NodeInfo& info) {
  pubsub::Form form;
  form.type = pubsub::FormType::kResult;
  form.form_type = pubsub::kMetaDataForm;
  const auto values = values_of(info.config);
  for (const auto& open : kOpenFields) {
    const auto* field = find_field(values, open.var);
    if (field != nullptr && says_something(*field)) add(form, open.var, open.type, open.label, field->values);
  }
  if (!info.creator.empty()) {
    add(form, "pubsub#creator", FieldType::kJidSingle, "Who made the node", {info.creator.text()});
  }
  if (info.created != base::Timestamp{}) {
    add(form, "pubsub#creation_date", FieldType::kTextSingle, "When it was made", {format_timestamp(info.created)});
  }
  add(form, "pubsub#owner", FieldType::kJidMulti, "Owners", texts(info.owners));
  add(form, "pubsub#publisher", FieldType::kJidMulti, "Publishers", texts(info.publishers));
  add(form, "pubsub#num_subscribers", FieldType::kTextSingle, "Subscriptions", {std::to_string(info.subscribers)});
  return form;
}

void append_feature(std::string& xml, std::string_view feature) {
  xml += "<feature";
  append_attribute(xml, "var", feature);
  xml += "/>";
}

void append_features(std::string& xml, const pubsub::NodeInfo& info) {
  append_feature(xml, kPubsubNs);
  const bool market = info.kind == pubsub::NodeKind::kMarket;
  const bool kept = market || (info.kind == pubsub::NodeKind::kLeaf && info.config.persist_items);
  if (!kept) return;
  append_feature(xml, kRsmNs);
  append_feature(xml, kArchiveNs);
  append_feature(xml, kArchiveExtendedFeature);
  if (market) return;  // whose items have one order only
  append_feature(xml, kOldOrderByNs);
  append_feature(xml, kOrderByNs);
}

}  // namespace

std::string render_node_info(const pubsub::NodeInfo& info) {
  std::string xml = std::string("<query xmlns='") + kDiscoInfoNs + "'";
  append_attribute(xml, "node", info.node.value);
  xml += "><identity category='pubsub'";
  append_attribute(xml, "type", info.kind == pubsub::NodeKind::kCollection ? "collection" : "leaf");
  if (const std::string title = title_of(info); !title.empty()) append_attribute(xml, "name", title);
  xml += "/>";
  append_features(xml, info);
  xml += render(meta_data(info));
  return xml += "</query>";
}

}  // namespace bourse::xmpp
