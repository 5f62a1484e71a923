// Purpose: reading history: one provider's intervals, what is known of providers now, sums by day and hour, gaps; and
//   the part of it that a load hands to the decider.
// Errors: libpqxx exceptions and Corrupt (fields.h).
// Threads: the connection's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "market/reader.h"
#include "storage/page_query.h"

namespace bourse::storage {

// As market::Reader has them, of the pool with that id.
[[nodiscard]] base::Result<history::Intervals> read_intervals(pqxx::transaction_base& tx, const std::string& pool_id,
                                                              const domain::PoolName& pool, const domain::Jid& provider,
                                                              const history::Window& window);
[[nodiscard]] history::Gaps read_gaps(pqxx::transaction_base& tx, const std::string& pool_id,
                                      const history::Window& window);
[[nodiscard]] std::vector<market::ProviderNow> read_providers_now(pqxx::transaction_base& tx,
                                                                  const std::string& pool_id,
                                                                  const std::vector<domain::Jid>& providers);
[[nodiscard]] std::vector<market::Reader::DaySum> read_day_sums(pqxx::transaction_base& tx, const std::string& pool_id,
                                                                const std::vector<domain::Jid>& providers,
                                                                std::int32_t since, std::int32_t until);
[[nodiscard]] std::vector<market::HourRow> read_hour_sums(pqxx::transaction_base& tx, const std::string& pool_id,
                                                          std::int64_t since, std::int64_t until);
[[nodiscard]] market::HistoryAccess read_history_access(pqxx::transaction_base& tx, const std::string& pool_id,
                                                        const domain::Jid& provider, const domain::Jid& viewer);

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
