// Purpose: who is online, as far as presence told the service: sessions of each bare JID and what they show.
// Lifetime: as long as the service's link; survives a reload of the pool. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "domain/jid.h"
#include "pubsub/subscription_options.h"

namespace bourse::pubsub {

class Presences {
 public:
  // True when the session was not there before.
  bool set(const domain::Jid& full, Show show);
  void erase(const domain::Jid& full);
  // Whether `jid` (a session, or any session of a bare JID) is there, showing one of `shows` (bits; 0: whatever).
  [[nodiscard]] bool is_there(const domain::Jid& jid, std::uint8_t shows = 0) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Session {
    std::string resource;
    Show show;
  };
  std::unordered_map<std::string, std::vector<Session>> by_bare_;
  std::size_t size_ = 0;
};

}  // namespace bourse::pubsub
