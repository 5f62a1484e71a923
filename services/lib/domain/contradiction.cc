#include "domain/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/filter_node.h"
#include "domain/naming_rules.h"
#include "domain/value_search.h"

namespace bourse::domain {
namespace {

using Node = Filter::Node;
using Kind = Node::Kind;
using Wanted = ValueDemand::Wanted;

constexpr std::size_t kMostSteps = 30'000;  // a few milliseconds; what takes longer passes for satisfiable
constexpr std::size_t kMostWords = 64;

// What an attribute can be.
struct Nature {
  ValueTypes types = {};
  bool single = false;  // has one value at most
};
using NatureOf = Nature (*)(std::string_view attribute);

constexpr ValueTypes kText{.text = true, .number = false, .version = false, .boolean = false};

Nature of_offer(std::string_view attribute) {
  if (attribute == "provider" || attribute == "domain" || attribute == kGpuModel) return {kText, true};
  if (attribute == kService) return {kText, false};
  if (attribute.starts_with(kServicePrefix)) {
    return {{.text = false, .number = false, .version = true, .boolean = false}, false};
  }
  if (is_well_known_resource(attribute)) {
    return {{.text = false, .number = true, .version = false, .boolean = false, .positive = true}, true};
  }
  return {};
}

Nature of_consumer(std::string_view attribute) {
  if (attribute == "jid" || attribute == "domain") return {kText, true};
  if (attribute == "group") return {kText, false};
  return {};
}

// A comparison that has to be true, or false.
struct Literal {
  const Node* node = nullptr;
  bool truth = true;
};

std::string text_of(const Literal& literal) {
  const Node& node = *literal.node;
  std::string text = "(" + node.attribute;
  switch (node.kind) {
    case Kind::kGreaterOrEqual:
      text += ">=";
      break;
    case Kind::kLessOrEqual:
      text += "<=";
      break;
    case Kind::kApprox:
      text += "~=";
      break;
    default:
      text += "=";
  }
  if (node.kind == Kind::kPresent) {
    text += "*";
  } else if (node.kind == Kind::kSubstring) {
    text += node.pattern.initial.substr(0, kMostWords) + "*";
    for (const auto& piece : node.pattern.any) text += piece.substr(0, kMostWords) + "*";
    text += node.pattern.final.substr(0, kMostWords);
  } else {
    text += node.assertion.folded.substr(0, kMostWords);
  }
  text += ")";
  return literal.truth ? text : "(!" + text + ")";
}

// Of one attribute: all of them together.
bool exclude_each_other(const std::vector<Literal>& literals, const Nature& nature, std::size_t& steps) {
  const auto absent = [](const Literal& each) { return each.node->kind == Kind::kPresent && !each.truth; };
  if (std::any_of(literals.begin(), literals.end(), absent)) {
    return !std::all_of(literals.begin(), literals.end(), absent);  // comparisons need a value
  }
  std::vector<ValueDemand> demands;
  for (const auto& each : literals) {
    if (each.node->kind != Kind::kPresent) demands.push_back({each.node, each.truth ? Wanted::kTrue : Wanted::kFalse});
  }
  if (nature.single) {
    steps += demands.size() * demands.size();
    return !demands.empty() && !can_meet(demands, nature.types);
  }
  // Each comparison may be met by a value of its own, which only must not make one true that has to be false.
  std::vector<ValueDemand> of_every_value;
  for (const auto& each : demands) {
    if (each.wanted == Wanted::kFalse) of_every_value.push_back({each.node, Wanted::kNotTrue});
  }
  for (const auto& each : demands) {
    std::vector<ValueDemand> of_one = of_every_value;
    std::erase_if(of_one, [&](const ValueDemand& other) { return other.node == each.node; });
    of_one.push_back(each);
    steps += of_one.size();
    if (!can_meet(of_one, nature.types)) return true;
  }
  return false;
}

// One alternative of a filter: what has to hold, and where it still has to be chosen.
struct Branch {
  struct Choice {
    const Node* node = nullptr;
    bool truth = true;  // one child has to be so
  };
  std::vector<Literal> literals;
  std::vector<Choice> choices;
  bool impossible = false;

  // Kleene's logic makes negation a matter of what is wanted of the parts.
  void demand(const Node& node, bool truth) {
    if (node.kind == Kind::kNot) return demand(node.children.front(), !truth);
    if (node.kind != Kind::kAnd && node.kind != Kind::kOr) {
      literals.push_back({&node, truth});
    } else if ((node.kind == Kind::kAnd) == truth || node.children.size() == 1) {
      for (const auto& child : node.children) demand(child, truth);
    } else if (node.children.empty()) {
      impossible = true;
    } else {
      choices.push_back({&node, truth});
    }
  }
};

class Search {
 public:
  Search(NatureOf nature_of, std::string_view whom) : nature_of_(nature_of), whom_(whom) {}

  std::optional<std::string> why_never(const Node& root) {
    Branch branch;
    branch.demand(root, true);
    if (branch.impossible) return "it has an alternative of nothing, (|), which is never true";
    if (auto why = conflict(branch.literals)) return why;
    if (can_hold(branch)) return std::nullopt;
    return "each of its alternatives is impossible, one of them because " + first_;
  }

 private:
  bool can_hold(Branch& branch) {
    if (branch.choices.empty() || steps_ > kMostSteps) return true;
    const Branch::Choice choice = branch.choices.back();
    branch.choices.pop_back();
    for (const auto& child : choice.node->children) {
      Branch next = branch;
      next.demand(child, choice.truth);
      if (next.impossible) continue;
      if (auto why = conflict(next.literals)) {
        if (first_.empty()) first_ = std::move(*why);
        continue;
      }
      if (can_hold(next)) return true;
    }
    if (first_.empty()) first_ = "(|) is never true";
    return false;
  }

  std::optional<std::string> conflict(std::vector<Literal> literals) {
    steps_ += literals.size();
    std::stable_sort(literals.begin(), literals.end(), [](const Literal& a, const Literal& b) {
      return a.node->attribute.compare(b.node->attribute) < 0;
    });
    for (auto begin = literals.begin(); begin != literals.end();) {
      const auto end = std::find_if(
          begin, literals.end(), [&](const Literal& each) { return each.node->attribute != begin->node->attribute; });
      const std::vector<Literal> same(begin, end);
      const Nature nature = nature_of_(begin->node->attribute);
      if (exclude_each_other(same, nature, steps_)) return in_words(same, nature);
      begin = end;
    }
    return std::nullopt;
  }

  // The fewest that exclude each other, as far as two are enough.
  std::string in_words(const std::vector<Literal>& literals, const Nature& nature) {
    for (const auto& one : literals) {
      if (exclude_each_other({one}, nature, steps_)) {
        return fmt::format("{} is never true of {}{}", text_of(one), whom_,
                           nature.types.positive ? ": that is a number greater than 0" : "");
      }
    }
    for (auto one = literals.begin(); one != literals.end() && steps_ < kMostSteps; ++one) {
      for (auto other = literals.begin(); other != one; ++other) {
        if (exclude_each_other({*other, *one}, nature, steps_)) {
          return fmt::format("{} and {} exclude each other", text_of(*other), text_of(*one));
        }
      }
    }
    return fmt::format("what it says of '{}' excludes itself", literals.front().node->attribute);
  }

  NatureOf nature_of_;
  std::string_view whom_;
  std::size_t steps_ = 0;
  std::string first_;
};

std::optional<std::string> contradiction(const Filter& filter, NatureOf nature_of, std::string_view whom) {
  if (filter.empty()) return std::nullopt;
  return Search(nature_of, whom).why_never(*filter.root());
}

}  // namespace

std::optional<std::string> contradiction_in_needs(const Filter& filter) {
  return contradiction(filter, of_offer, "an offer");
}

std::optional<std::string> contradiction_in_serves(const Filter& filter) {
  return contradiction(filter, of_consumer, "a consumer");
}

}  // namespace bourse::domain
