// Purpose: whom to tell of one event, and how: computed when it is decided, rendered when it is durable.
// Lifetime: values; the shared list is a snapshot that many events of a node share. Threads: const use from any.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "domain/ids.h"
#include "domain/jid.h"
#include "pubsub/node_config.h"
#include "pubsub/rows.h"

namespace bourse::pubsub {

struct Recipient {
  domain::Jid to;
  bool body = false;                                        // with a <body/> for people (pubsub#include_body)
  std::vector<SubId> subids = {};                           // named in SHIM headers; only when the JID has several
  std::shared_ptr<const domain::NodeName> collection = {};  // told through this collection (SHIM `Collection`)
};
using RecipientList = std::shared_ptr<const std::vector<Recipient>>;

// As the node is configured; one for all recipients of an event.
struct Manner {
  MessageType type = MessageType::kHeadline;
  bool payloads = true;
  bool delayed = false;  // sent again: with the time of the event (XEP-0203)
};

struct Recipients {
  RecipientList shared = {};           // may be null
  std::vector<Recipient> others = {};  // of this event only: filters that match, parties of a grant
  Manner manner = {};

  [[nodiscard]] std::size_t size() const { return (shared ? shared->size() : 0) + others.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const Recipient& at(std::size_t i) const {
    const std::size_t n = shared ? shared->size() : 0;
    return i < n ? (*shared)[i] : others[i - n];
  }
};

}  // namespace bourse::pubsub
