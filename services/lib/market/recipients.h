// Purpose: who is told of an event on a market node. Subscribers are told what they may see; both parties of a grant
//   are told of it without subscribing.
// Threads: the decider's.
#pragma once

#include "market/event.h"
#include "market/state.h"
#include "pubsub/recipients.h"

namespace bourse::market {

[[nodiscard]] pubsub::Recipients recipients_of(const State& state, pubsub::MarketNode node, const domain::Jid& provider,
                                               const domain::Jid& consumer);

// Of an offer as it is now, and as it was before where it replaces one: content filters look at both.
[[nodiscard]] pubsub::Recipients recipients_of_offer(const State& state, const domain::Offer* now,
                                                     const domain::Offer* before);

// The same for an event out of the log.
[[nodiscard]] pubsub::Recipients recipients_of(const State& state, const Event& event);

}  // namespace bourse::market
