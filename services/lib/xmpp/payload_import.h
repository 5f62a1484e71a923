// Purpose: history from elsewhere, brought by an operator in parts: <history-import/> of namespace urn:bourse:market:1,
//   both ways.
// Errors: as in payload.h. Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "domain/ids.h"
#include "market/command.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

inline constexpr std::size_t kMostInPart = 2'000;  // intervals
// Of one part, below what servers take of a client at once.
inline constexpr std::size_t kPartBytes = 48 * 1024;

// The child of an iq-set; answered by an empty result.
struct ImportPayload {
  domain::PoolName pool;  // kDefaultPool where the element names none
  market::ImportHistory part;
};
// Intervals that run on are refused: history is what is over.
[[nodiscard]] base::Result<ImportPayload> parse_import(const gloox::Tag& tag);
[[nodiscard]] std::string render_import(const domain::PoolName& pool, const market::ImportHistory& part);

// One interval of it, for who makes parts that fit.
[[nodiscard]] std::string render_imported(const market::ClosedInterval& interval);

}  // namespace bourse::xmpp
