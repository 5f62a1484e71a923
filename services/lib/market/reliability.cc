#include "market/reliability.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace bourse::market {
namespace {

// What is left of failures once this little remains is forgiven: the next one is the first.
constexpr double kForgiven = 1.0 / 16;

base::Duration quarantine(const Rules& rules, std::uint32_t before) {
  auto length = std::min(rules.quarantine_first, rules.quarantine_most);
  for (std::uint32_t i = 0; i < before && length < rules.quarantine_most; ++i) {
    length = length > rules.quarantine_most / 2 ? rules.quarantine_most : 2 * length;
    if (length <= base::Duration::zero()) break;
  }
  return length;
}

}  // namespace

double failures_at(const SanctionRow& row, const Rules& rules, base::Timestamp now) {
  if (!std::isfinite(row.failures) || row.failures <= 0) return 0;
  if (now <= row.failed_at) return row.failures;
  if (rules.failure_half_life <= base::Duration::zero()) return 0;
  using Real = std::chrono::duration<double, base::Duration::period>;
  return row.failures * std::exp2(-(Real(now - row.failed_at) / Real(rules.failure_half_life)));
}

bool note_failure(SanctionRow& row, const Rules& rules, std::string_view what, base::Timestamp now) {
  const double before = failures_at(row, rules, now);
  if (before < kForgiven && !is_quarantined(row, now)) row.quarantines = 0;
  row.failures = before + 1;
  row.failed_at = std::max(row.failed_at, now);
  if (is_quarantined(row, now) || row.failures < rules.quarantine_failures) return false;
  row.quarantined_until = now + quarantine(rules, row.quarantines);
  if (row.quarantines < std::numeric_limits<std::uint32_t>::max()) ++row.quarantines;
  row.quarantine_reason =
      fmt::format("its grants failed {:.3g} times of late (older failures count less), last: {}", row.failures, what);
  return true;
}

bool is_quarantined(const SanctionRow& row, base::Timestamp now) {
  return row.quarantined_until && now < *row.quarantined_until;
}

bool is_void(const SanctionRow& row, const Rules& rules, base::Timestamp now) {
  return !row.drained && !row.banned && !is_quarantined(row, now) && failures_at(row, rules, now) < kForgiven;
}

double trust(const SanctionRow* row, const Rules& rules, base::Timestamp now) {
  return 1 / (1 + (row == nullptr ? 0 : failures_at(*row, rules, now)));
}

}  // namespace bourse::market
