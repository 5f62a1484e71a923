// Purpose: the port to the network: what is handed here has been committed.
// Threads: callable from any thread; an implementation queues and returns at once.
#pragma once

#include <vector>

#include "domain/jid.h"
#include "market/event.h"
#include "market/query.h"
#include "market/reply.h"

namespace bourse::market {

struct Notification {
  Event event;
  Recipients recipients;
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  // Whether the XMPP server is there. What is delivered while it is not is dropped; the spine keeps
  // notifications and delivers them after the next LinkUp.
  [[nodiscard]] virtual bool linked() const = 0;
  // Everything one batch leads to, in order: replies of a command before the notifications it caused.
  virtual void deliver(std::vector<Reply>&& replies, std::vector<Notification>&& notifications) = 0;
  virtual void answer(Answer&& answer) = 0;
  // Ask whether these full JIDs are still online (XEP-0199); one that is not becomes a SessionGone command.
  virtual void probe(std::vector<domain::Jid>&& sessions) = 0;
};

}  // namespace bourse::market
