// Purpose: many filters against one set of attributes, without evaluating each: every filter is filed under
//   comparisons one of which must hold for it to be true, and only those whose comparison holds are evaluated.
//   Equal filters are evaluated once.
// Lifetime: keys are the caller's small numbers; a filter is shared with it. Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/attribute.h"
#include "domain/filter.h"

namespace bourse::domain {

// All that can be asked of one thing: every name (lower case) with all its values.
class AttributeSource {
 public:
  virtual ~AttributeSource() = default;
  [[nodiscard]] virtual std::vector<AttributeValue> values(std::string_view name) const = 0;
  // What values() gives, name by name: each value under the lower-case name that finds it.
  virtual void each(const std::function<void(std::string_view name, const AttributeValue& value)>& take) const = 0;
};

class FilterIndex {
 public:
  using Key = std::uint64_t;

  FilterIndex();
  ~FilterIndex();
  FilterIndex(FilterIndex&&) noexcept;
  FilterIndex& operator=(FilterIndex&&) noexcept;

  // CHECKs that the key is not there. An empty filter matches everything.
  void add(Key key, const Filter& filter);
  void remove(Key key);  // CHECKs that it is
  // The keys whose filter accepts the source, ascending.
  [[nodiscard]] std::vector<Key> match(const AttributeSource& source) const;

  [[nodiscard]] std::size_t size() const;         // keys
  [[nodiscard]] std::size_t evaluations() const;  // of whole filters, ever: what the index is there to save

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bourse::domain
