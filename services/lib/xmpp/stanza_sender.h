// Purpose: where finished stanzas go; the link in a program, a recorder in a test.
// Threads: implementations may be called from any thread.
#pragma once

#include <string_view>

namespace bourse::xmpp {

class StanzaSender {
 public:
  virtual ~StanzaSender() = default;
  // Queues complete stanzas (one or several). False: the link is down or the queue is full; nothing was
  // queued then.
  [[nodiscard]] virtual bool send(std::string_view xml) = 0;
  [[nodiscard]] virtual bool linked() const = 0;
};

}  // namespace bourse::xmpp
