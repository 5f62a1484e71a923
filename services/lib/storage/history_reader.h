// Purpose: reading history: one provider's intervals, what is known of providers now, sums by hour, gaps; and the part
//   of it that a load hands to the decider.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "market/reader.h"
#include "storage/page_query.h"

namespace bourse::storage {

// What one transaction sees of one pool's history.
class PgHistory final : public market::HistorySnapshot {
 public:
  PgHistory(pqxx::transaction_base& tx, std::string pool_id) : tx_(tx), pool_id_(std::move(pool_id)) {}

  [[nodiscard]] base::Result<std::vector<history::Intervals>> intervals(const std::vector<domain::Jid>& providers,
                                                                        const history::Window& window) override;
  [[nodiscard]] history::Gaps gaps(const history::Window& window) override;
  [[nodiscard]] std::vector<market::ProviderNow> providers_now(const std::vector<domain::Jid>& providers) override;
  [[nodiscard]] std::vector<market::HourRow> hour_sums(std::int64_t since, std::int64_t until) override;
  [[nodiscard]] market::HistoryAccess access(const domain::Jid& provider, const domain::Jid& viewer) override;

 private:
  pqxx::transaction_base& tx_;
  const std::string pool_id_;
};

// Items of <pool>/availability: who has a running interval. Columns: provider, presence, since.
[[nodiscard]] RowSet availability_set(const std::string& pool_id, const market::ItemQuery& query,
                                      const market::Viewer& viewer);

// What a load reads; $pool stands for the pool's id.
extern const char* const kLoadProviders;
[[nodiscard]] market::ProviderRow provider_row(const pqxx::row& row);
extern const char* const kLoadGaps;
[[nodiscard]] history::Window gap_row(const pqxx::row& row);
extern const char* const kLoadHistoryCounts;  // one column: bytes

}  // namespace bourse::storage
