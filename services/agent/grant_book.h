// Purpose: what the agent must remember across restarts: the market's ticket key (trusted on first use),
//   the highest fencing token it has acted on, the live grants with what was done about them, and those that
//   were seen coming (proposed, reserved). Kept in one small file of the state folder, replaced whole at
//   each change.
// Lifetime: the agent's. Threads: the session's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/grant.h"

namespace bourse::agent {

class GrantBook {
 public:
  struct Live {
    bool hook_done = false;                  // on-grant has run
    bool reclaimed = false;                  // on-reclaim was told
    std::optional<base::Timestamp> expires;  // of the lease; none: a file of an earlier version
  };
  enum class Verdict { kNew, kKnown, kStale };

  // One file per market and offer. A missing file is an empty book. kCorrupt says which file and what to do.
  static base::Result<GrantBook> open(const std::string& folder, const std::string& market, const std::string& offer);

  // Pins the key at its first sight (base64url). kCorrupt when another one is pinned: explains it.
  [[nodiscard]] base::Status accept_key(const std::string& key);

  // kStale: its token is not higher than one acted on before, and it was not seen coming: an old grant replayed.
  [[nodiscard]] Verdict judge(domain::GrantId id) const;
  // Each is durable when it returns.
  // Seen coming: it may begin after later ones have. CHECKs that it is kNew.
  [[nodiscard]] base::Status expect(domain::GrantId id);
  [[nodiscard]] base::Status begin(domain::GrantId id, base::Timestamp expires);
  [[nodiscard]] base::Status renew(domain::GrantId id, base::Timestamp expires);
  [[nodiscard]] base::Status hook_done(domain::GrantId id);
  [[nodiscard]] base::Status reclaimed(domain::GrantId id);
  // Of a live or an expected one; it is stale from then on.
  [[nodiscard]] base::Status end(domain::GrantId id);

  [[nodiscard]] std::vector<domain::GrantId> live() const;
  [[nodiscard]] std::vector<domain::GrantId> expected() const;
  [[nodiscard]] bool is_live(domain::GrantId id) const { return live_.contains(id.value); }
  [[nodiscard]] bool is_expected(domain::GrantId id) const { return expected_.contains(id.value); }
  [[nodiscard]] const Live* find(domain::GrantId id) const;  // null: not live

 private:
  [[nodiscard]] base::Status save() const;
  std::string path_;
  std::string market_;
  std::string key_;
  std::uint64_t highest_ = 0;
  std::map<std::uint64_t, Live> live_;
  std::set<std::uint64_t> expected_;
};

}  // namespace bourse::agent
