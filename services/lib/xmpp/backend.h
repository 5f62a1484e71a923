// Purpose: the port from the network to the market: who decides commands and who answers questions.
// Threads: called on the network thread; implementations queue and return at once.
#pragma once

#include "base/result.h"
#include "market/command.h"
#include "market/query.h"

namespace bourse::xmpp {

class Backend {
 public:
  virtual ~Backend() = default;
  // kResourceConstraint: the queue is full; kUnavailable: the pool is not loaded. The error is the answer then;
  // after a success it comes through market::Outbox.
  [[nodiscard]] virtual base::Status submit(market::Command&& command) = 0;
  [[nodiscard]] virtual base::Status ask(market::Query&& query) = 0;
};

}  // namespace bourse::xmpp
