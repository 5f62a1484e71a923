// Purpose: one row of the append-only event log: what happened, to which item of which node. Feeds
//   notifications, the archive and history.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/jid.h"

namespace bourse::market {

enum class EventKind : std::int16_t {
  kPublished = 1,            // an offer or a request, new or replaced; record: Offer | Request
  kRetracted = 2,            // an offer or a request went (withdrawn, cancelled, expired, done); record empty
  kGrantStarted = 3,         // record: Grant
  kGrantEnded = 4,           // record: Grant
  kAvailabilityChanged = 5,  // record: AvailabilityChange; item id: the provider's bare JID
};

struct Event {
  domain::EventSeq seq{};
  base::Timestamp at{};
  EventKind kind = EventKind::kPublished;
  domain::NodeName node{};
  std::string item_id{};
  domain::Jid publisher{};  // who caused it; empty: the market itself
  domain::Jid provider{};   // bare; empty where there is none
  domain::Jid consumer{};   // bare; empty where there is none
  std::string record{};     // domain/records.h
};

// Whom to tell of an event; shared, because most events of a node have the same subscribers.
using Recipients = std::shared_ptr<const std::vector<domain::Jid>>;

}  // namespace bourse::market
