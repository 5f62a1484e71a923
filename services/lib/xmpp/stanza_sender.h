// Purpose: where finished stanzas go; the link in a program, a recorder in a test.
// Threads: implementations may be called from any thread.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

#include "base/clock.h"

namespace bourse::xmpp {

class StanzaSender {
 public:
  virtual ~StanzaSender() = default;
  // Queues complete stanzas (one or several). False: the link is down or the queue is full; nothing was
  // queued then.
  [[nodiscard]] virtual bool send(std::string_view xml) = 0;
  [[nodiscard]] virtual bool linked() const = 0;
  // Bytes that may be queued now of what can wait elsewhere; 0 while the link is down. send() takes more: answers go
  // before what can wait.
  [[nodiscard]] virtual std::size_t room() const {
    return linked() ? std::numeric_limits<std::size_t>::max() : std::size_t{0};
  }
  // Returns when there is room, or after `longest`.
  virtual void wait_for_room(base::Duration /*longest*/) {}
};

}  // namespace bourse::xmpp
