// Purpose: remembers whose messages come back with an error, and says whom it is no use to tell anything more.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"

namespace bourse::xmpp {

// 0: however many there are, nobody is given up for them.
struct BouncePolicy {
  // Errors that say there is nobody (gone, item-not-found, jid-malformed): so many within `window`. That a server
  // cannot be reached says nothing of who is there.
  std::uint32_t hard = 3;
  // All others may pass: so many of them, over at least `soft_spread`.
  std::uint32_t soft = 20;
  base::Duration soft_spread = std::chrono::hours(1);
  base::Duration window = std::chrono::hours(24);   // after the last one everything is forgotten
  base::Duration quiet = std::chrono::minutes(10);  // after giving up: what comes back was on its way before
};

class Bounces {
 public:
  static constexpr std::size_t kMostRemembered = 100'000;  // then the one that bounced longest ago is forgotten

  explicit Bounces(const BouncePolicy& policy) : policy_(policy) {}

  // `condition`: of RFC 6120 §8.3.3. True when that was one too many: `jid` is to be given up.
  [[nodiscard]] bool count(const domain::Jid& jid, std::string_view condition, base::Timestamp now);
  [[nodiscard]] std::size_t size() const { return by_jid_.size(); }

 private:
  struct Record {
    const domain::Jid* jid = nullptr;   // the key
    std::vector<base::Timestamp> hard;  // within the window, oldest first
    std::uint32_t soft = 0;
    base::Timestamp first_soft{};
    base::Timestamp last{};
    base::Timestamp quiet_until{};
  };
  using Records = std::list<Record>;  // by `last`

  Record& find(const domain::Jid& jid, base::Timestamp now);
  [[nodiscard]] bool is_too_many(Record& record, bool hard, base::Timestamp now) const;
  void forget_oldest();

  BouncePolicy policy_;
  Records records_;
  std::unordered_map<domain::Jid, Records::iterator> by_jid_;
};

}  // namespace bourse::xmpp
