// Purpose: files that are there whole or not at all, whatever happens while they are written.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::cli {

enum class Durability { kQuick, kSynced };  // quick: whole, but after a power cut maybe an older one

// Makes the folders above it. Others may read the file unless the umask says otherwise. kUnavailable: what the system
// says.
[[nodiscard]] base::Status replace_file(const std::string& path, std::string_view content, Durability durability);

}  // namespace bourse::cli
