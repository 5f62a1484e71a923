#include "storage/maintenance.h"

#include "storage/failure.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

std::string before(const std::optional<base::Duration>& kept, base::Timestamp now) {
  if (!kept) return "NULL";
  return "bourse.from_micros(" + std::to_string(micros(now - *kept)) + ")";
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
    if (retention.usage) {
      tx.exec("SET LOCAL ROLE bourse_owner");
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
