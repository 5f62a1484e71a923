#include "bench/audit/backlog.h"

#include <algorithm>

#include "bench/audit/log_entries.h"
#include "bench/audit/logged_market.h"
#include "bench/audit/stored_log.h"
#include "bench/figures.h"

namespace bourse::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBatch = 4'000;

double seconds(Steady::duration span) { return std::chrono::duration<double>(span).count(); }

void write_entries(const BacklogPlan& plan) {
  StoredLog log(plan.uri);
  double bytes = 0;
  const auto start = Steady::now();
  for (std::uint64_t from = 0; from < plan.entries;) {
    const auto until = std::min(from + kBatch, plan.entries);
    log.write(until, [&](market::Batch& batch) {
      for (auto i = from; i < until; ++i) add_entry(i, batch);
      for (const auto& row : batch.audit) bytes += static_cast<double>(row.entry.size());
    });
    from = until;
  }
  figure("entries_written", static_cast<double>(plan.entries) / seconds(Steady::now() - start), "1/s");
  figure("entry_size", bytes / static_cast<double>(plan.entries), "byte");
}

}  // namespace

void measure_backlog(const BacklogPlan& plan) {
  write_entries(plan);
  LoggedMarket market(plan.uri, plan.checkpoint);
  market.store().wait_for_checkpoint(plan.entries, 300s);
  market.check_signing();
  const auto seen = market.store().seen();
  const auto entries = static_cast<double>(plan.entries);
  figure("integrated", entries / seconds(seen.checkpoint - seen.loaded), "1/s");
  figure("integrated_with_reading", entries / seconds(seen.checkpoint - seen.asked), "1/s");
  figure("integrated_per_checkpoint", entries / static_cast<double>(seen.checkpoints), "");
}

}  // namespace bourse::bench
