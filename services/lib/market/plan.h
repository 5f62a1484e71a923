// Purpose: what one command leads to: state changes, audit entries, events, the reply. Nothing of it is
//   visible outside before the batch that carries it is durable.
// Lifetime: value. Threads: none.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "audit/entry.h"
#include "market/access_policy.h"
#include "market/event.h"
#include "market/history_book.h"
#include "market/outbox.h"
#include "market/reader.h"
#include "market/reply.h"
#include "market/rows.h"
#include "pubsub/outcome.h"

namespace bourse::market {

struct GrantStarted {
  GrantRow grant;
};
// Live before and after: state, lease, reason.
struct GrantChanged {
  GrantRow grant;
};
struct GrantEnded {
  GrantRow grant;
};

struct HistoryCounts {
  std::string record;
};

using Change = std::variant<OfferRow, RequestRow, GrantStarted, GrantChanged, GrantEnded, SanctionRow, UsageRow,
                            ProviderRow, HistoryClosed, history::Window, LoadRow, HistoryCounts, LogTileRow,
                            CheckpointRow, PolicyRow, pubsub::Change>;

struct Plan {
  std::vector<Change> changes;
  std::vector<AuditRecord> audit;
  std::vector<Notification> events;   // logged, by seq
  std::vector<Notification> repeats;  // told again, not logged (seq 0)
  std::vector<Reply> replies;
  std::vector<domain::Jid> probes;             // sessions to ask whether they are still there
  std::shared_ptr<const AccessPolicy> policy;  // after this change of it; null: it did not change

  [[nodiscard]] bool writes() const { return !changes.empty() || !audit.empty() || !events.empty(); }
};

}  // namespace bourse::market
