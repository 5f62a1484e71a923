// Purpose: boursed wired together: one link and service, per pool a store and a spine, readers for queries.
// Lifetime: main's. Threads: run() returns when `stop` is requested and everything decided is committed.
#pragma once

#include <stop_token>

#include "base/ed25519.h"
#include "base/result.h"
#include "market/settings.h"

namespace bourse::boursed {

[[nodiscard]] base::Status run_daemon(const Settings& settings, const base::SigningKey& ticket_key,
                                      const std::stop_token& stop);

}  // namespace bourse::boursed
