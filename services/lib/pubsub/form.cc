#include "pubsub/form.h"

#include <algorithm>
#include <limits>

#include "bourse/v1/pubsub.pb.h"

namespace bourse::pubsub {

const FieldValues* find_field(const FormValues& form, std::string_view var) {
  const auto at = std::find_if(form.begin(), form.end(), [var](const auto& field) { return field.var == var; });
  return at == form.end() ? nullptr : &*at;
}

std::string encode(const FormValues& form) {
  v1::Form message;
  message.mutable_fields()->Reserve(static_cast<int>(form.size()));
  for (const auto& field : form) {
    auto& to = *message.add_fields();
    to.set_var(field.var);
    for (const auto& value : field.values) to.add_values(value);
  }
  return message.SerializeAsString();
}

std::optional<FormValues> decode_form(std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return std::nullopt;
  v1::Form message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  FormValues form;
  form.reserve(static_cast<std::size_t>(message.fields_size()));
  for (const auto& from : message.fields()) {
    auto& field = form.emplace_back(FieldValues{from.var(), {}});
    field.values.assign(from.values().begin(), from.values().end());
  }
  return form;
}

}  // namespace bourse::pubsub
