#include "domain/value_search.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace bourse::domain {
namespace {

using Node = Filter::Node;
using Kind = Node::Kind;
using Wanted = ValueDemand::Wanted;
using Demands = std::vector<ValueDemand>;

bool meets(const AttributeValue& value, const ValueDemand& demand) {
  const Truth truth = compare(*demand.node, value);
  switch (demand.wanted) {
    case Wanted::kTrue:
      return truth == Truth::kTrue;
    case Wanted::kFalse:
      return truth == Truth::kFalse;
    case Wanted::kNotTrue:
      return truth != Truth::kTrue;
  }
  BOURSE_CHECK(false && "a demand of no kind");
  return false;
}

bool same_comparison(const Node& a, const Node& b) {
  return a.kind == b.kind && a.assertion.folded == b.assertion.folded && a.pattern.initial == b.pattern.initial &&
         a.pattern.any == b.pattern.any && a.pattern.final == b.pattern.final;
}

// Whatever the value: nothing is true and not true.
bool contradict_in_form(const Demands& demands) {
  return std::any_of(demands.begin(), demands.end(), [&](const ValueDemand& yes) {
    return yes.wanted == Wanted::kTrue && std::any_of(demands.begin(), demands.end(), [&](const ValueDemand& no) {
             return no.wanted != Wanted::kTrue && same_comparison(*yes.node, *no.node);
           });
  });
}

// Between two bounds of an ordered type.
template <class Value>
struct Range {
  std::optional<Value> low;
  std::optional<Value> high;
  bool low_open = false;
  bool high_open = false;

  void at_least(const Value& bound, bool open) {
    if (!low || *low < bound) {
      low = bound;
      low_open = open;
    } else if (*low == bound) {
      low_open = low_open || open;
    }
  }
  void at_most(const Value& bound, bool open) {
    if (!high || bound < *high) {
      high = bound;
      high_open = open;
    } else if (*high == bound) {
      high_open = high_open || open;
    }
  }
  void narrow(const ValueDemand& demand, const Value& bound) {
    const bool wanted = demand.wanted == Wanted::kTrue;
    const Kind kind = demand.node->kind;
    if (kind == Kind::kGreaterOrEqual) {
      wanted ? at_least(bound, false) : at_most(bound, true);
    } else if (kind == Kind::kLessOrEqual) {
      wanted ? at_most(bound, false) : at_least(bound, true);
    } else if (wanted) {
      at_least(bound, false);
      at_most(bound, false);
    }
  }
  [[nodiscard]] bool is_empty() const {
    if (!low || !high) return false;
    return *high < *low || (*low == *high && (low_open || high_open));
  }
  // The one value left, where it is one.
  [[nodiscard]] std::optional<Value> only() const { return low && high && *low == *high ? low : std::nullopt; }
};

bool can_be_number(const Demands& demands, bool positive) {
  Range<double> range;
  if (positive) range.at_least(0, true);
  for (const auto& demand : demands) {
    const auto& bound = demand.node->assertion.number;
    if (demand.node->kind != Kind::kSubstring && bound) {
      range.narrow(demand, *bound);
    } else if (demand.wanted != Wanted::kNotTrue) {
      return false;
    }
  }
  if (range.is_empty()) return false;
  const auto only = range.only();
  return !only || std::all_of(demands.begin(), demands.end(), [&](const auto& each) { return meets(*only, each); });
}

bool can_be_version(const Demands& demands) {
  Range<Version> range;
  for (const auto& demand : demands) {
    if (demand.node->kind == Kind::kSubstring) continue;  // of its text, which the order leaves open
    const auto& bound = demand.node->assertion.version;
    if (bound) {
      range.narrow(demand, *bound);
    } else if (demand.wanted != Wanted::kNotTrue) {
      return false;
    }
  }
  if (range.is_empty()) return false;
  const auto only = range.only();
  return !only || std::all_of(demands.begin(), demands.end(), [&](const auto& each) {
    return each.node->kind == Kind::kSubstring || meets(*only, each);
  });
}

bool can_be_boolean(const Demands& demands) {
  const auto possible = [&](bool value) {
    return std::all_of(demands.begin(), demands.end(), [&](const auto& each) { return meets(value, each); });
  };
  return possible(false) || possible(true);
}

// Texts that begin as one pattern wants and end as another does are there, unless the beginnings or the ends differ.
bool can_agree(const Demands& demands, const Range<std::string>& range) {
  std::string_view final;
  std::string_view squeezed;
  for (const auto& demand : demands) {
    if (demand.wanted != Wanted::kTrue) continue;
    const Node& node = *demand.node;
    if (node.kind == Kind::kApprox) {
      if (!squeezed.empty() && squeezed != node.assertion.squeezed) return false;
      squeezed = node.assertion.squeezed;
    }
    if (node.kind != Kind::kSubstring) continue;
    const std::string_view longer =
        std::max(final, std::string_view(node.pattern.final), [](auto a, auto b) { return a.size() < b.size(); });
    if (!longer.ends_with(final) || !longer.ends_with(node.pattern.final)) return false;
    final = longer;
    // What is not less than `low` begins like this only if `low` does or is less than all that do.
    if (range.low && *range.low > node.pattern.initial && !range.low->starts_with(node.pattern.initial)) return false;
  }
  return true;
}

bool can_be_text(const Demands& demands) {
  Range<std::string> range;
  for (const auto& demand : demands) {
    if (demand.node->kind == Kind::kSubstring) {
      if (demand.wanted == Wanted::kTrue) range.at_least(demand.node->pattern.initial, false);
    } else if (demand.node->kind != Kind::kApprox) {
      range.narrow(demand, demand.node->assertion.folded);
    }
  }
  if (range.is_empty() || !can_agree(demands, range)) return false;
  const auto only = range.only();
  return !only || std::all_of(demands.begin(), demands.end(), [&](const auto& each) { return meets(*only, each); });
}

}  // namespace

bool can_meet(const std::vector<ValueDemand>& demands, const ValueTypes& types) {
  if (contradict_in_form(demands)) return false;
  return (types.text && can_be_text(demands)) || (types.number && can_be_number(demands, types.positive)) ||
         (types.version && can_be_version(demands)) || (types.boolean && can_be_boolean(demands));
}

}  // namespace bourse::domain
