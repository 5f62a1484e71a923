#include "base/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <sstream>

namespace bourse::base {
namespace {

std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string environment_name(std::string_view key) {
  std::string name = "BOURSE_";
  for (const char c : key) {
    const bool separator = c == '.' || c == '-';
    name += separator ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    if (comma > 0) items.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

bool is_open_table(std::string_view known) { return known.ends_with(".*"); }

using Found = std::function<Status(const std::string& key, const toml::node& node)>;

// Walks the leaves of a document; what is a leaf is everything but a table.
Status each_leaf(const toml::table& table, const std::string& prefix, const Found& found) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : fmt::format("{}.{}", prefix, name.str());
    const auto* inner = node.as_table();
    auto status = inner != nullptr ? each_leaf(*inner, key, found) : found(key, node);
    if (!status) return status;
  }
  return Done{};
}

}  // namespace

Config::Config(std::vector<std::string> known) : known_(std::move(known)) {}

Status Config::add_file(std::string file, std::string_view text) {
  toml::table document;
  try {
    document = toml::parse(text, file);
  } catch (const toml::parse_error& failure) {
    const auto& at = failure.source().begin;
    return {Errc::kBadRequest, fmt::format("{}:{}:{}: not TOML: {}", file, at.line, at.column, failure.description())};
  }
  Layer layer;
  auto status = each_leaf(document, {}, [&](const std::string& key, const toml::node& node) -> Status {
    const std::string source = fmt::format("{}:{}", file, node.source().begin.line);
    if (!is_known(key)) {
      const std::string close = nearest(key);
      return {Errc::kBadRequest, fmt::format("{}: no such setting: {}{}", source, key,
                                             close.empty() ? "" : fmt::format("; did you mean {}?", close))};
    }
    Value value{{}, node.is_array(), source};
    const auto add = [&](const toml::node& leaf) {
      auto item = scalar_text(leaf);
      if (item) value.items.push_back(std::move(*item));
      return item.has_value();
    };
    bool simple = true;
    if (const auto* array = node.as_array()) {
      for (const auto& element : *array) simple = simple && add(element);
    } else {
      simple = add(node);
    }
    if (!simple) {
      return {Errc::kBadRequest,
              fmt::format("{}: {}: expected text, a number, true or false, or a list of these", source, key)};
    }
    layer.insert_or_assign(key, std::move(value));
    return Done{};
  });
  if (status) files_.push_back(std::move(layer));
  return status;
}

void Config::set_environment(Environment environment) { environment_ = std::move(environment); }

void Config::set_flag(const std::string& key, std::string value) {
  BOURSE_CHECK(is_known(key));
  flags_.insert_or_assign(key, Value{{std::move(value)}, false, "--" + key});
}

void Config::set_flag(const std::string& key, std::vector<std::string> values) {
  BOURSE_CHECK(is_known(key));
  flags_.insert_or_assign(key, Value{std::move(values), true, "--" + key});
}

bool Config::is_known(const std::string& key) const {
  return std::any_of(known_.begin(), known_.end(), [&](const std::string& known) {
    if (!is_open_table(known)) return known == key;
    return key.size() >= known.size() && key.starts_with(std::string_view(known).substr(0, known.size() - 1));
  });
}

std::string Config::nearest(const std::string& key) const {
  std::string best;
  std::size_t least = std::max<std::size_t>(3, key.size() / 2);  // beyond that it is a guess, not a hint
  for (const auto& known : known_) {
    const std::size_t distance = edit_distance(key, known);
    if (is_open_table(known) || distance >= least) continue;
    least = distance;
    best = known;
  }
  return best;
}

std::optional<Config::Value> Config::find(const std::string& key) const {
  BOURSE_CHECK(is_known(key));
  if (const auto flag = flags_.find(key); flag != flags_.end()) return flag->second;
  if (environment_) {
    const std::string name = environment_name(key);
    if (auto text = environment_(name)) return Value{{std::move(*text)}, false, name};
  }
  for (const auto& layer : files_) {
    if (const auto entry = layer.find(key); entry != layer.end()) return entry->second;
  }
  return std::nullopt;
}

Error Config::complain(const std::string& key, std::string_view value, std::string_view expected) const {
  return {Errc::kBadRequest, fmt::format("{}: '{}' is not {}", where(key), value, expected)};
}

std::string Config::where(const std::string& key) const {
  const auto value = find(key);
  return value ? fmt::format("{}: {}", value->source, key) : key;
}

Result<std::optional<std::string>> Config::single(const std::string& key) const {
  auto value = find(key);
  if (!value) return std::optional<std::string>();
  if (value->is_list && value->items.size() != 1) {
    return {Errc::kBadRequest, fmt::format("{}: {}: expected one value, not a list", value->source, key)};
  }
  return std::optional<std::string>(std::move(value->items.front()));
}

Result<std::string> Config::text(const std::string& key, std::string_view otherwise) const {
  auto value = single(key);
  if (!value) return value.error();
  return value->has_value() ? std::move(**value) : std::string(otherwise);
}

Result<std::string> Config::choice(const std::string& key, const std::vector<std::string>& choices,
                                   std::string_view otherwise) const {
  auto value = text(key, otherwise);
  if (!value || std::find(choices.begin(), choices.end(), *value) != choices.end()) return value;
  return complain(key, *value, fmt::format("one of {}", fmt::join(choices, ", ")));
}

Result<std::string> Config::required(const std::string& key) const {
  auto value = text(key);
  if (!value || !value->empty()) return value;
  const auto dot = key.rfind('.');
  const std::string place = dot == std::string::npos
                                ? fmt::format("{} = …", key)
                                : fmt::format("[{}] {} = …", key.substr(0, dot), key.substr(dot + 1));
  return Error{Errc::kBadRequest, fmt::format("{} is not set: put `{}` into the configuration file or set {}", key,
                                              place, environment_name(key))};
}

Result<std::int64_t> Config::number(const std::string& key, std::int64_t otherwise, std::int64_t least,
                                    std::int64_t most) const {
  auto value = single(key);
  if (!value) return value.error();
  if (!value->has_value()) return otherwise;
  const std::string& text = **value;
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure == std::errc() && end == text.data() + text.size() && number >= least && number <= most) return number;
  const std::string range = most == std::numeric_limits<std::int64_t>::max()
                                ? fmt::format("a whole number of at least {}", least)
                                : fmt::format("a whole number from {} to {}", least, most);
  return complain(key, text, range);
}

Result<bool> Config::boolean(const std::string& key, bool otherwise) const {
  auto value = single(key);
  if (!value) return value.error();
  if (!value->has_value()) return otherwise;
  const std::string& text = **value;
  if (text == "true" || text == "1" || text == "yes") return true;
  if (text == "false" || text == "0" || text == "no") return false;
  return complain(key, text, "true or false");
}

Result<Duration> Config::duration(const std::string& key, Duration otherwise) const {
  auto value = single(key);
  if (!value) return value.error();
  if (!value->has_value()) return otherwise;
  auto duration = parse_duration(**value);
  return duration ? duration : Result<Duration>(complain(key, **value, "a time span such as 30s, 5m, 8h or 2d"));
}

Result<std::vector<std::string>> Config::list(const std::string& key, std::vector<std::string> otherwise) const {
  auto value = find(key);
  if (!value) return otherwise;
  if (value->is_list) return std::move(value->items);
  const bool from_environment = value->source.starts_with("BOURSE_");
  return from_environment ? split_list(value->items.front()) : std::move(value->items);
}

std::vector<std::pair<std::string, std::string>> Config::table(const std::string& name) const {
  const std::string prefix = name + ".";
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& layer : files_) {
    for (auto at = layer.lower_bound(prefix); at != layer.end() && at->first.starts_with(prefix); ++at) {
      entries.emplace_back(at->first.substr(prefix.size()), fmt::format("{}", fmt::join(at->second.items, ",")));
    }
    if (!entries.empty()) break;
  }
  return entries;
}

}  // namespace bourse::base
