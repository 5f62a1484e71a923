// Purpose: the constraint language: RFC 4515 search filters over typed attributes. It lives in `domain`
//   because matching (needs, serves), pubsub (content filters) and policy all speak it.
// Lifetime: a Filter is an immutable value that shares its tree. Threads: const use from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/attribute.h"

namespace bourse::domain {

// Three-valued logic, as in ClassAds: a comparison with an attribute that is not there is undefined,
// and so is its negation.
enum class Truth { kFalse, kTrue, kUndefined };

class Filter {
 public:
  struct Node;  // defined in filter_node.h, for code that walks the tree

  Filter() = default;  // no filter: true for everything

  // At most kMaxLength bytes, kMaxTerms comparisons, kMaxDepth levels. kInvalidPayload names the
  // position (1-based byte) and what was expected there.
  static base::Result<Filter> parse(std::string_view text);
  static constexpr std::size_t kMaxLength = 4096;
  static constexpr std::size_t kMaxTerms = 256;
  static constexpr std::size_t kMaxDepth = 32;

  [[nodiscard]] bool empty() const { return root_ == nullptr; }
  [[nodiscard]] const std::string& text() const { return text_; }  // as given, without outer space

  // `source` gives all values of an attribute (name folded to lower case), none when it is not there.
  using Source = std::function<std::vector<AttributeValue>(std::string_view name)>;
  [[nodiscard]] Truth evaluate(const Source& source) const;
  [[nodiscard]] bool accepts(const Source& source) const { return evaluate(source) == Truth::kTrue; }

  [[nodiscard]] const Node* root() const { return root_.get(); }
  friend bool operator==(const Filter& a, const Filter& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::shared_ptr<const Node> root_;
};

}  // namespace bourse::domain
