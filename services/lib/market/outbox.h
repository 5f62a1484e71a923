// Purpose: the port to the network: what is handed here has been committed.
// Threads: callable from any thread; an implementation queues and returns at once.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "domain/jid.h"
#include "market/event.h"
#include "market/query.h"
#include "market/reply.h"
#include "pubsub/recipients.h"

namespace bourse::market {

struct Notification {
  Event event;
  pubsub::Recipients recipients;
};

class Outbox {
 public:
  virtual ~Outbox() = default;
  // Whether the XMPP server is there. Replies that are delivered while it is not are dropped; notifications are kept by
  // the spine until there is room for them.
  [[nodiscard]] virtual bool linked() const = 0;
  // Each reply before the notifications its command caused: the caller delivers them first.
  virtual void deliver(std::vector<Reply>&& replies) = 0;
  // Tells recipients from number `from` on, until the link has no more room: how many more were told. Fewer than there
  // are: go on after wait_for_room(). A notification that cannot be rendered counts as told (and is logged).
  [[nodiscard]] virtual std::size_t notify(const Notification& notification, std::size_t from) = 0;
  // Returns when the link may take more, or after `longest`.
  virtual void wait_for_room(base::Duration longest) = 0;
  virtual void answer(Answer&& answer) = 0;
  // Ask whether these full JIDs are still online (XEP-0199); one that is not becomes a SessionGone command.
  virtual void probe(std::vector<domain::Jid>&& sessions) = 0;
};

}  // namespace bourse::market
