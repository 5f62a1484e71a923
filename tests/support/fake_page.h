// Purpose: XEP-0059 over rows in memory, as storage does it over SQL.
// Threads: free functions, no state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "market/reader.h"

namespace bourse::test {

// One page of `all`, which is in order; `id_of` names a row.
template <class Row, class IdOf>
base::Result<market::PageOf<Row>> page_of(std::vector<Row>&& all, const market::Page& page, IdOf id_of) {
  const std::size_t max = std::min(page.max, market::kMaxPage);
  std::size_t begin = 0;
  std::size_t end = all.size();
  const std::string anchor = page.after ? *page.after : page.before.value_or("");
  if (!anchor.empty()) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Row& row) { return id_of(row) == anchor; });
    if (at == all.end()) return {base::Errc::kNotFound, "there is no item " + anchor + " to page from"};
    const auto position = static_cast<std::size_t>(at - all.begin());
    if (page.after) {
      begin = position + 1;
    } else {
      end = position;
    }
  }
  if (page.index) begin = std::min<std::size_t>(all.size(), *page.index);
  market::PageOf<Row> result;
  result.count = all.size();
  result.complete = end - begin <= max;
  if (!result.complete) {
    if (page.before) {
      begin = end - max;
    } else {
      end = begin + max;
    }
  }
  result.first_index = page.index.value_or(begin);
  result.rows.assign(std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(begin)),
                     std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(end)));
  return result;
}

}  // namespace bourse::test
