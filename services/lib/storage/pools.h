// Purpose: making pools: done by the owner of the database (`boursed migrate`), not by the service.
// Threads: free function.
#pragma once

#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "storage/connection.h"

namespace bourse::storage {

// Creates the pools that are not there yet, with their nodes.
[[nodiscard]] base::Status create_pools(const ConnectionOptions& options, const std::vector<domain::PoolName>& pools);

}  // namespace bourse::storage
