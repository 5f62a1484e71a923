// Purpose: who may do what in a pool, how much of it, and how fast: what operators set while the market runs. Filters
//   say who may; quotas bound what a JID or a domain has at once; rates bound what it sends.
// Lifetime: value; part of State, and copied for those who admit and answer once a change is durable.
// Threads: const use from any.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/filter.h"
#include "domain/jid.h"
#include "market/rows.h"
#include "market/rules.h"

namespace bourse::market {

// What a filter over `jid`, `domain` and `group` opens to some only.
enum class Right : std::uint8_t {
  kPublish,    // offers, and items and nodes of one's own
  kRequest,    // requests
  kSubscribe,  // to nodes, and read what they have; one's own is always one's own
  kHistory,    // ask how available a provider was, or will be
};

// What is bounded for one bare JID, or for all of a domain together.
enum class Bounded : std::uint8_t { kOffers, kRequests, kGrants, kSubscriptions };
enum class Scope : std::uint8_t { kJid, kDomain };

struct Rate {
  double per_second = 0;
  double burst = 0;  // that many at once after a silence; at least 1
  friend bool operator==(const Rate&, const Rate&) = default;
};

class AccessPolicy {
 public:
  // Groups are as the rules have them: filters may say (group=NAME).
  explicit AccessPolicy(std::shared_ptr<const std::vector<Group>> groups = {}) : groups_(std::move(groups)) {}

  // As it is stored: names that exist, subjects normalised, values that mean something. kInvalidPayload says what does.
  [[nodiscard]] static base::Result<PolicyRow> check(std::string_view name, std::string_view subject,
                                                     std::string_view value);
  // Takes a row that check() gave; an empty value takes it away. kCorrupt: it is none.
  base::Status set(const PolicyRow& row);
  [[nodiscard]] const std::string* find(const PolicyRow& row) const;  // the value of that name and subject
  [[nodiscard]] std::vector<PolicyRow> rows() const;                  // by name and subject

  // Who is banned, a bare JID or a domain with all below it, and why; nothing: not any more.
  void set_ban(const domain::Jid& whom, const std::optional<std::string>& reason);
  [[nodiscard]] bool has_bans() const { return !bans_.empty(); }
  // kForbidden says who of them `actor` is, and why.
  [[nodiscard]] base::Status check_ban(const domain::Jid& actor) const;
  // kForbidden quotes the filter that leaves `actor` out.
  [[nodiscard]] base::Status may(Right right, const domain::Jid& actor) const;
  // What the bare JID or the domain may have at once; nothing: as much as it likes.
  [[nodiscard]] std::optional<std::uint64_t> most(Bounded what, Scope scope, std::string_view subject) const;
  [[nodiscard]] bool bounds(Bounded what) const;                                // for anybody
  [[nodiscard]] const Rate* rate(Scope scope, std::string_view subject) const;  // null: no bound

 private:
  template <class Value>
  using BySubject = std::map<std::string, Value, std::less<>>;

  std::shared_ptr<const std::vector<Group>> groups_;
  std::map<std::pair<std::string, std::string>, std::string> values_;
  BySubject<std::string> bans_;                                  // reasons
  std::array<domain::Filter, 4> filters_;                        // by Right
  std::array<std::array<BySubject<std::uint64_t>, 2>, 4> most_;  // by Bounded and Scope
  std::array<BySubject<Rate>, 2> rates_;                         // by Scope
};

// What can be set.
[[nodiscard]] std::vector<std::string_view> policy_names();

}  // namespace bourse::market
