#include "market/rules_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bourse::boursed {
namespace {

using base::Config;
using base::Done;
using base::Duration;
using base::Errc;
using base::Status;

constexpr double kMostWeight = 1e6;
constexpr std::size_t kMaxGroupName = 64;

Status wrong(const Config& config, const std::string& key, const std::string& what) {
  return {Errc::kBadRequest, fmt::format("{}: {}", config.where(key), what)};
}

// A number greater than 0, a fraction or not.
Status read_factor(const Config& config, const std::string& key, const std::string& text, double& into) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(number) || number <= 0 || number > kMostWeight) {
    return wrong(config, key, fmt::format("'{}' is not a number greater than 0, at most {}", text, kMostWeight));
  }
  into = number;
  return Done{};
}

struct Span {
  const char* key;
  Duration* into;
  bool may_be_nothing;
};

Status read_span(const Config& config, const Span& span) {
  const auto duration = config.duration(span.key, *span.into);
  if (!duration) return duration.error();
  if (*duration == Duration{0} && !span.may_be_nothing) return wrong(config, span.key, "longer than nothing, please");
  *span.into = *duration;
  return Done{};
}

Status read_times(const Config& config, market::Rules& rules) {
  for (const Span& span :
       {Span{"rules.confirm-within", &rules.confirm_within, false}, Span{"rules.suspect-for", &rules.suspect_for, true},
        Span{"rules.most-grace", &rules.most_grace, true}, Span{"rules.usage-half-life", &rules.usage_half_life, false},
        Span{"rules.failure-half-life", &rules.failure_half_life, false},
        Span{"rules.quarantine-first", &rules.quarantine_first, false},
        Span{"rules.quarantine-most", &rules.quarantine_most, false},
        Span{"rules.starving-after", &rules.starving_after, true}}) {
    if (auto read = read_span(config, span); !read) return read;
  }
  if (rules.quarantine_most < rules.quarantine_first) {
    return wrong(config, "rules.quarantine-most", "shorter than rules.quarantine-first");
  }
  return Done{};
}

Status read_group_setting(const Config& config, const std::string& name, const std::string& text,
                          std::vector<market::Group>& groups) {
  const std::string key = "groups." + name;
  const auto dot = name.find('.');
  const std::string group_name = name.substr(0, dot);
  const std::string part = dot == std::string::npos ? std::string() : name.substr(dot + 1);
  if (group_name.empty() || group_name.size() > kMaxGroupName) {
    return wrong(config, key, fmt::format("a group's name has 1 to {} bytes", kMaxGroupName));
  }
  if (groups.empty() || groups.back().name != group_name) groups.push_back({group_name, {}, {}, 1.0});
  market::Group& group = groups.back();
  if (part == "members") {
    auto members = domain::Filter::parse(text);
    if (!members) return wrong(config, key, members.error().text);
    group.members = std::move(*members);
    return Done{};
  }
  if (part == "weight") return read_factor(config, key, text, group.weight);
  if (part.starts_with("quota.")) {
    const std::string resource = part.substr(std::string_view("quota.").size());
    const auto amount = domain::parse_quantity(resource, text);
    if (!amount) return wrong(config, key, amount.error().text);
    const auto added = group.quota.add(resource, *amount);
    return added ? added : wrong(config, key, added.error().text);
  }
  return wrong(config, key, "a group has `members`, `quota` and `weight`");
}

// What belongs to one group stands together: the settings come by name.
Status read_groups(const Config& config, std::vector<market::Group>& groups) {
  auto settings = config.table("groups");
  std::stable_sort(settings.begin(), settings.end(), [](const auto& a, const auto& b) {
    return a.first.substr(0, a.first.find('.')) < b.first.substr(0, b.first.find('.'));
  });
  for (const auto& [name, text] : settings) {
    if (auto read = read_group_setting(config, name, text, groups); !read) return read;
  }
  for (const auto& group : groups) {
    if (group.members.empty()) {
      return {Errc::kBadRequest, fmt::format("groups.{}.members is not set: say who belongs to it, such as "
                                             "members = \"(domain=physics.example.org)\"",
                                             group.name)};
    }
  }
  return Done{};
}

}  // namespace

base::Result<market::Rules> read_rules(const Config& config) {
  market::Rules rules;
  if (const auto read = read_times(config, rules); !read) return read.error();
  if (const auto failures = config.text("rules.quarantine-failures"); !failures) {
    return failures.error();
  } else if (!failures->empty()) {
    const auto read = read_factor(config, "rules.quarantine-failures", *failures, rules.quarantine_failures);
    if (!read) return read.error();
  }
  const auto holds = config.number("rules.most-holds", static_cast<std::int64_t>(rules.most_holds), 0, 1'000'000);
  if (!holds) return holds.error();
  rules.most_holds = static_cast<std::size_t>(*holds);
  if (const auto read = read_groups(config, rules.groups); !read) return read.error();
  return rules;
}

}  // namespace bourse::boursed
