#include "market/fair_share.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <unordered_map>
#include <utility>

namespace bourse::market {
namespace {

using base::Duration;
using base::Timestamp;

// What one may hold has 63 bits; what all hold together may have more.
__extension__ typedef __int128 Sum;

constexpr std::size_t kLeastSweep = 1024;
constexpr double kLeastWeight = 1e-6;

struct Amount {
  std::string resource;
  Sum held = 0;
  double used = 0;  // resource-seconds, decayed to Account::at
};

struct Account {
  Timestamp at = Timestamp::min();      // `used` is as of then
  Timestamp stored = Timestamp::min();  // a row says what was used up to then: nothing earlier is added any more
  std::vector<Amount> amounts;          // few

  Amount& amount(const std::string& resource) {
    const auto found =
        std::find_if(amounts.begin(), amounts.end(), [&](const Amount& amount) { return amount.resource == resource; });
    if (found != amounts.end()) return *found;
    return amounts.emplace_back(Amount{resource});
  }
  [[nodiscard]] bool holds_nothing() const {
    return std::all_of(amounts.begin(), amounts.end(), [](const Amount& amount) { return amount.held == 0; });
  }
};

struct Membership {
  std::vector<std::string> names;
  std::vector<std::size_t> groups;  // indexes into Rules::groups
  double weight = 1;
};

}  // namespace

class FairShare::Ledger {
 public:
  Ledger(const Rules& rules, Capacity capacity)
      : rules_(rules), capacity_(std::move(capacity)), held_by_groups_(rules.groups.size()) {
    using Real = std::chrono::duration<double>;
    half_life_ = std::max(Real(rules.usage_half_life).count(), 1e-6);
  }

  void load(UsageRow&& row) {
    auto& account = accounts_[row.consumer];
    BOURSE_CHECK(account.holds_nothing());
    account = Account{.at = row.at, .stored = row.at, .amounts = {}};
    for (auto& [resource, used] : row.used) {
      if (std::isfinite(used) && used > 0) account.amounts.push_back({std::move(resource), 0, used});
    }
  }

  void hold(const domain::Jid& consumer, const domain::Resources& amounts, Timestamp since) {
    auto& account = accounts_[consumer];
    count(account, amounts, since);
    count_for_groups(consumer, amounts, +1);
    if (accounts_.size() >= sweep_at_) sweep(account.at);
  }

  UsageRow give_back(const domain::Jid& consumer, const domain::Resources& amounts, Timestamp at) {
    const auto found = accounts_.find(consumer);
    BOURSE_CHECK(found != accounts_.end());
    auto& account = found->second;
    if (account.at < at) advance(account, at);
    account.stored = account.at;
    for (const auto& entry : amounts.entries()) {
      auto& amount = account.amount(entry.name);
      BOURSE_CHECK(amount.held >= entry.amount);
      amount.held -= entry.amount;
    }
    count_for_groups(consumer, amounts, -1);
    UsageRow row{.consumer = consumer, .at = account.at, .used = {}};
    for (const auto& amount : account.amounts) {
      if (amount.used > 0) row.used.emplace_back(amount.resource, amount.used);
    }
    std::sort(row.used.begin(), row.used.end());
    return row;
  }

  [[nodiscard]] double dominant_share(const domain::Jid& consumer, Timestamp now) const {
    const auto found = accounts_.find(consumer);
    if (found == accounts_.end()) return 0;
    const auto& account = found->second;
    const auto passed = std::max(now - account.at, Duration::zero());
    const double kept = decay(passed);
    const double grown = accumulated(passed);
    double share = 0;
    for (const auto& amount : account.amounts) {
      const auto held = static_cast<double>(amount.held);
      const double used = amount.used * kept + held * grown;
      if (held <= 0 && used <= 0) continue;
      const auto capacity = capacity_(amount.resource);
      if (capacity <= 0) continue;
      share = std::max(share, (held + used / memory()) / static_cast<double>(capacity));
    }
    return share == 0 ? 0 : share / membership(consumer).weight;
  }

  [[nodiscard]] const std::vector<std::string>& groups_of(const domain::Jid& consumer) const {
    return membership(consumer).names;
  }

  [[nodiscard]] std::optional<std::string> over_quota(const domain::Jid& consumer,
                                                      const domain::Resources& more) const {
    for (const auto index : membership(consumer).groups) {
      const auto& group = rules_.groups[index];
      for (const auto& entry : more.entries()) {
        const auto quota = group.quota.amount(entry.name);
        const auto held = held_by(index, entry.name);
        if (quota == 0 || held + entry.amount <= quota) continue;
        // What is held never exceeds a quota by more than the settings shrank it.
        return fmt::format("the members of group '{}' may hold {} of {} at once: they hold {}, this is {} more",
                           group.name, domain::format_quantity(entry.name, quota), entry.name,
                           domain::format_quantity(entry.name, saturated(held)),
                           domain::format_quantity(entry.name, entry.amount));
      }
    }
    return std::nullopt;
  }

 private:
  // ∫ 2^(-t/H) dt over all the past: what makes a use of resource-seconds the mean of an amount.
  [[nodiscard]] double memory() const { return half_life_ / std::numbers::ln2; }
  [[nodiscard]] double half_lives(Duration passed) const {
    return std::chrono::duration<double>(passed).count() / half_life_;
  }
  [[nodiscard]] double decay(Duration passed) const { return std::exp2(-half_lives(passed)); }
  // ∫ 2^(-t/H) dt from 0 to `passed`, exact for short times too.
  [[nodiscard]] double accumulated(Duration passed) const {
    return -std::expm1(-half_lives(passed) * std::numbers::ln2) * memory();
  }

  static std::int64_t saturated(Sum sum) {
    constexpr Sum kMost = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(sum, kMost));
  }

  void count(Account& account, const domain::Resources& amounts, Timestamp since) const {
    const auto from = std::max(since, account.stored);
    if (account.at < from) advance(account, from);
    // Grants are held in any order at load: what this one used while others were already counted.
    const double since_then = accumulated(account.at - from);
    for (const auto& entry : amounts.entries()) {
      auto& amount = account.amount(entry.name);
      amount.used += static_cast<double>(entry.amount) * since_then;
      amount.held += entry.amount;
    }
  }

  void advance(Account& account, Timestamp to) const {
    // A new account has nothing that could decay, and the beginning of time is farther away than a Duration reaches.
    if (!account.amounts.empty()) {
      const auto passed = to - account.at;
      const double kept = decay(passed);
      const double grown = accumulated(passed);
      for (auto& amount : account.amounts) {
        amount.used = amount.used * kept + static_cast<double>(amount.held) * grown;
      }
    }
    account.at = to;
  }

  // Forgets who holds nothing and used nothing that counts.
  void sweep(Timestamp now) {
    const auto long_ago = FairShare::kHalfLivesRemembered * rules_.usage_half_life;
    std::erase_if(accounts_,
                  [&](const auto& entry) { return entry.second.holds_nothing() && now - entry.second.at > long_ago; });
    sweep_at_ = std::max(kLeastSweep, 2 * accounts_.size());
  }

  void count_for_groups(const domain::Jid& consumer, const domain::Resources& amounts, int sign) {
    for (const auto index : membership(consumer).groups) {
      for (const auto& entry : amounts.entries()) {
        if (rules_.groups[index].quota.amount(entry.name) == 0) continue;
        held_by_groups_[index][entry.name] += sign * Sum{entry.amount};
      }
    }
  }

  [[nodiscard]] Sum held_by(std::size_t group, const std::string& resource) const {
    const auto found = held_by_groups_[group].find(resource);
    return found == held_by_groups_[group].end() ? Sum{0} : found->second;
  }

  [[nodiscard]] const Membership& membership(const domain::Jid& consumer) const {
    if (rules_.groups.empty()) return nobodys_;
    if (const auto found = cached_.find(consumer); found != cached_.end()) return *found->second;
    // Only a cache: what it points to stays, so that it can be thrown away as a whole.
    if (cached_.size() >= std::max(kLeastSweep, 2 * accounts_.size())) cached_.clear();
    return *(cached_[consumer] = &make_membership(consumer));
  }

  // Consumers of the same groups share one.
  [[nodiscard]] const Membership& make_membership(const domain::Jid& consumer) const {
    const auto source = [&](std::string_view name) -> std::vector<domain::AttributeValue> {
      if (name == "jid") return {consumer.text()};
      if (name == "domain") return {std::string(consumer.domain())};
      return {};
    };
    std::vector<std::size_t> joined;
    for (std::size_t i = 0; i < rules_.groups.size(); ++i) {
      if (rules_.groups[i].members.accepts(source)) joined.push_back(i);
    }
    auto& membership = memberships_[joined];
    if (joined.empty() || !membership.groups.empty()) return membership;
    membership.weight = kLeastWeight;
    for (const auto index : joined) {
      membership.names.push_back(rules_.groups[index].name);
      membership.weight = std::max(membership.weight, rules_.groups[index].weight);
    }
    membership.groups = std::move(joined);
    return membership;
  }

  const Rules& rules_;
  Capacity capacity_;
  double half_life_ = 1;  // seconds
  std::unordered_map<domain::Jid, Account> accounts_;
  std::size_t sweep_at_ = kLeastSweep;
  std::vector<std::unordered_map<std::string, Sum>> held_by_groups_;  // of what has a quota
  const Membership nobodys_;
  mutable std::map<std::vector<std::size_t>, Membership> memberships_;
  mutable std::unordered_map<domain::Jid, const Membership*> cached_;
};

FairShare::FairShare(const Rules& rules, Capacity capacity)
    : ledger_(std::make_unique<Ledger>(rules, std::move(capacity))) {}
FairShare::~FairShare() = default;

void FairShare::load(UsageRow&& row) { ledger_->load(std::move(row)); }

void FairShare::hold(const domain::Jid& consumer, const domain::Resources& amounts, Timestamp since) {
  ledger_->hold(consumer, amounts, since);
}

UsageRow FairShare::give_back(const domain::Jid& consumer, const domain::Resources& amounts, Timestamp at) {
  return ledger_->give_back(consumer, amounts, at);
}

double FairShare::dominant_share(const domain::Jid& consumer, Timestamp now) const {
  return ledger_->dominant_share(consumer, now);
}

const std::vector<std::string>& FairShare::groups_of(const domain::Jid& consumer) const {
  return ledger_->groups_of(consumer);
}

std::optional<std::string> FairShare::over_quota(const domain::Jid& consumer, const domain::Resources& more) const {
  return ledger_->over_quota(consumer, more);
}

}  // namespace bourse::market
