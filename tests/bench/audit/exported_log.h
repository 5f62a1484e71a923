// Purpose: a whole log in a folder, as `bourse audit export --tiles` writes it, for `bourse audit verify` to read.
// Threads: the caller's.
#pragma once

#include <cstdint>
#include <string>

namespace bourse::bench {

// Prints the vkey that verifies it.
void write_exported_log(const std::string& folder, std::uint64_t entries);

}  // namespace bourse::bench
