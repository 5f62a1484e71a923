// Purpose: history and predictions as tables, lists and pictures.
// Threads: the main thread's.
#pragma once

#include <string>
#include <vector>

#include "cli/figure_page.h"
#include "cli/output.h"
#include "market/history_query.h"
#include "market/reply.h"

namespace bourse::cli {

// One line a provider, and one for all together where there are several or none is named.
[[nodiscard]] Table statistics_table(const market::HistoryReport& report);
[[nodiscard]] Table intervals_table(const std::vector<domain::AvailabilityInterval>& intervals, base::Timestamp until,
                                    std::size_t most);
[[nodiscard]] Table prediction_table(const market::Prediction& prediction);
// For other programs: shares from 0 to 1, times as in XEP-0082, durations in seconds; a heading first.
[[nodiscard]] std::string statistics_csv(const market::HistoryReport& report);
[[nodiscard]] std::string intervals_csv(const domain::Jid& provider,
                                        const std::vector<domain::AvailabilityInterval>& intervals);
[[nodiscard]] std::string prediction_csv(const market::Prediction& prediction);

// "At least 2 of the 3 stay up for 2h: 93 %."
[[nodiscard]] std::string prediction_words(const market::Prediction& prediction);

}  // namespace bourse::cli
