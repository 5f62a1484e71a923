// Purpose: under which comparisons a filter can be filed so that it is found whenever it is true: sets of paths of
//   comparisons, of which at least one path holds in full then. For filter_index.cc only.
// Lifetime: values that point into the filter's tree. Threads: no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "domain/filter.h"
#include "domain/filter_node.h"

namespace bourse::domain {

struct Atom {
  enum class Kind : std::uint8_t { kEqual, kAtLeast, kAtMost, kPresent };
  Kind kind = Kind::kPresent;
  const Filter::Node* node = nullptr;  // a comparison; of kPresent its attribute only
};
// At most kMaxEqual equalities, then at most one of another kind.
using Path = std::vector<Atom>;
inline constexpr std::size_t kMaxEqual = 2;

// How many filters are filed under an equality already: of several the least crowded is the best to look under.
using Crowd = std::function<std::size_t(const Filter::Node& equality)>;

// None: the filter can be true although none of its comparisons is, as negations can; look at it always. An empty set:
// it is never true.
[[nodiscard]] std::optional<std::vector<Path>> access_paths(const Filter& filter, const Crowd& crowd);

}  // namespace bourse::domain
