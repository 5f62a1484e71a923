#include "pubsub/node_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "pubsub/node_config_fields.h"

namespace bourse::pubsub {
namespace {

using base::Errc;

constexpr std::size_t kMostShown = 64;  // bytes of foreign text in an error

// Of bytes that may end within a character.
std::string shown(std::string_view text) {
  if (text.size() <= kMostShown) return std::string(text);
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string shown(const Values& values) {
  std::string all;
  for (const auto& value : values) {
    if (!all.empty()) all += ", ";
    if (all.size() > kMostShown) return all + "…";
    all += shown(value);
  }
  return all;
}

base::Status read_field(NodeConfig& config, const FieldValues& field, const NodeLimits& limits) {
  const FieldRule* const rule = find_rule(field.var);
  if (rule == nullptr) {
    return {Errc::kNotAcceptable,
            fmt::format("'{}' is no field of a node's configuration: ask for the form to see all", shown(field.var))};
  }
  if (!rule->is_of(config.type)) {
    return {Errc::kNotAcceptable, fmt::format("{} is a field of {} only: leave it out", rule->var,
                                              config.type == NodeType::kLeaf ? "collections" : "leaf nodes")};
  }
  auto status = rule->read(config, field.values, limits);
  if (status) return status;
  return {status.error().code, fmt::format("{} {}, not '{}'", rule->var, status.error().text, shown(field.values))};
}

// `max` as the number it stands for, so that both ways to say it compare equal.
NodeConfig in_numbers(NodeConfig config, const NodeLimits& limits) {
  if (config.max_items == 0) config.max_items = limits.max_items;
  if (config.children_max == 0) config.children_max = limits.children_max;
  return config;
}

Values sorted(Values values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

NodeConfig default_config(NodeType type) {
  NodeConfig config;
  config.type = type;
  return config;
}

NodeConfig market_node_config() {
  NodeConfig config = default_config(NodeType::kLeaf);
  config.access = AccessModel::kOpen;
  config.publishing = PublishModel::kOpen;
  config.notification_type = MessageType::kHeadline;
  config.send_last = SendLast::kNever;
  config.persist_items = true;
  return config;
}

base::Result<NodeConfig> apply(NodeConfig base, const FormValues& submitted, const NodeLimits& limits) {
  for (const auto& field : submitted) {
    if (auto status = read_field(base, field, limits); !status) return status.error();
  }
  const std::size_t most = in_numbers(base, limits).children_max;
  if (base.children.size() > most) {
    return {Errc::kMaxNodesExceeded, fmt::format("pubsub#children names {} nodes: this collection takes at most {}",
                                                 base.children.size(), most)};
  }
  return base;
}

base::Status check_preconditions(const NodeConfig& config, const FormValues& options, const NodeLimits& limits) {
  const NodeConfig now = in_numbers(config, limits);
  for (const auto& field : options) {
    NodeConfig wanted = now;
    if (auto status = read_field(wanted, field, limits); !status) {
      return {Errc::kPreconditionNotMet, "publish-options: " + status.error().text};
    }
    const FieldRule& rule = *find_rule(field.var);
    const Values has = rule.write(now);
    if (sorted(has) != sorted(rule.write(in_numbers(std::move(wanted), limits)))) {
      return {
          Errc::kPreconditionNotMet,
          fmt::format("publish-options: {} of this node is '{}', not '{}'. Leave the option out, or ask an owner to "
                      "configure the node",
                      rule.var, shown(has), shown(field.values))};
    }
  }
  return base::Done{};
}

FormValues values_of(const NodeConfig& config) {
  FormValues values;
  for (const auto& rule : field_rules()) {
    if (rule.is_of(config.type)) values.push_back({std::string(rule.var), rule.write(config)});
  }
  return values;
}

base::Result<NodeConfig> config_from(const FormValues& stored) {
  // Limits may have become narrower since; what is stored stays.
  constexpr auto kAny = std::numeric_limits<std::uint32_t>::max();
  constexpr NodeLimits kUnlimited{kAny, kAny, kAny, kAny, true};
  const auto* const type = find_field(stored, "pubsub#node_type");
  const bool collection = type != nullptr && type->values == Values{"collection"};
  auto config = apply(default_config(collection ? NodeType::kCollection : NodeType::kLeaf), stored, kUnlimited);
  if (!config) return {Errc::kCorrupt, "a stored node configuration is damaged: " + config.error().text};
  return config;
}

}  // namespace bourse::pubsub
