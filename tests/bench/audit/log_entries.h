// Purpose: entries as a busy market writes them: of three in a row, a request comes, is granted, and is done. Numbers
//   make them: the same number is the same entry in every run.
// Lifetime: free functions. Threads: none.
#pragma once

#include <cstdint>

#include "audit/entry.h"
#include "domain/jid.h"
#include "market/batch.h"

namespace bourse::bench {

[[nodiscard]] audit::Entry entry_of(std::uint64_t index);
// Whose request it is about.
[[nodiscard]] domain::Jid party_of(std::uint64_t index);
// Appends entry number `index` to a batch.
void add_entry(std::uint64_t index, market::Batch& batch);

}  // namespace bourse::bench
