// Purpose: whose a stanza is: the `from` that the server stamped on it, and nothing else, whatever a payload says.
// Lifetime: one per service. Threads: the network thread's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "domain/jid.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

class StampedSenders {
 public:
  // None: it has no sender, or one that is no address. There is nobody to answer then: the stanza is dropped, counted,
  // and said so once a minute.
  [[nodiscard]] std::optional<domain::Jid> of(const gloox::Tag& stanza);
  // How many it says were dropped; 0: there is nothing new to say, or it is not time yet.
  std::uint64_t report(base::Timestamp now);

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  // ever

 private:
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_ = 0;
  std::string last_;  // the latest, and why
  std::optional<base::Timestamp> reported_at_;
};

// Whether that attribute (`from`, `to`) is exactly this address, whichever way it is written.
[[nodiscard]] bool is_address(const gloox::Tag& stanza, std::string_view attribute, const domain::Jid& jid);

}  // namespace bourse::xmpp
