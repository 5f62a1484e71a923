// Purpose: one row of the event log as its subscribers read it: <event/> (XEP-0060 §7, §8, §12; XEP-0248), or the form
//   that asks an owner to authorize a subscription (§8.6).
// Threads: free functions, no state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/jid.h"
#include "market/event.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

// Without allocating: whether `jid` is `bare` or one of its sessions.
[[nodiscard]] bool is_session_of(const domain::Jid& jid, const domain::Jid& bare);

struct EventText {
  std::string open;         // as everybody may see it
  std::string with_ticket;  // of a grant that has one, for its parties; empty: there is no difference
  domain::Jid provider{};   // the parties; empty where there is no difference
  domain::Jid consumer{};

  [[nodiscard]] const std::string& for_reader(const domain::Jid& reader) const {
    if (with_ticket.empty()) return open;
    return is_session_of(reader, provider) || is_session_of(reader, consumer) ? with_ticket : open;
  }
};

// `service` publishes what nobody else did; empty: such items name no publisher. kCorrupt: the record cannot be read.
[[nodiscard]] base::Result<EventText> event_text(const market::Event& event, std::string_view service, bool payloads,
                                                 const TicketSigner& sign);

}  // namespace bourse::xmpp
