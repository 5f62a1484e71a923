#include "bench/history/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <vector>

#include "bench/figures.h"
#include "bench/ignored_state.h"
#include "history/day_rollup.h"
#include "market/history_answer.h"
#include "storage/pg_reader.h"
#include "storage/pg_store.h"

namespace bourse::bench {
namespace {

using base::Timestamp;
using std::chrono::floor;
using SteadyClock = std::chrono::steady_clock;

const domain::PoolName kPool{"commons"};

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Each provider's intervals follow one another, up and down in turn, of lengths that differ from provider to provider;
// all providers' close in the order of time.
class Workload {
 public:
  Workload(const StorePlan& plan, Timestamp until) : plan_(plan) {
    begin_ = floor<std::chrono::hours>(until) - std::chrono::days(plan.days);
    step_ = base::Duration(std::chrono::days(plan.days)) / static_cast<std::int64_t>(rounds());
    for (std::uint64_t i = 0; i < plan.providers; ++i) {
      names_.push_back(domain::Jid::parse(fmt::format("volunteer-{}@example.org", i)).value());
    }
  }

  [[nodiscard]] std::uint64_t rounds() const { return plan_.intervals / plan_.providers; }
  [[nodiscard]] const domain::Jid& name(std::uint64_t provider) const { return names_[provider]; }
  [[nodiscard]] Timestamp begin() const { return begin_; }
  [[nodiscard]] Timestamp end() const { return begin_ + step_ * static_cast<std::int64_t>(rounds()); }

  // Interval number `round` of a provider: beginnings are a step apart, shifted by up to half a one.
  [[nodiscard]] domain::AvailabilityInterval interval(std::uint64_t provider, std::uint64_t round) const {
    const bool down = round % 2 != 0;
    return {down ? domain::Presence::kDown : domain::Presence::kUp, boundary(provider, round),
            boundary(provider, round + 1), down ? 1 : 3};
  }

  void fill(market::Batch& batch, std::uint64_t first, std::uint64_t count) const {
    std::map<std::int64_t, market::HourRow> hours;
    for (std::uint64_t i = first; i < first + count; ++i) {
      const std::uint64_t provider = i % plan_.providers;
      const auto closed = interval(provider, i / plan_.providers);
      for (const auto& cell : history::day_cells({closed}, {}, {closed.since, *closed.until})) {
        for (std::size_t hour = 0; hour < cell.up.size(); ++hour) {
          if (cell.up[hour] + cell.down[hour] == base::Duration::zero()) continue;
          auto& sum = hours[std::int64_t{cell.day} * 24 + static_cast<std::int64_t>(hour)];
          sum.up += cell.up[hour];
          sum.down += cell.down[hour];
        }
      }
      if (closed.presence == domain::Presence::kDown)
        ++hours[floor<std::chrono::hours>(closed.since).time_since_epoch().count()].outages;
      batch.closed.push_back({names_[provider], closed});
    }
    for (auto& [hour, sum] : hours) {
      sum.hour = hour;
      batch.hours.push_back(sum);
    }
  }

 private:
  [[nodiscard]] Timestamp boundary(std::uint64_t provider, std::uint64_t round) const {
    std::uint64_t mixed = (provider * 0x9E3779B97F4A7C15ULL) ^ (round * 0xC2B2AE3D27D4EB4FULL);
    mixed ^= mixed >> 29;
    const auto shift = static_cast<std::int64_t>(mixed % 1000) * (step_.count() / 2000);
    return begin_ + step_ * static_cast<std::int64_t>(round) + base::Duration(shift);
  }

  StorePlan plan_;
  Timestamp begin_;
  base::Duration step_{};
  std::vector<domain::Jid> names_;
};

void must(const market::CommitResult& result) {
  if (result.outcome != market::CommitOutcome::kCommitted) throw std::runtime_error("not committed: " + result.text);
}

template <class T>
T must(base::Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().text);
  return std::move(result).value();
}

void ingest(const StorePlan& plan, const Workload& workload) {
  storage::PgStore store({plan.uri, "bench_history"});
  IgnoredState ignored;
  const market::Lease lease = must(store.acquire(kPool, "bench", ignored));
  market::Batch batch;
  batch.epoch = lease.epoch;
  batch.number = lease.last_batch;
  batch.counters = lease.counters;
  const std::uint64_t total = workload.rounds() * plan.providers;
  double committing = 0;
  double last_tenth = 0;
  for (std::uint64_t first = 0; first < total; first += plan.batch) {
    ++batch.number;
    batch.closed.clear();
    batch.hours.clear();
    workload.fill(batch, first, std::min(plan.batch, total - first));
    const auto start = SteadyClock::now();
    must(store.commit(batch));
    committing += seconds_since(start);
    if (first >= total / 10 * 9) last_tenth += seconds_since(start);
    if (first / plan.batch % 50 == 0) {
      std::fprintf(stderr, "\r%3.0f %%", 100.0 * static_cast<double>(first) / static_cast<double>(total));
    }
  }
  std::fprintf(stderr, "\r     \r");
  // Who is there now, as a running market has it.
  market::Batch now;
  now.epoch = batch.epoch;
  now.number = batch.number + 1;
  now.counters = batch.counters;
  for (std::uint64_t i = 0; i < plan.providers; ++i) {
    const auto last = workload.interval(i, workload.rounds() - 1);
    now.providers.push_back({workload.name(i), domain::Presence::kUp, *last.until, "", std::string(472, 'c')});
    now.loads.push_back({workload.name(i), *last.until, {0.5F, 0.5F, 1'000'000, std::nullopt}});
  }
  must(store.commit(now));
  store.release(lease);
  figure("ingest_intervals_per_second", static_cast<double>(total) / committing, "1/s");
  figure("ingest_intervals_per_second_last_tenth", static_cast<double>(total / 10) / last_tenth, "1/s");
}

double percentile(std::vector<double> times, double share) {
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

market::HistoryReport ask(storage::PgReader& reader, const market::HistoryQuery& query) {
  return must(market::answer_history(reader, query, {domain::Jid::parse("operator@example.org").value(), true}, {}));
}

// 90 days of one provider, with all that is made of them.
void ask_providers(const StorePlan& plan, const Workload& workload) {
  storage::PgReader reader({plan.uri, "bench_history"});
  market::HistoryQuery query{.pool = kPool};
  query.since = workload.end() - std::chrono::days(90);
  query.until = query.asked = workload.end();
  query.zone = "Europe/Berlin";
  query.days = query.week = query.survival = query.intervals = true;
  query.page.max = market::kMaxPage;
  std::vector<double> times;
  std::uint64_t intervals = 0;
  for (std::uint64_t i = 0; i < plan.questions + 20; ++i) {
    query.providers = {workload.name(i * 7919 % plan.providers)};
    const auto start = SteadyClock::now();
    const auto report = ask(reader, query);
    if (i < 20) continue;  // connects, fills caches
    times.push_back(seconds_since(start) * 1e3);
    intervals += report.intervals.count;
    if (report.total.observed() <= base::Duration::zero()) throw std::runtime_error("nothing was seen");
    if (!report.week || report.survival->empty() || report.days.empty()) throw std::runtime_error("nobody ever went");
  }
  figure("provider_90_days_p50", percentile(times, 0.5), "ms");
  figure("provider_90_days_p99", percentile(times, 0.99), "ms");
  figure("provider_90_days_intervals", static_cast<double>(intervals) / static_cast<double>(times.size()), "intervals");
}

// The same of all of them, but for survival, which is learned of a sample's intervals and told apart.
void ask_pool(const StorePlan& plan, const Workload& workload) {
  storage::PgReader reader({plan.uri, "bench_history"});
  market::HistoryQuery query{.pool = kPool};
  query.until = query.asked = floor<std::chrono::days>(workload.end());
  query.since = query.until - std::chrono::days(30);
  query.zone = "Europe/Berlin";
  query.days = query.week = true;
  for (const bool survival : {false, true}) {
    query.survival = survival;
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
      const auto start = SteadyClock::now();
      const auto report = ask(reader, query);
      if (i == 0) continue;  // connects
      times.push_back(seconds_since(start) * 1e3);
      if (report.days.size() != 30 || report.provider_count != plan.providers || report.total.outages == 0) {
        throw std::runtime_error("days, providers or outages are missing");
      }
    }
    const std::string name = survival ? "pool_30_days_with_survival" : "pool_30_days";
    figure(name + "_p50", percentile(times, 0.5), "ms");
    figure(name + "_max", percentile(times, 1), "ms");
  }
}

}  // namespace

int measure_store(const StorePlan& plan) {
  const auto now = std::chrono::time_point_cast<base::Duration>(std::chrono::system_clock::now());
  const Workload workload(plan, now - std::chrono::hours(1));
  ingest(plan, workload);
  ask_providers(plan, workload);
  ask_pool(plan, workload);
  return 0;
}

int measure_heartbeats(const HeartbeatsPlan& /*plan*/) {
  std::fprintf(stderr, "heartbeats: not measured yet\n");
  return 0;
}

}  // namespace bourse::bench
