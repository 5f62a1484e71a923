// Purpose: the key that signs grant tickets: a file of its own (0600), never in the database.
// Threads: at program start.
#pragma once

#include <string>

#include "base/ed25519.h"
#include "base/result.h"

namespace bourse::boursed {

// Reads the key; creates one when there is no file yet. kForbidden when others may read it.
[[nodiscard]] base::Result<base::SigningKey> load_or_create_ticket_key(const std::string& path);

}  // namespace bourse::boursed
