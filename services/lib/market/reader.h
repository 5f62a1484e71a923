// Purpose: the port for queries. They read committed state on connections of their own, never through
//   the decider; a reader sees every change that was acknowledged before it asked.
// Threads: implementations may be called from several threads at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/entry.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/request.h"
#include "market/rows.h"

namespace bourse::market {

// XEP-0059. At most one of after, before, index is set; `before` empty asks for the last page.
struct Page {
  std::uint32_t max = 100;
  std::optional<std::string> after;
  std::optional<std::string> before;
  std::optional<std::uint64_t> index;
};
inline constexpr std::uint32_t kMaxPage = 500;

template <class Row>
struct PageOf {
  std::vector<Row> rows;          // oldest first
  std::uint64_t count = 0;        // of the whole set
  std::uint64_t first_index = 0;  // of rows.front() in the whole set
  bool complete = true;           // no rows after these (before these, when paging backwards)
};

enum class ItemKind { kOffer, kRequest, kGrant, kAvailability };

struct Item {
  std::string id;
  ItemKind kind = ItemKind::kOffer;
  std::string record;     // domain/records.h by kind
  domain::Jid publisher;  // bare; empty: the market
  base::Timestamp published;
  domain::RequestState request_state = domain::RequestState::kWaiting;  // of a request
  std::uint32_t granted = 0;                                            // of a request: grants started
};

struct Viewer {
  domain::Jid jid;          // bare
  bool privileged = false;  // operator or auditor: sees every item
};

struct ItemQuery {
  domain::PoolName pool;
  ItemKind kind = ItemKind::kOffer;
  std::vector<std::string> ids;  // these items only, in this order, unknown ones left out; empty: page
  bool own = false;              // only the viewer's own
  bool ended_too = false;        // requests and grants that are over as well
  Page page;
};

struct AuditRecord {
  domain::AuditIndex index;
  audit::Entry entry;
};

struct AuditQuery {
  domain::PoolName pool;
  std::optional<domain::Jid> jid;  // actor, provider or consumer
  std::optional<domain::OfferId> offer;
  std::optional<domain::RequestId> request;
  std::optional<domain::GrantId> grant;
  std::optional<audit::EntryKind> kind;
  std::optional<base::Timestamp> since;
  std::optional<base::Timestamp> until;
  Page page;  // ids are indices in decimal
};

struct PoolStatus {
  std::uint64_t offers = 0;
  std::uint64_t waiting_requests = 0;
  std::uint64_t live_grants = 0;
  std::uint64_t providers_up = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t events = 0;         // since the pool began
  std::uint64_t audit_entries = 0;  // since the pool began
};

class Reader {
 public:
  virtual ~Reader() = default;

  // A viewer sees every offer and availability item, but only own requests, and grants it is a party of.
  // kNotFound: no such pool, or the item that `after`/`before` names is not there (XEP-0059 §2.2).
  [[nodiscard]] virtual base::Result<PageOf<Item>> items(const ItemQuery& query, const Viewer& viewer) = 0;
  [[nodiscard]] virtual base::Result<std::vector<SubscriptionRow>> subscriptions(const domain::PoolName& pool,
                                                                                 const domain::Jid& bare) = 0;
  // Intervals that touch [since, until), clipped to it, oldest first. kNotFound: provider never seen.
  [[nodiscard]] virtual base::Result<std::vector<domain::AvailabilityInterval>> availability(
      const domain::PoolName& pool, const domain::Jid& provider, base::Timestamp since, base::Timestamp until) = 0;
  // A viewer that is not privileged sees entries in which it is actor (bare), provider or consumer.
  [[nodiscard]] virtual base::Result<PageOf<AuditRecord>> audit(const AuditQuery& query, const Viewer& viewer) = 0;
  [[nodiscard]] virtual base::Result<PoolStatus> status(const domain::PoolName& pool) = 0;
};

}  // namespace bourse::market
