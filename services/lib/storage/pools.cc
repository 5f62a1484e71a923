#include "storage/pools.h"

#include "storage/failure.h"

namespace bourse::storage {

base::Status create_pools(const ConnectionOptions& options, const std::vector<domain::PoolName>& pools) {
  auto connection = connect(options, Use::kMaintenance);
  if (!connection) return connection.error();
  try {
    pqxx::work tx(**connection);
    for (const auto& pool : pools) run(tx, "SELECT bourse.create_pool($1)", {{pool.value}, {}});
    tx.commit();
    return base::Done{};
  } catch (...) {
    return as_error(current_failure(), "cannot create the pools");
  }
}

}  // namespace bourse::storage
