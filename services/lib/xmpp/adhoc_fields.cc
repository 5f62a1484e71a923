#include "xmpp/adhoc_fields.h"

#include <algorithm>

#include "base/config.h"
#include "xmpp/element.h"
#include "xmpp/payload_fields.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FieldType;

constexpr std::string_view kSpace = " \t\r\n";
constexpr base::Duration kLongest = std::chrono::hours(24 * 3653);
constexpr std::size_t kMaxQuoted = 64;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

base::Error wrong(std::string_view var, std::string_view what) {
  return {Errc::kInvalidPayload, std::string(var) + ": " + std::string(what)};
}

Result<base::Duration> any_duration(std::string_view text) {
  auto duration = text.starts_with('P') ? parse_duration(text) : base::parse_duration(text);
  if (duration && *duration > kLongest) {
    return {Errc::kInvalidPayload, "'" + clipped(text, kMaxQuoted) + "' is longer than ten years"};
  }
  return duration;
}

base::Status add_resource(domain::Resources& resources, const std::string& name, const std::string& quantity,
                          bool zero_is_none) {
  const auto amount = domain::parse_quantity(name, quantity);
  if (!amount) return amount.error();
  if (*amount == 0 && zero_is_none) return base::Done{};
  return resources.add(name, *amount);
}

bool is_boolean(std::string_view text) { return text == "true" || text == "false" || text == "1" || text == "0"; }

bool offers(const pubsub::Field& field, const std::string& value) {
  return std::any_of(field.options.begin(), field.options.end(),
                     [&](const pubsub::FieldOption& option) { return option.value == value; });
}

bool is_blank(const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(),
                     [](const std::string& value) { return value.find_first_not_of(kSpace) == std::string::npos; });
}

const pubsub::Field* find(const pubsub::Form& form, std::string_view var) {
  const auto found =
      std::find_if(form.fields.begin(), form.fields.end(), [var](const auto& each) { return each.var == var; });
  return found == form.fields.end() ? nullptr : &*found;
}

}  // namespace

std::string Entered::text(std::string_view var) const {
  const auto* found = pubsub::find_field(values_, var);
  return found == nullptr || found->values.empty() ? std::string() : trimmed(found->values.front());
}

std::vector<std::string> Entered::lines(std::string_view var) const {
  std::vector<std::string> lines;
  const auto* found = pubsub::find_field(values_, var);
  if (found == nullptr) return lines;
  for (const auto& value : found->values) {  // some clients send all lines as one value
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t end = std::min(value.find('\n', at), value.size());
      if (auto line = trimmed(std::string_view(value).substr(at, end - at)); !line.empty()) {
        lines.push_back(std::move(line));
      }
      at = end + 1;
    }
  }
  return lines;
}

Result<bool> Entered::flag(std::string_view var, bool otherwise) const {
  const std::string given = text(var);
  if (given.empty()) return otherwise;
  if (!is_boolean(given)) return wrong(var, "'" + clipped(given, kMaxQuoted) + "' is neither true nor false");
  return given == "true" || given == "1";
}

Result<domain::Jid> Entered::jid(std::string_view var) const {
  auto jid = domain::Jid::parse(text(var));
  if (!jid) return wrong(var, jid.error().text);
  return jid->bare();
}

Result<domain::Filter> Entered::filter(std::string_view var) const {
  const std::string given = text(var);
  if (given.empty()) return domain::Filter();
  auto filter = domain::Filter::parse(given);
  if (!filter) return wrong(var, filter.error().text);
  return filter;
}

Result<std::string> Entered::id(std::string_view var, const std::string& otherwise) const {
  std::string given = text(var);
  if (given.empty()) return otherwise;
  if (given.size() > kMaxItemId) return wrong(var, "a name has at most " + std::to_string(kMaxItemId) + " bytes");
  return given;
}

Result<std::optional<base::Duration>> Entered::duration(std::string_view var) const {
  const std::string given = text(var);
  if (given.empty() || given == "none") return std::optional<base::Duration>();
  const auto parsed = any_duration(given);
  if (!parsed) return wrong(var, parsed.error().text);
  return std::optional(*parsed);
}

Result<std::optional<base::Timestamp>> Entered::moment(std::string_view var, base::Timestamp now) const {
  const std::string given = text(var);
  if (given.empty() || given == "none") return std::optional<base::Timestamp>();
  if (const auto at = parse_timestamp(given); at) return std::optional(*at);
  const auto span = any_duration(given);
  if (!span) {
    return wrong(var, "'" + clipped(given, kMaxQuoted) +
                          "' is neither a time, such as 2026-12-01T00:00:00Z, nor a time span, such as 8h or P7D");
  }
  return std::optional(now + *span);
}

Result<domain::Resources> Entered::resources() const {
  domain::Resources resources;
  for (const std::string name : {"cpu", "memory", "gpu"}) {
    const std::string quantity = text(name);
    if (quantity.empty()) continue;
    if (const auto added = add_resource(resources, name, quantity, true); !added) return added.error();
  }
  for (const auto& line : lines("resources")) {
    const auto pair = parse_pair(line);
    if (!pair) return wrong("resources", pair.error().text);
    if (const auto added = add_resource(resources, pair->first, pair->second, false); !added) {
      return wrong("resources", added.error().text);
    }
  }
  return resources;
}

Result<std::pair<std::string, std::string>> parse_pair(std::string_view line) {
  const std::size_t at = line.find('=');
  std::pair<std::string, std::string> pair;
  if (at != std::string_view::npos) pair = {trimmed(line.substr(0, at)), trimmed(line.substr(at + 1))};
  if (pair.first.empty() || pair.second.empty()) {
    return {Errc::kInvalidPayload, "'" + clipped(line, kMaxQuoted) + "' is not of the form name=value"};
  }
  return pair;
}

pubsub::Field field(std::string_view var, FieldType type, std::string_view label, std::string_view description) {
  pubsub::Field made;
  made.var = var;
  made.type = type;
  made.label = label;
  made.description = description;
  return made;
}

pubsub::Field text_field(std::string_view var, std::string_view label, std::string_view description,
                         std::string_view value, pubsub::FieldValidation validation) {
  auto made = field(var, FieldType::kTextSingle, label, description);
  if (!value.empty()) made.values.emplace_back(value);
  made.validation = std::move(validation);
  return made;
}

pubsub::Field choice_field(std::string_view var, std::string_view label, std::string_view description,
                           std::string_view value, std::vector<pubsub::FieldOption> options, bool open) {
  auto made = field(var, FieldType::kListSingle, label, description);
  if (!value.empty()) made.values.emplace_back(value);
  made.options = std::move(options);
  if (open) made.validation = {.datatype = "xs:string", .open = true};
  return made;
}

pubsub::Field required_field(pubsub::Field field) {
  field.required = true;
  return field;
}

std::optional<std::string> misfit(const pubsub::Form& form, const pubsub::FormValues& values) {
  for (const auto& given : values) {
    const auto* known = find(form, given.var);
    if (known == nullptr) return "this form has no field '" + clipped(given.var, kMaxQuoted) + "'";
    const bool single = known->type != FieldType::kTextMulti && known->type != FieldType::kListMulti;
    if (single && given.values.size() > 1) return "the field '" + given.var + "' has one value, not several";
    if (is_blank(given.values)) continue;
    if (known->type == FieldType::kBoolean && !is_boolean(given.values.front())) {
      return "the field '" + given.var + "' is true or false";
    }
    if (known->type == FieldType::kListSingle && !known->validation.open && !offers(*known, given.values.front())) {
      return "'" + clipped(given.values.front(), kMaxQuoted) + "' is not among the choices of '" + given.var + "'";
    }
  }
  for (const auto& each : form.fields) {
    const auto* given = pubsub::find_field(values, each.var);
    if (each.required && (given == nullptr || is_blank(given->values))) {
      return "the field '" + each.var + "' (" + each.label + ") is missing";
    }
  }
  return std::nullopt;
}

// What is too long for people to have typed is not sent back: escaped, it could be too long for any stanza.
pubsub::Form refilled(pubsub::Form form, const pubsub::FormValues& values) {
  constexpr std::size_t kMostBytes = 8 * 1024;
  std::size_t left = kMostBytes;
  for (auto& each : form.fields) {
    const auto* given = pubsub::find_field(values, each.var);
    if (given == nullptr) continue;
    std::size_t bytes = 0;
    for (const auto& value : given->values) bytes += value.size() + 16;
    if (bytes > left) continue;
    left -= bytes;
    each.values = given->values;
  }
  return form;
}

pubsub::Field column(std::string_view var, std::string_view label, FieldType type) {
  return field(var, type, label, {});
}

void cell(pubsub::FormValues& row, std::string_view var, std::string value) {
  row.push_back({std::string(var), {std::move(value)}});
}

std::string in_words(const domain::Resources& resources, std::string_view gpu_model) {
  std::string words;
  for (const auto& entry : resources.entries()) {
    if (!words.empty()) words += ", ";
    words.append(entry.name).append(" ").append(domain::format_quantity(entry.name, entry.amount));
    if (entry.name == domain::kGpu && !gpu_model.empty()) words.append(" (").append(gpu_model).append(")");
  }
  return words;
}

}  // namespace bourse::xmpp
