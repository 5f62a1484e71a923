// Purpose: one row of the append-only event log: what happened, to which item of which node. Feeds
//   notifications, the archive and history.
// Lifetime: value. Threads: none.
#pragma once

#include <cstdint>
#include <string>

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
  kGrantChanged = 6,         // record: Grant; live before and after
  // From 16 on: what happened to nodes, numbered and recorded as pubsub::NoticeKind says.
  kItemPublished = 16,
  kItemRetracted = 17,
  kNodeConfigured = 18,
  kNodeDeleted = 19,
  kNodePurged = 20,
  kSubscriptionChanged = 21,
  kSubscriptionRequested = 22,
  kNodeCreated = 23,
  kAssociated = 24,
  kDissociated = 25,
};
[[nodiscard]] constexpr bool is_notice(EventKind kind) { return static_cast<std::int16_t>(kind) >= 16; }

struct Event {
  domain::EventSeq seq{};  // 0: told now only, not in the log
  base::Timestamp at{};
  EventKind kind = EventKind::kPublished;
  domain::NodeName node{};
  std::string item_id{};
  domain::Jid publisher{};  // who caused it; empty: the market itself
  domain::Jid provider{};   // bare; empty where there is none
  domain::Jid consumer{};   // bare; empty where there is none; of a subscription's event: the subscriber
  std::string record{};     // domain/records.h
};

}  // namespace bourse::market
