#include "pubsub/node_config.h"
#include "pubsub/node_config_fields.h"

namespace bourse::pubsub {

Form config_form(const NodeConfig& config, const NodeLimits& limits) {
  Form form;
  form.form_type = kNodeConfigForm;
  form.title = config.type == NodeType::kLeaf ? "Configuration of a node" : "Configuration of a collection";
  form.instructions = "Fields that are left out keep their values.";
  for (const auto& rule : field_rules()) {
    if (!rule.is_of(config.type)) continue;
    auto& field = form.fields.emplace_back();
    field.var = rule.var;
    field.type = rule.type;
    field.label = rule.label;
    field.values = rule.write(config);
    if (rule.options != nullptr) {
      field.options = rule.options();
    } else if (rule.type == FieldType::kListMulti) {
      for (const auto& value : field.values) field.options.push_back({value, value});
      field.validation = {.datatype = "xs:string", .open = true};
    }
    if (!rule.datatype.empty()) field.validation.datatype = rule.datatype;
    if (rule.range != nullptr) {
      const auto range = rule.range(limits);
      field.validation.min = std::to_string(range.min);
      field.validation.max = std::to_string(range.max);
    }
  }
  return form;
}

}  // namespace bourse::pubsub
