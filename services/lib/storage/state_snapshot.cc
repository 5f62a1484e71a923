#include "storage/state_snapshot.h"

#include <cstdint>
#include <optional>

#include "storage/failure.h"
#include "storage/fields.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

struct Found {
  std::int64_t pool_id = 0;
  market::PoolCounters counters;
};

std::optional<Found> find(pqxx::connection& connection, const domain::PoolName& pool) {
  pqxx::work tx(connection);
  const auto rows =
      run(tx, "SELECT id, last_event, next_audit, last_grant, delivered FROM bourse.pools WHERE name = $1",
          {{pool.value}, {}});
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  return Found{number(row[0]), {{count(row[1])}, {count(row[2])}, {count(row[3])}, {count(row[4])}}};
}

}  // namespace

base::Result<CountersAround> read_state(const ConnectionOptions& options, const domain::PoolName& pool,
                                        market::StateLoader& loader) {
  const base::Error no_pool{base::Errc::kNotFound, "there is no pool " + pool.value};
  auto connection = connect(options, Use::kReader);
  if (!connection) return connection.error();
  try {
    const auto before = find(**connection, pool);
    if (!before) return no_pool;
    const auto loaded = load_state(**connection, before->pool_id, before->counters.delivered, loader, [] {});
    if (!loaded) return loaded.error();
    const auto after = find(**connection, pool);
    if (!after) return no_pool;
    return CountersAround{before->counters, after->counters};
  } catch (const std::exception&) {
    return as_error(current_failure(), "cannot read pool " + pool.value);
  }
}

}  // namespace bourse::storage
