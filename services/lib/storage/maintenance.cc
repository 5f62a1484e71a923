#include "storage/maintenance.h"

#include "storage/failure.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

std::string before(const std::optional<base::Duration>& kept, base::Timestamp now) {
  if (!kept) return "NULL";
  return "bourse.from_micros(" + std::to_string(micros(now - *kept)) + ")";
}

// Of the log's heads that are older than this, the last of each hour stays: any tree of the log is proved from its
// tiles.
constexpr base::Duration kAllCheckpoints = std::chrono::hours(24) * 30;

std::uint64_t thin_checkpoints(pqxx::work& tx, base::Timestamp now) {
  const auto rows =
      tx.exec(
            "DELETE FROM bourse.audit_checkpoints c USING (SELECT pool_id, size, lead(at) OVER (PARTITION BY pool_id "
            "ORDER BY size) AS next FROM bourse.audit_checkpoints WHERE at < " +
            before(kAllCheckpoints, now) +
            ") t WHERE c.pool_id = t.pool_id AND c.size = t.size "
            "AND date_trunc('hour', t.next, 'UTC') = date_trunc('hour', c.at, 'UTC')")
          .affected_rows();
  return static_cast<std::uint64_t>(rows);
}

}  // namespace

base::Result<MaintenanceReport> maintain(const ConnectionOptions& options, const Retention& retention,
                                         base::Timestamp now) {
  auto connection = connect(options, Use::kMaintenance);
  if (!connection) return connection.error();
  try {
    MaintenanceReport report;
    pqxx::work tx(**connection);
    report.months_made = count(tx.exec("SELECT bourse.ensure_partitions()")[0][0]);
    const auto gone =
        tx.exec("SELECT part, deleted FROM bourse.drop_history_before(" + before(retention.intervals, now) + ", " +
                before(retention.sums, now) + ", " + before(retention.events, now) + ")");
    for (pqxx::result::size_type i = 0; i < gone.size(); ++i) {
      const auto row = gone[i];
      if (row[1].is_null()) {
        report.dropped.push_back(text(row[0]));
      } else {
        report.deleted.push_back({text(row[0]), count(row[1])});
      }
    }
    tx.exec("SET LOCAL ROLE bourse_owner");
    if (const auto rows = thin_checkpoints(tx, now); rows > 0) report.deleted.push_back({"audit_checkpoints", rows});
    if (retention.usage) {
      const auto rows = tx.exec("DELETE FROM bourse.usage WHERE at < " + before(retention.usage, now)).affected_rows();
      if (rows > 0) report.deleted.push_back({"usage", static_cast<std::uint64_t>(rows)});
    }
    tx.commit();
    return report;
  } catch (...) {
    return as_error(current_failure(), "cannot maintain the database");
  }
}

}  // namespace bourse::storage
