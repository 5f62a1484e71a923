// Purpose: which domains belong to which: a domain has all those below it.
// Threads: free functions, no state.
#pragma once

#include <string_view>

#include "domain/jid.h"

namespace bourse::domain {

// Whether a JID is at `name` or at a domain below it (`a.example.org` is below `example.org`).
[[nodiscard]] inline bool is_at_or_below(const Jid& jid, std::string_view name) {
  const std::string_view its = jid.domain();
  if (its == name) return true;
  return its.size() > name.size() && its.ends_with(name) && its[its.size() - name.size() - 1] == '.';
}

}  // namespace bourse::domain
