// Purpose: usage accounting out of the log: who gave and who used how many resource-hours in which month (UTC).
// Lifetime: one a question. Threads: one owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "audit/entry.h"
#include "domain/grant.h"

namespace bourse::audit {

enum class UsageBy { kProvider, kConsumer, kDomain };  // the domains of providers and consumers
[[nodiscard]] std::string_view name(UsageBy by);       // "provider"
[[nodiscard]] std::optional<UsageBy> usage_by(std::string_view name);

// "2026-11"; none for anything else.
[[nodiscard]] std::optional<std::chrono::year_month> parse_month(std::string_view text);
[[nodiscard]] std::string format_month(std::chrono::year_month month);

// What one hour of a resource is called: "core-hours", "gpu-hours", "GiB-hours" (of what is counted in bytes),
// "seat-hours" (of services), otherwise "unit-hours".
[[nodiscard]] std::string_view hours_unit(std::string_view resource);

struct UsageLine {
  std::chrono::year_month month{};
  std::string who{};
  std::string resource{};
  double given = 0;  // in hours_unit(resource)
  double used = 0;
};

// A grant counts from when its consumer may use it (confirmed, its lease begun) until it ends, or its lease does where
// the market learned of that later; that its provider was out of sight meanwhile is not taken off.
class Usage {
 public:
  explicit Usage(UsageBy by) : by_(by) {}

  // In the order of the log. Entries that are not of grants, or cannot be read, count nothing (replay.h judges them).
  void take(const Entry& entry);
  // Grants that still live are counted up to `now`. By month, who, resource.
  [[nodiscard]] std::vector<UsageLine> lines(base::Timestamp now) const;

 private:
  struct Running {
    domain::Grant grant;
    base::Timestamp since;
  };
  struct Hours {
    double given = 0;
    double used = 0;
  };
  using Key = std::tuple<std::chrono::year_month, std::string, std::string>;  // month, who, resource
  using Sums = std::map<Key, Hours>;

  void count(const Running& running, base::Timestamp until, Sums& sums) const;
  void add(const domain::Grant& grant, std::chrono::year_month month, base::Duration time, Sums& sums) const;

  UsageBy by_;
  std::unordered_map<domain::GrantId, Running> running_;
  Sums ended_;
};

}  // namespace bourse::audit
