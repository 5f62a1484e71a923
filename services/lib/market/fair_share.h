// Purpose: who is due next: dominant-resource fairness between consumers (Ghodsi et al., NSDI'11) over what they
//   hold now and what they used before, decayed; and the quotas of groups. Weighted by the groups' weights.
// Lifetime: part of State. Threads: the decider's only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"
#include "domain/resources.h"
#include "market/rows.h"
#include "market/rules.h"

namespace bourse::market {

class FairShare {
 public:
  // What the pool has of a resource, in stored units; 0: nothing, it does not count.
  using Capacity = std::function<std::int64_t(const std::string& resource)>;

  // Use of this many half-lives ago is a 10^-12th of what it was: rows that old may go.
  static constexpr int kHalfLivesRemembered = 40;

  FairShare(const Rules& rules, Capacity capacity);  // rules outlive it
  ~FairShare();

  void load(UsageRow&& row);  // CHECKs that the consumer holds nothing yet
  // A grant begins to count; at load: with its start, of which only what is after the loaded row's `at` is added.
  void hold(const domain::Jid& consumer, const domain::Resources& amounts, base::Timestamp since);
  // … and ends. Gives the row to store. CHECKs that so much is held.
  [[nodiscard]] UsageRow give_back(const domain::Jid& consumer, const domain::Resources& amounts, base::Timestamp at);

  // max over resources of (held now + mean use over the last half-life, decayed) / capacity, divided by the consumer's
  // weight (the greatest of its groups'). 0 for who has nothing and had nothing.
  [[nodiscard]] double dominant_share(const domain::Jid& consumer, base::Timestamp now) const;

  [[nodiscard]] const std::vector<std::string>& groups_of(const domain::Jid& consumer) const;
  // Which quota `more` would exceed, in words; nothing when none.
  [[nodiscard]] std::optional<std::string> over_quota(const domain::Jid& consumer, const domain::Resources& more) const;

 private:
  class Ledger;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace bourse::market
