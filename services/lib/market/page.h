// Purpose: pages of result sets (XEP-0059), as queries ask for them and answers carry them.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bourse::market {

// XEP-0059. At most one of after, before, index is set; `before` empty asks for the last page.
struct Page {
  std::uint32_t max = 100;
  std::optional<std::string> after;
  std::optional<std::string> before;
  std::optional<std::uint64_t> index;
};
inline constexpr std::uint32_t kMaxPage = 500;

template <class Row>
struct PageOf {
  std::vector<Row> rows;          // oldest first
  std::uint64_t count = 0;        // of the whole set
  std::uint64_t first_index = 0;  // of rows.front() in the whole set
  bool complete = true;           // no rows after these (before these, when paging backwards)
};

}  // namespace bourse::market
