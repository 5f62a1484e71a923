#include "domain/filter.h"

#include "domain/ascii.h"
#include "domain/filter_node.h"

namespace bourse::domain {
namespace {

using Node = Filter::Node;
using Kind = Node::Kind;

Truth truth(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

// Applies =, >=, <= or ~= (which is = wherever spaces and case do not matter) to an ordering.
template <class Ordering>
Truth by_order(Kind kind, Ordering order) {
  if (kind == Kind::kGreaterOrEqual) return truth(order >= 0);
  if (kind == Kind::kLessOrEqual) return truth(order <= 0);
  return truth(order == 0);
}

bool equal_squeezed(std::string_view value, std::string_view squeezed) {
  std::size_t at = 0;
  for (const char c : value) {
    if (is_space(c)) continue;
    if (at == squeezed.size() || fold(c) != squeezed[at]) return false;
    ++at;
  }
  return at == squeezed.size();
}

std::size_t find_folded(std::string_view value, std::string_view piece, std::size_t from) {
  for (std::size_t at = from; at + piece.size() <= value.size(); ++at) {
    if (equal_folded(value.substr(at, piece.size()), piece)) return at;
  }
  return std::string_view::npos;
}

Truth match(const SubstringPattern& pattern, std::string_view value) {
  if (value.size() < pattern.initial.size() + pattern.final.size()) return Truth::kFalse;
  if (!equal_folded(value.substr(0, pattern.initial.size()), pattern.initial)) return Truth::kFalse;
  const std::size_t end = value.size() - pattern.final.size();
  if (!equal_folded(value.substr(end), pattern.final)) return Truth::kFalse;
  const std::string_view middle = value.substr(0, end);
  std::size_t at = pattern.initial.size();
  for (const auto& piece : pattern.any) {
    const std::size_t found = find_folded(middle, piece, at);
    if (found == std::string_view::npos) return Truth::kFalse;
    at = found + piece.size();
  }
  return Truth::kTrue;
}

struct Comparison {
  const Node& node;

  Truth operator()(const std::string& value) const {
    if (node.kind == Kind::kSubstring) return match(node.pattern, value);
    if (node.kind == Kind::kApprox) return truth(equal_squeezed(value, node.assertion.squeezed));
    return by_order(node.kind, compare_folded(value, node.assertion.folded));
  }
  Truth operator()(double value) const {
    if (node.kind == Kind::kSubstring || !node.assertion.number) return Truth::kUndefined;
    return by_order(node.kind, value <=> *node.assertion.number);
  }
  Truth operator()(const Version& value) const {
    if (node.kind == Kind::kSubstring) return match(node.pattern, value.text);
    if (!node.assertion.version) return Truth::kUndefined;
    return by_order(node.kind, value <=> *node.assertion.version);
  }
  Truth operator()(bool value) const {
    if ((node.kind != Kind::kEqual && node.kind != Kind::kApprox) || !node.assertion.boolean) return Truth::kUndefined;
    return truth(value == *node.assertion.boolean);
  }
};

Truth evaluate_comparison(const Node& node, const Filter::Source& source) {
  const std::vector<AttributeValue> values = source(node.attribute);
  if (node.kind == Kind::kPresent) return truth(!values.empty());  // known either way (RFC 4511 §4.5.1.7.5)
  Truth result = Truth::kUndefined;
  for (const auto& value : values) {
    const Truth one = compare(node, value);
    if (one == Truth::kTrue) return one;
    if (one == Truth::kFalse) result = one;
  }
  return result;
}

Truth evaluate_node(const Node& node, const Filter::Source& source) {
  switch (node.kind) {
    case Kind::kAnd: {
      Truth result = Truth::kTrue;
      for (const auto& child : node.children) {
        result = result & evaluate_node(child, source);
        if (result == Truth::kFalse) break;
      }
      return result;
    }
    case Kind::kOr: {
      Truth result = Truth::kFalse;
      for (const auto& child : node.children) {
        result = result | evaluate_node(child, source);
        if (result == Truth::kTrue) break;
      }
      return result;
    }
    case Kind::kNot:
      return !evaluate_node(node.children.front(), source);
    case Kind::kEqual:
    case Kind::kGreaterOrEqual:
    case Kind::kLessOrEqual:
    case Kind::kApprox:
    case Kind::kPresent:
    case Kind::kSubstring:
      return evaluate_comparison(node, source);
  }
  BOURSE_CHECK(false && "a filter node of no kind");
  return Truth::kUndefined;
}

}  // namespace

Truth compare(const Filter::Node& node, const AttributeValue& value) {
  BOURSE_CHECK(node.kind != Kind::kAnd && node.kind != Kind::kOr && node.kind != Kind::kNot &&
               node.kind != Kind::kPresent);
  return std::visit(Comparison{node}, value);
}

Truth Filter::evaluate(const Source& source) const {
  return root_ == nullptr ? Truth::kTrue : evaluate_node(*root_, source);
}

}  // namespace bourse::domain
