// Purpose: result set management (XEP-0059): the page a query asks for, and the part of the whole set an
//   answer holds.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "market/reader.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

inline constexpr const char* kRsmNs = "http://jabber.org/protocol/rsm";

struct ResultSet {
  std::uint64_t count = 0;        // of the whole set
  std::uint64_t first_index = 0;  // of `first` in the whole set
  std::string first;              // id of the first row here; empty: no rows
  std::string last;
  friend bool operator==(const ResultSet&, const ResultSet&) = default;
};

// `parent` is the element that may hold <set/>. Without one: the first market::Page. A larger `max` than
// market::kMaxPage is lowered to it (XEP-0059 §2.1). kBadRequest: not a number, or after and before
// and index at once.
[[nodiscard]] base::Result<market::Page> parse_page(const gloox::Tag& parent);
[[nodiscard]] std::string render_page(const market::Page& page);

// Without <set/>: nullopt.
[[nodiscard]] base::Result<std::optional<ResultSet>> parse_result_set(const gloox::Tag& parent);
[[nodiscard]] std::string render_result_set(const ResultSet& set);

}  // namespace bourse::xmpp
