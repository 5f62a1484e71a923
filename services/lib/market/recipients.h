// Purpose: who is told of an event. Subscribers are told what they may see; both parties of a grant are
//   told of it without subscribing.
// Threads: the decider's.
#pragma once

#include "market/event.h"
#include "market/state.h"

namespace bourse::market {

[[nodiscard]] Recipients recipients_of(const State& state, pubsub::MarketNode node, const domain::Jid& provider,
                                       const domain::Jid& consumer);

// The same for an event out of the log.
[[nodiscard]] Recipients recipients_of(const State& state, const Event& event);

}  // namespace bourse::market
