#include "storage/history_writer.h"

#include <optional>
#include <utility>

#include "storage/fields.h"

namespace bourse::storage {
namespace {

using std::chrono::floor;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::year_month_day;

base::Timestamp month(base::Timestamp at, months later) {
  const year_month_day date(floor<std::chrono::days>(at));
  return base::Timestamp(sys_days(date.year() / date.month() / 1 + later));
}

TableCall providers(const std::vector<market::ProviderRow>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral names(n * 40), presences(n * 2), times(n * 18), zones(n * 16);
  RecordColumn counts(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.counts; }));
  for (const auto& row : rows) {
    names.add(row.provider.text());
    row.presence ? presences.add(static_cast<std::int64_t>(*row.presence)) : presences.add_null();
    row.presence ? times.add(micros(row.since)) : times.add_null();
    zones.add(row.zone);
    counts.add(row.counts);
  }
  TableCall call{.function = "write_providers", .letter = 'P'};
  take_into(call, std::move(names), std::move(presences), std::move(times), std::move(zones));
  std::move(counts).finish(call);
  return call;
}

TableCall closed(const std::vector<market::ClosedInterval>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral names(n * 40), presences(n * 2), continuations(n * 2), reasons(n * 2), sinces(n * 18), untils(n * 18);
  for (const auto& [provider, interval] : rows) {
    BOURSE_CHECK(interval.until.has_value());
    auto parts = by_month({interval.since, *interval.until});
    if (interval.since == *interval.until) parts.push_back({interval.since, interval.since});
    for (const auto& part : parts) {
      names.add(provider.text());
      presences.add(static_cast<std::int64_t>(interval.presence));
      continuations.add_flag(part.since != interval.since);
      reasons.add(static_cast<std::int64_t>(interval.reason));
      sinces.add(micros(part.since));
      untils.add(micros(part.until));
    }
  }
  TableCall call{.function = "write_closed", .letter = 'C'};
  take_into(call, std::move(names), std::move(presences), std::move(continuations), std::move(reasons),
            std::move(sinces), std::move(untils));
  return call;
}

TableCall hours(const std::vector<market::HourRow>& rows) {
  ArrayLiteral numbers, ups, downs, outages;
  for (const auto& row : rows) {
    numbers.add(row.hour);
    ups.add(row.up.count());
    downs.add(row.down.count());
    outages.add(static_cast<std::int64_t>(row.outages));
  }
  TableCall call{.function = "write_hours", .letter = 'H'};
  take_into(call, std::move(numbers), std::move(ups), std::move(downs), std::move(outages));
  return call;
}

TableCall gaps(const std::vector<history::Window>& rows) {
  ArrayLiteral sinces, untils;
  for (const auto& gap : rows) {
    if (gap.until <= gap.since) continue;
    sinces.add(micros(gap.since));
    untils.add(micros(gap.until));
  }
  TableCall call{.function = "write_gaps", .letter = 'G'};
  take_into(call, std::move(sinces), std::move(untils));
  return call;
}

template <class Number>
void add_optional(ArrayLiteral& column, const std::optional<Number>& value) {
  if (!value) {
    column.add_null();
  } else if constexpr (std::is_floating_point_v<Number>) {
    column.add_number(static_cast<double>(*value));
  } else {
    column.add(*value);
  }
}

TableCall loads(const std::vector<market::LoadRow>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral names(n * 40), times(n * 18), cpus(n * 20), memories(n * 20), disks(n * 14), temperatures(n * 20);
  for (const auto& [provider, heard, load] : rows) {
    names.add(provider.text());
    times.add(micros(heard));
    add_optional(cpus, load.cpu);
    add_optional(memories, load.memory);
    add_optional(disks, load.disk_free);
    add_optional(temperatures, load.temperature);
  }
  TableCall call{.function = "write_loads", .letter = 'L'};
  take_into(call, std::move(names), std::move(times), std::move(cpus), std::move(memories), std::move(disks),
            std::move(temperatures));
  return call;
}

}  // namespace

base::Timestamp month_begins(base::Timestamp at) { return month(at, months(0)); }
base::Timestamp month_ends(base::Timestamp at) { return month(at, months(1)); }

std::vector<history::Window> by_month(const history::Window& window) {
  std::vector<history::Window> parts;
  for (base::Timestamp at = window.since; at < window.until;) {
    const base::Timestamp until = std::min(month_ends(at), window.until);
    parts.push_back({at, until});
    at = until;
  }
  return parts;
}

void add_history_calls(const market::Batch& batch, std::vector<TableCall>& calls) {
  if (!batch.providers.empty()) calls.push_back(providers(batch.providers));
  if (!batch.closed.empty()) calls.push_back(closed(batch.closed));
  if (!batch.hours.empty()) calls.push_back(hours(batch.hours));
  if (!batch.gaps.empty()) calls.push_back(gaps(batch.gaps));
  if (!batch.loads.empty()) calls.push_back(loads(batch.loads));
  if (batch.history_counts) {
    TableCall call{.function = "write_history_counts", .letter = 'Q'};
    call.blobs.push_back(*batch.history_counts);
    calls.push_back(std::move(call));
  }
}

}  // namespace bourse::storage
