// Purpose: the tree of a parsed filter, for code that walks it: evaluation here, an index in matching.
//   Assertions carry every typed form they can be read as, so that nothing is parsed while evaluating.
// Lifetime: immutable once parsed, owned by its Filter. Threads: const use from any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/filter.h"

namespace bourse::domain {

struct Assertion {
  std::string folded;            // lower case; the form that strings compare with
  std::string squeezed;          // of kApprox only: folded, without spaces
  std::optional<double> number;  // Kubernetes suffixes resolved
  std::optional<Version> version;
  std::optional<bool> boolean;
};

// (name=initial*any*any*final), every piece lower case; empty initial or final: not anchored there.
struct SubstringPattern {
  std::string initial;
  std::vector<std::string> any;
  std::string final;
};

struct Filter::Node {
  enum class Kind { kAnd, kOr, kNot, kEqual, kGreaterOrEqual, kLessOrEqual, kApprox, kPresent, kSubstring };

  Kind kind = Kind::kAnd;
  std::vector<Node> children;  // of kAnd and kOr any number, of kNot one, of the others none
  std::string attribute;       // lower case; of comparisons
  Assertion assertion;         // of kEqual, kGreaterOrEqual, kLessOrEqual, kApprox
  SubstringPattern pattern;    // of kSubstring
};

// One comparison with one value, by the value's type. kUndefined: the assertion cannot be read as that
// type, or the type has no such comparison. CHECKs that `node` is a comparison other than kPresent.
[[nodiscard]] Truth compare(const Filter::Node& node, const AttributeValue& value);

// Kleene's logic.
[[nodiscard]] constexpr Truth operator!(Truth a) {
  if (a == Truth::kUndefined) return a;
  return a == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}
[[nodiscard]] constexpr Truth operator&(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  return a == Truth::kTrue && b == Truth::kTrue ? Truth::kTrue : Truth::kUndefined;
}
[[nodiscard]] constexpr Truth operator|(Truth a, Truth b) { return !((!a) & (!b)); }

}  // namespace bourse::domain
