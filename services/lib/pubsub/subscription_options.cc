#include "pubsub/subscription_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "domain/date_time.h"

namespace bourse::pubsub {
namespace {

using base::Errc;
using base::Status;
using Values = std::vector<std::string>;

constexpr std::string_view kDeliver = "pubsub#deliver";
constexpr std::string_view kDigest = "pubsub#digest";
constexpr std::string_view kDigestFrequency = "pubsub#digest_frequency";
constexpr std::string_view kExpire = "pubsub#expire";
constexpr std::string_view kIncludeBody = "pubsub#include_body";
constexpr std::string_view kShowValues = "pubsub#show-values";
constexpr std::string_view kType = "pubsub#subscription_type";
constexpr std::string_view kDepth = "pubsub#subscription_depth";
constexpr std::string_view kAllText = "all";

struct ShowName {
  Show show;
  std::string_view text;
  std::string_view label;
};
constexpr std::array kShows{ShowName{Show::kAway, "away", "Away"}, ShowName{Show::kChat, "chat", "Free to chat"},
                            ShowName{Show::kDnd, "dnd", "Do not disturb"},
                            ShowName{Show::kOnline, "online", "Available"}, ShowName{Show::kXa, "xa", "Away for long"}};

struct TypeName {
  SubscriptionType type;
  std::string_view text;
  std::string_view label;
};
constexpr std::array kTypes{TypeName{SubscriptionType::kItems, "items", "Items"},
                            TypeName{SubscriptionType::kNodes, "nodes", "Nodes that come and go"},
                            TypeName{SubscriptionType::kAll, "all", "Both"}};

Status refuse(std::string_view var, std::string_view text) {
  return {Errc::kInvalidOptions, fmt::format("{}: {}", var, text)};
}

// What checks an option needs besides its own values. `now` none: it was checked when it was stored.
struct Situation {
  const OptionScope& scope;
  std::optional<base::Timestamp> now;
};

Status read_boolean(const FieldValues& field, bool& to) {
  const std::string_view value = field.values.size() == 1 ? std::string_view(field.values.front()) : "";
  to = value == "1" || value == "true";
  if (to || value == "0" || value == "false") return base::Done{};
  return refuse(field.var, "takes true or false (1 or 0)");
}

// No value is the empty text. Of several: false.
bool read_single(const FieldValues& field, std::string_view& to) {
  to = field.values.empty() ? std::string_view() : std::string_view(field.values.front());
  return field.values.size() <= 1;
}

Status read_digest(const FieldValues& field) {
  bool digest = false;
  if (auto status = read_boolean(field, digest); !status) return status;
  if (digest) return refuse(field.var, "this service sends each notification by itself: leave it out");
  return base::Done{};
}

Status read_number(const FieldValues& field, std::uint32_t& to) {
  std::string_view text;
  if (!read_single(field, text)) return refuse(field.var, "takes one value");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error == std::errc() && end == text.data() + text.size()) return base::Done{};
  return refuse(field.var, "takes a number");
}

// Without digests it changes nothing, but what is no number is still wrong.
Status read_digest_frequency(const FieldValues& field) {
  std::uint32_t milliseconds = 0;
  return read_number(field, milliseconds);
}

Status read_expire(const FieldValues& field, const Situation& situation, SubscriptionOptions& options) {
  std::string_view text;
  if (!read_single(field, text)) return refuse(field.var, "takes one value");
  options.expire.reset();
  if (text.empty()) return base::Done{};
  if (text == "presence") {
    return refuse(
        field.var,
        "a subscription that ends with your presence is not offered on this node: give a time, or ask an owner "
        "to set pubsub#tempsub");
  }
  const auto at = domain::parse_date_time(text);
  if (!at) return refuse(field.var, "takes a time such as 2026-12-01T08:30:00Z (XEP-0082)");
  if (situation.now) {
    if (*at <= *situation.now) return refuse(field.var, "is in the past");
    const auto latest = *situation.now + situation.scope.longest_lease;
    if (*at > latest) {
      return refuse(field.var, "is later than this service leases: at most until " + domain::format_date_time(latest));
    }
  }
  options.expire = at;
  return base::Done{};
}

Status read_shows(const FieldValues& field, SubscriptionOptions& options) {
  unsigned shows = 0;
  for (const auto& value : field.values) {
    const auto at =
        std::find_if(kShows.begin(), kShows.end(), [&value](const auto& name) { return name.text == value; });
    if (at == kShows.end()) return refuse(field.var, "takes any of away, chat, dnd, online, xa");
    shows |= static_cast<unsigned>(at->show);
  }
  options.show_values = static_cast<std::uint8_t>(shows);
  return base::Done{};
}

Status read_type(const FieldValues& field, SubscriptionOptions& options) {
  std::string_view text;
  if (read_single(field, text)) {
    for (const auto& name : kTypes) {
      if (name.text != text) continue;
      options.type = name.type;
      return base::Done{};
    }
  }
  return refuse(field.var, "takes one of items, nodes, all");
}

Status read_depth(const FieldValues& field, SubscriptionOptions& options) {
  if (field.values == Values{std::string(kAllText)}) {
    options.depth = SubscriptionOptions::kAllDepths;
    return base::Done{};
  }
  std::uint32_t depth = 0;
  if (!read_number(field, depth)) return refuse(field.var, "takes a number (0: the collection itself) or all");
  options.depth = depth;
  return base::Done{};
}

Status read_filter(const FieldValues& field, SubscriptionOptions& options) {
  std::string_view text;
  if (!read_single(field, text)) return refuse(field.var, "takes one filter; put several into (&…) or (|…)");
  options.filter = {};
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return base::Done{};
  auto filter = domain::Filter::parse(text);
  if (!filter) return refuse(field.var, filter.error().text);
  options.filter = std::move(filter).value();
  return base::Done{};
}

Status read_option(const FieldValues& field, const Situation& situation, SubscriptionOptions& options) {
  if (field.var == kDeliver) return read_boolean(field, options.deliver);
  if (field.var == kDigest) return read_digest(field);
  if (field.var == kDigestFrequency) return read_digest_frequency(field);
  if (field.var == kExpire) return read_expire(field, situation, options);
  if (field.var == kIncludeBody) return read_boolean(field, options.include_body);
  if (field.var == kShowValues) return read_shows(field, options);
  if (field.var == kType || field.var == kDepth) {
    if (!situation.scope.collection) return refuse(field.var, "is an option of collections only: leave it out");
    return field.var == kType ? read_type(field, options) : read_depth(field, options);
  }
  if (field.var == kFilterField) {
    if (!situation.scope.offers) return refuse(field.var, "only nodes of offers have a content filter: leave it out");
    return read_filter(field, options);
  }
  return refuse(field.var.size() <= 64 ? std::string_view(field.var) : "a field",
                "is no subscription option: ask for the form to see all");
}

base::Result<SubscriptionOptions> read_all(SubscriptionOptions options, const FormValues& form,
                                           const Situation& situation) {
  for (const auto& field : form) {
    if (auto status = read_option(field, situation, options); !status) return status.error();
  }
  return options;
}

Values boolean(bool value) { return {value ? "1" : "0"}; }

Values show_texts(std::uint8_t shows) {
  Values texts;
  for (const auto& name : kShows) {
    if ((shows & static_cast<std::uint8_t>(name.show)) != 0) texts.emplace_back(name.text);
  }
  return texts;
}

Values type_text(SubscriptionType type) {
  const auto at = std::find_if(kTypes.begin(), kTypes.end(), [type](const auto& name) { return name.type == type; });
  return {std::string(at->text)};
}

Values depth_text(std::uint32_t depth) {
  return {depth == SubscriptionOptions::kAllDepths ? std::string(kAllText) : std::to_string(depth)};
}

Values expire_text(const std::optional<base::Timestamp>& expire) {
  if (!expire) return {};
  return {domain::format_date_time(*expire)};
}

template <class Names>
std::vector<FieldOption> options_of(const Names& names) {
  std::vector<FieldOption> options;
  for (const auto& name : names) options.push_back({std::string(name.text), std::string(name.label)});
  return options;
}

Field field(std::string_view var, FieldType type, std::string_view label, Values values) {
  Field field;
  field.var = var;
  field.type = type;
  field.label = label;
  field.values = std::move(values);
  return field;
}

}  // namespace

base::Result<SubscriptionOptions> apply(SubscriptionOptions base, const FormValues& submitted, const OptionScope& scope,
                                        base::Timestamp now) {
  return read_all(std::move(base), submitted, {scope, now});
}

FormValues values_of(const SubscriptionOptions& options) {
  const SubscriptionOptions plain;
  FormValues form;
  const auto put = [&form](bool differs, std::string_view var, Values values) {
    if (differs) form.push_back({std::string(var), std::move(values)});
  };
  put(options.deliver != plain.deliver, kDeliver, boolean(options.deliver));
  put(options.include_body != plain.include_body, kIncludeBody, boolean(options.include_body));
  put(options.show_values != plain.show_values, kShowValues, show_texts(options.show_values));
  put(options.type != plain.type, kType, type_text(options.type));
  put(options.depth != plain.depth, kDepth, depth_text(options.depth));
  put(options.expire != plain.expire, kExpire, expire_text(options.expire));
  put(!options.filter.empty(), kFilterField, {options.filter.text()});
  return form;
}

base::Result<SubscriptionOptions> options_from(const FormValues& stored) {
  const OptionScope everything{.collection = true, .offers = true};
  auto options = read_all({}, stored, {everything, std::nullopt});
  if (!options) return {Errc::kCorrupt, "stored subscription options are damaged: " + options.error().text};
  return options;
}

Form options_form(const SubscriptionOptions& options, const OptionScope& scope) {
  Form form;
  form.form_type = kSubscribeOptionsForm;
  form.title = "Options of a subscription";
  form.instructions = "Fields that are left out keep their values.";
  form.fields.push_back(field(kDeliver, FieldType::kBoolean, "Send notifications", boolean(options.deliver)));
  form.fields.push_back(
      field(kIncludeBody, FieldType::kBoolean, "Add a text for people", boolean(options.include_body)));
  form.fields.push_back(field(kShowValues, FieldType::kListMulti, "Send only while I am (none chosen: always)",
                              show_texts(options.show_values)));
  form.fields.back().options = options_of(kShows);
  form.fields.push_back(
      field(kExpire, FieldType::kTextSingle, "When the subscription ends; empty: never", expire_text(options.expire)));
  form.fields.back().validation.datatype = "xs:dateTime";
  if (scope.collection) {
    form.fields.push_back(field(kType, FieldType::kListSingle, "Notify of", type_text(options.type)));
    form.fields.back().options = options_of(kTypes);
    form.fields.push_back(field(kDepth, FieldType::kTextSingle,
                                "Levels below the collection: 0 for itself only, or all", depth_text(options.depth)));
  }
  if (scope.offers) {
    Values filter;
    if (!options.filter.empty()) filter.push_back(options.filter.text());
    form.fields.push_back(field(kFilterField, FieldType::kTextSingle, "Only offers that match", std::move(filter)));
    form.fields.back().description =
        "An RFC 4515 filter over what offers say, e.g. (&(gpu.model=T4)(memory>=16Gi)); empty: all offers";
  }
  return form;
}

}  // namespace bourse::pubsub
