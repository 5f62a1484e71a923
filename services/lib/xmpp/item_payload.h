// Purpose: the market's records as the payload of an item, for everybody and for those a grant is about.
// Threads: free functions, no state.
#pragma once

#include <string>

#include "base/result.h"
#include "domain/jid.h"
#include "market/event.h"
#include "market/reader.h"
#include "xmpp/payload.h"
#include "xmpp/reply_text.h"

namespace bourse::xmpp {

struct ItemPayload {
  std::string open;         // as everybody may see it; empty: none
  std::string with_ticket;  // of a grant that has one, for its parties; empty: there is no difference
  domain::Jid provider{};   // the parties; empty where there is no difference
  domain::Jid consumer{};
};

// Of an event with a record or without. kCorrupt: the record cannot be read.
[[nodiscard]] base::Result<ItemPayload> item_payload(const market::Event& event, const TicketSigner& sign);

// Of a stored item, as `viewer` may see it. kCorrupt: the record cannot be read.
[[nodiscard]] base::Result<std::string> item_payload(const market::Item& item, const domain::Jid& viewer,
                                                     const TicketSigner& sign);
[[nodiscard]] base::Result<GrantPayload> grant_payload(const market::Item& item, const domain::Jid& viewer,
                                                       const TicketSigner& sign);
// `with_id`: where no <item id=''/> surrounds it.
[[nodiscard]] base::Result<ListedRequest> listed_request(const market::Item& item, bool with_id);

}  // namespace bourse::xmpp
