// Purpose: as many rows of a page as one answer may carry. XMPP servers end the stream of a component that sends a
//   stanza beyond their limit; XEP-0059 lets an answer have fewer rows than were asked for, and its <set/> says which.
// Threads: free functions, no state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "market/reader.h"

namespace bourse::xmpp {

inline constexpr std::size_t kMostStanzaBytes = 192 * 1024;        // below the 256 KiB that servers allow components
inline constexpr std::size_t kMostAnswerBytes = 240 * 1024;        // of what cannot be cut into pages
inline constexpr std::size_t kMostArchiveBytes = 4 * 1024 * 1024;  // of all messages of one answer

struct FittedRows {
  std::vector<std::string> texts;  // texts[i] is the page's row number first + i
  std::size_t first = 0;
};

// Renders rows with `render` (Row → Result<std::string>) as long as they take no more than `most` bytes together, at
// least one. Paging backwards it is the newest rows that stay, otherwise the oldest: the next page goes on from there.
template <class Row, class RenderRow>
[[nodiscard]] base::Result<FittedRows> fit_rows(const std::vector<Row>& rows, const market::Page& page,
                                                std::size_t most, RenderRow&& render) {
  const bool backwards = page.before.has_value();
  FittedRows fitted;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    base::Result<std::string> text = render(rows[backwards ? rows.size() - 1 - i : i]);
    if (!text) return text.error();
    bytes += text->size();
    if (i > 0 && bytes > most) break;
    fitted.texts.push_back(std::move(text).value());
  }
  if (backwards) {
    std::reverse(fitted.texts.begin(), fitted.texts.end());
    fitted.first = rows.size() - fitted.texts.size();
  }
  return fitted;
}

}  // namespace bourse::xmpp
