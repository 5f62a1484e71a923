#include "pubsub/notice_record.h"

#include <utility>

namespace bourse::pubsub {
namespace {

std::vector<std::string> texts(const std::vector<domain::Jid>& jids) {
  std::vector<std::string> all;
  all.reserve(jids.size());
  for (const auto& jid : jids) all.push_back(jid.text());
  return all;
}

}  // namespace

std::string subscription_record(const SubscriptionInfo& now, const std::vector<domain::Jid>& to) {
  FormValues form{{"state", {std::string(to_text(now.state))}}, {"subid", {std::to_string(now.id.value)}}};
  if (now.expires) {
    // As subscription options write it (XEP-0082), so that there is one form of it.
    const auto options = values_of(SubscriptionOptions{.expire = now.expires});
    if (const auto* field = find_field(options, "pubsub#expire")) form.push_back({"expiry", field->values});
  }
  form.push_back({"to", texts(to)});
  return encode(form);
}

std::string deletion_record(const std::string& redirect, const Recipients& to) {
  FormValues form;
  if (!redirect.empty()) form.push_back({"redirect", {redirect}});
  FieldValues addresses{"to", {}};
  addresses.values.reserve(to.size());
  for (std::size_t i = 0; i < to.size(); ++i) addresses.values.push_back(to.at(i).to.text());
  form.push_back(std::move(addresses));
  return encode(form);
}

std::vector<domain::Jid> recorded_addresses(std::string_view record) {
  std::vector<domain::Jid> addresses;
  const auto form = decode_form(record);
  const FieldValues* field = form ? find_field(*form, "to") : nullptr;
  if (field == nullptr) return addresses;
  for (const auto& text : field->values) {
    if (auto jid = domain::Jid::stored(text)) addresses.push_back(std::move(*jid));
  }
  return addresses;
}

}  // namespace bourse::pubsub
