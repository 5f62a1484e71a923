// Purpose: the settings that decide who gets what and who sees what, as boursed reads them, in one canonical text: what
//   an entry policy-changed of the audit log says.
// Threads: at program start.
#pragma once

#include <string>

#include "market/settings.h"

namespace bourse::boursed {

// One setting a line, sorted; nothing in it depends on how it was written down, and no secret, address or file is in
// it. Texts that an entry cannot hold are cut, and end with the SHA-256 of the whole.
[[nodiscard]] std::string policy_text(const Settings& settings);

}  // namespace bourse::boursed
