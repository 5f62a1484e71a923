// Purpose: passwords, component secrets and key files on disk: read only when nobody else can read them,
//   written so that nobody else ever could.
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::xmpp {

// The content without one trailing newline; "-" reads standard input. At most 64 KiB.
// kNotFound: no such file. kForbidden: group or others may read it (says chmod 600), or we may not.
// kBadRequest: empty, too long or not a regular file.
[[nodiscard]] base::Result<std::string> read_secret_file(const std::string& path);

// Creates the file with mode 0600 and durable content in one step: it is there whole or not at all.
// kConflict: it exists already. kUnavailable: anything the system says.
[[nodiscard]] base::Status write_secret_file(const std::string& path, std::string_view content);

}  // namespace bourse::xmpp
