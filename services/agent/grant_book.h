// Purpose: what the agent must remember across restarts: the market's ticket key (trusted on first use),
//   the highest fencing token it has acted on, and the live grants with whether their on-grant hook has
//   run. Kept in one small file of the state folder, replaced whole at each change.
// Lifetime: the agent's. Threads: the session's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/grant.h"

namespace bourse::agent {

class GrantBook {
 public:
  struct Live {
    domain::GrantId id;
    bool hook_done = false;
  };
  enum class Verdict { kNew, kKnown, kStale };

  // One file per market and offer. A missing file is an empty book. kCorrupt says which file and what to do.
  static base::Result<GrantBook> open(const std::string& folder, const std::string& market, const std::string& offer);

  // Pins the key at its first sight (base64url). kCorrupt when another one is pinned: explains it.
  [[nodiscard]] base::Status accept_key(const std::string& key);

  // kStale: its token is not higher than one acted on before: an old grant replayed.
  [[nodiscard]] Verdict judge(domain::GrantId id) const;
  // Each is durable when it returns.
  [[nodiscard]] base::Status begin(domain::GrantId id);
  [[nodiscard]] base::Status hook_done(domain::GrantId id);
  [[nodiscard]] base::Status end(domain::GrantId id);

  [[nodiscard]] std::vector<Live> live() const;
  [[nodiscard]] bool is_live(domain::GrantId id) const { return live_.contains(id.value); }
  [[nodiscard]] bool is_hook_done(domain::GrantId id) const;

 private:
  [[nodiscard]] base::Status save() const;
  std::string path_;
  std::string market_;
  std::string key_;
  std::uint64_t highest_ = 0;
  std::map<std::uint64_t, bool> live_;  // id → on-grant has run
};

}  // namespace bourse::agent
