#include "market/policy_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "market/decide.h"

namespace bourse::boursed {
namespace {

constexpr std::size_t kMostBytes = market::kMostLoggedBytes - 1'000;

class Lines {
 public:
  template <class Value>
  void add(std::string_view key, const Value& value) {
    lines_.push_back(fmt::format("{} = {}", key, value));
  }
  void add(std::string_view key, base::Duration value) { add(key, base::format_duration(value)); }
  void add(std::string_view key, std::vector<std::string> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    add(key, fmt::format("{}", fmt::join(values, ", ")));
  }
  void add(std::string_view key, const std::vector<domain::Jid>& jids) {
    std::vector<std::string> texts;
    for (const auto& jid : jids) texts.push_back(jid.text());
    add(key, std::move(texts));
  }
  [[nodiscard]] std::string text() && {
    std::sort(lines_.begin(), lines_.end());
    return fmt::format("{}\n", fmt::join(lines_, "\n"));
  }

 private:
  std::vector<std::string> lines_;
};

void add_rules(const market::Rules& rules, Lines& lines) {
  lines.add("rules.confirm-within", rules.confirm_within);
  lines.add("rules.suspect-for", rules.suspect_for);
  lines.add("rules.most-grace", rules.most_grace);
  lines.add("rules.usage-half-life", rules.usage_half_life);
  lines.add("rules.quarantine-failures", rules.quarantine_failures);
  lines.add("rules.failure-half-life", rules.failure_half_life);
  lines.add("rules.quarantine-first", rules.quarantine_first);
  lines.add("rules.quarantine-most", rules.quarantine_most);
  lines.add("rules.starving-after", rules.starving_after);
  lines.add("rules.most-holds", rules.most_holds);
}

void add_groups(const std::vector<market::Group>& groups, Lines& lines) {
  for (const auto& group : groups) {
    const auto key = "groups." + group.name;
    lines.add(key + ".members", group.members.text());
    lines.add(key + ".weight", group.weight);
    for (const auto& [name, amount] : group.quota.entries()) {
      lines.add(fmt::format("{}.quota.{}", key, name), domain::format_quantity(name, amount));
    }
  }
}

std::string_view word(pubsub::CreationPolicy policy) {
  switch (policy) {
    case pubsub::CreationPolicy::kAnyone:
      return "anyone";
    case pubsub::CreationPolicy::kDomains:
      return "domains";
    case pubsub::CreationPolicy::kOperators:
      return "operators";
  }
  return "";
}

void add_pubsub(const pubsub::Policy& policy, Lines& lines) {
  lines.add("pubsub.create-nodes", word(policy.creation));
  lines.add("pubsub.create-nodes-domains", policy.creation_domains);
  lines.add("pubsub.auto-create", policy.auto_create);
  lines.add("pubsub.max-items", policy.limits.max_items);
  lines.add("pubsub.max-nodes-per-jid", policy.max_nodes_per_jid);
  lines.add("pubsub.max-subscriptions-per-jid", policy.max_subscriptions_per_jid);
  lines.add("pubsub.max-items-per-publish", policy.max_items_per_publish);
  lines.add("pubsub.longest-subscription-lease-days", policy.longest_lease / std::chrono::days(1));
}

std::string_view readers(bool for_all) { return for_all ? "everyone" : "parties"; }

void add_history(const Settings& settings, Lines& lines) {
  const auto days = [](const std::optional<base::Duration>& kept) { return kept ? *kept / std::chrono::days(1) : 0; };
  lines.add("history.figures", readers(settings.history.figures_for_all));
  lines.add("history.details", readers(settings.history.details_for_all));
  lines.add("history.keep-intervals-days", days(settings.keep_intervals));
  lines.add("history.keep-sums-days", days(settings.keep_sums));
  lines.add("history.keep-events-days", days(settings.keep_events));
}

// Cut at the end of a line.
std::string shortened(const std::string& text) {
  const auto digest = base::Sha256().hash(text);
  const auto end = text.rfind('\n', kMostBytes);
  return fmt::format("{}… cut; SHA-256 of the whole: {:02x}\n",
                     end == std::string::npos ? std::string_view() : std::string_view(text).substr(0, end + 1),
                     fmt::join(digest, ""));
}

}  // namespace

std::string policy_text(const Settings& settings) {
  Lines lines;
  lines.add("market.operators", settings.operators);
  lines.add("audit.auditors", settings.auditors);
  lines.add("limits.max-payload-bytes", settings.max_payload_bytes);
  lines.add("pubsub.hard-bounces", settings.bounces.hard);
  lines.add("pubsub.soft-bounces", settings.bounces.soft);
  add_rules(settings.rules, lines);
  add_groups(settings.rules.groups, lines);
  add_pubsub(settings.pubsub, lines);
  add_history(settings, lines);
  auto text = std::move(lines).text();
  return text.size() <= kMostBytes ? text : shortened(text);
}

}  // namespace bourse::boursed
