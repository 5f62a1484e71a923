#include "audit/usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "domain/naming_rules.h"
#include "domain/records.h"

namespace bourse::audit {
namespace {

using std::chrono::year_month;

constexpr std::array<std::pair<UsageBy, std::string_view>, 3> kBy = {
    {{UsageBy::kProvider, "provider"}, {UsageBy::kConsumer, "consumer"}, {UsageBy::kDomain, "domain"}}};

// No log is older or goes on longer: a damaged time must not count for ages.
constexpr base::Timestamp kFirst{std::chrono::sys_days{std::chrono::year{1970} / 1 / 1}};
constexpr base::Timestamp kLast{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};

year_month month_of(base::Timestamp at) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
  return day.year() / day.month();
}

base::Timestamp end_of(year_month month) { return std::chrono::sys_days{(month + std::chrono::months(1)) / 1}; }

double hours(std::string_view resource, std::int64_t amount, base::Duration time) {
  constexpr double kGibi = 1024.0 * 1024.0 * 1024.0;
  const double unit = domain::counts_bytes(resource) ? kGibi : static_cast<double>(domain::kMilli);
  constexpr double kHour = static_cast<double>(base::Duration(std::chrono::hours(1)).count());
  return static_cast<double>(amount) / unit * (static_cast<double>(time.count()) / kHour);
}

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view name(UsageBy by) {
  for (const auto& [known, text] : kBy) {
    if (known == by) return text;
  }
  BOURSE_CHECK(false && "a UsageBy outside the enumeration");
  return {};
}

std::optional<UsageBy> usage_by(std::string_view name) {
  for (const auto& [by, text] : kBy) {
    if (text == name) return by;
  }
  return std::nullopt;
}

std::optional<year_month> parse_month(std::string_view text) {
  constexpr std::size_t kLength = 7;
  if (text.size() != kLength || text[4] != '-') return std::nullopt;
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5));
  if (!year || !month || *year < 1970 || *month < 1 || *month > 12) return std::nullopt;
  return std::chrono::year{static_cast<int>(*year)} / std::chrono::month{*month};
}

std::string format_month(year_month month) {
  return fmt::format("{:04}-{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month()));
}

std::string_view hours_unit(std::string_view resource) {
  if (domain::counts_bytes(resource)) return "GiB-hours";
  if (resource == "cpu") return "core-hours";
  if (resource == domain::kGpu) return "gpu-hours";
  return resource.starts_with(domain::kServiceResourcePrefix) ? "seat-hours" : "unit-hours";
}

void Usage::take(const Entry& entry) {
  if (entry.grant.value == 0) return;
  auto grant = domain::decode_grant(entry.record);
  if (!grant || grant->id != entry.grant) return;
  const auto running = running_.find(grant->id);
  if (!domain::is_live(grant->state)) {
    if (running == running_.end()) return;
    running->second.grant.expires = grant->expires;
    count(running->second, grant->ended.value_or(entry.at), ended_);
    running_.erase(running);
  } else if (domain::is_usable(grant->state) && !grant->ahead) {
    const auto since = running == running_.end() ? entry.at : running->second.since;
    const auto id = grant->id;
    running_.insert_or_assign(id, Running{std::move(grant).value(), since});
  }
}

std::vector<UsageLine> Usage::lines(base::Timestamp now) const {
  auto sums = ended_;
  for (const auto& [id, running] : running_) count(running, now, sums);
  std::vector<UsageLine> lines;
  lines.reserve(sums.size());
  for (const auto& [key, hours] : sums) {
    const auto& [month, who, resource] = key;
    lines.push_back({month, who, resource, hours.given, hours.used});
  }
  return lines;
}

void Usage::count(const Running& running, base::Timestamp until, Sums& sums) const {
  const auto end = std::clamp(std::min(until, running.grant.expires), kFirst, kLast);
  for (auto from = std::clamp(running.since, kFirst, kLast); from < end;) {
    const auto month = month_of(from);
    const auto to = std::min(end, end_of(month));
    add(running.grant, month, to - from, sums);
    from = to;
  }
}

void Usage::add(const domain::Grant& grant, year_month month, base::Duration time, Sums& sums) const {
  for (const auto& entry : grant.resources.entries()) {
    const double more = hours(entry.name, entry.amount, time);
    const auto sum = [&](std::string_view who) -> Hours& { return sums[{month, std::string(who), entry.name}]; };
    if (by_ == UsageBy::kProvider) sum(grant.provider.text()).given += more;
    if (by_ == UsageBy::kConsumer) sum(grant.consumer.text()).used += more;
    if (by_ != UsageBy::kDomain) continue;
    sum(grant.provider.domain()).given += more;
    sum(grant.consumer.domain()).used += more;
  }
}

}  // namespace bourse::audit
