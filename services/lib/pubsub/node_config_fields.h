// Purpose: the one table of the fields of a node's configuration: how each is read into a NodeConfig, written out of it
//   and described to a person. For node_config*.cc only.
// Threads: constant data, no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pubsub/form.h"
#include "pubsub/node_config.h"

namespace bourse::pubsub {

using Values = std::vector<std::string>;

struct FieldRule {
  enum class Belongs : std::uint8_t { kEvery, kLeaf, kCollection };
  struct Range {
    std::uint64_t min = 0;
    std::uint64_t max = 0;
  };

  std::string_view var;
  FieldType type = FieldType::kTextSingle;
  Belongs belongs = Belongs::kEvery;
  std::string_view label;
  // The error's text goes on from the name of the field: "takes a number".
  base::Status (*read)(NodeConfig& config, const Values& values, const NodeLimits& limits) = nullptr;
  Values (*write)(const NodeConfig& config) = nullptr;
  std::vector<FieldOption> (*options)() = nullptr;  // of lists with a closed set of values
  std::string_view datatype = {};                   // XEP-0122
  Range (*range)(const NodeLimits& limits) = nullptr;

  [[nodiscard]] bool is_of(NodeType node) const {
    return belongs == Belongs::kEvery || (belongs == Belongs::kLeaf) == (node == NodeType::kLeaf);
  }
};

[[nodiscard]] std::span<const FieldRule> field_rules();
[[nodiscard]] const FieldRule* find_rule(std::string_view var);

}  // namespace bourse::pubsub
