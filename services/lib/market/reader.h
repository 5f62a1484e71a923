// Purpose: the port for queries. They read committed state on connections of their own, never through
//   the decider; a reader sees every change that was acknowledged before it asked.
// Threads: implementations may be called from several threads at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "audit/entry.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "domain/request.h"
#include "market/event.h"
#include "market/history_snapshot.h"
#include "market/page.h"
#include "market/rows.h"
#include "pubsub/rows.h"

namespace bourse::market {

enum class ItemKind { kOffer, kRequest, kGrant, kAvailability, kCheckpoint };  // a checkpoint: the last one; its size

struct Item {
  std::string id{};
  ItemKind kind = ItemKind::kOffer;
  std::string record{};     // domain/records.h by kind
  domain::Jid publisher{};  // bare; empty: the market
  base::Timestamp published{};
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
  bool newest_first = false;  // the page is one of the reverse order: QueryPool turns it, readers do not look at it
};

struct LogTileId {
  unsigned level = 0;
  std::uint64_t index = 0;
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

// The log itself. Checkpoints, proofs and tiles are public; entries are for auditors, and receipts for the parties of
// the entry as well.
struct LogQuery {
  struct LastCheckpoint {};
  // The first checkpoint of at least `size` leaves; none yet: kNotFound.
  struct CheckpointOf {
    std::uint64_t size = 0;
  };
  struct Consistency {  // RFC 9162 §2.1.4, to the last checkpoint
    std::uint64_t from = 0;
  };
  // Receipts (C2SP tlog-proof) of these entries, or of all of a grant's, against the last checkpoint; entries that it
  // does not cover yet are left out.
  struct Receipts {
    std::vector<domain::AuditIndex> indices;
    std::optional<domain::GrantId> grant;
  };
  struct Tiles {  // of the tree only: bundles are Entries'
    std::vector<LogTileId> tiles;
  };
  struct Entries {  // at most kMostLogEntries from there
    std::uint64_t from = 0;
  };
  domain::PoolName pool;
  std::variant<LastCheckpoint, CheckpointOf, Consistency, Receipts, Tiles, Entries> what;
};
inline constexpr std::size_t kMostLogEntries = 1024;
inline constexpr std::size_t kMostLogTiles = 16;  // as many as an answer holds (192 KiB)
inline constexpr std::size_t kMostReceipts = 64;

struct Receipt {
  domain::AuditIndex index;
  std::string entry;                // its bytes
  std::vector<std::string> hashes;  // of the inclusion proof, from the leaf up; 32 bytes each
};
struct LogAnswer {
  std::optional<CheckpointRow> checkpoint;  // what the rest goes with; none: nothing is signed yet
  std::vector<std::string> consistency;     // 32 bytes each
  std::vector<Receipt> receipts;
  std::vector<LogTileRow> tiles;
  std::vector<AuditRow> entries;
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

// What decides whether somebody may read a node.
struct NodeAccess {
  pubsub::NodeKind kind = pubsub::NodeKind::kLeaf;
  std::string config;  // as in NodeRow
  pubsub::Affiliation affiliation = pubsub::Affiliation::kNone;
  bool subscribed = false;  // the bare JID or one of its sessions
};

enum class ItemOrder { kCreation, kModification };  // XEP-0413

// Of an ordinary leaf; market nodes: ItemQuery.
struct NodeItemsQuery {
  domain::PoolName pool;
  domain::NodeName node;
  std::vector<std::string> ids = {};  // these only, in this order, unknown ones left out; empty: page
  ItemOrder order = ItemOrder::kModification;
  bool payloads = true;
  Page page;
  bool newest_first = false;  // as for ItemQuery
};

struct NodeSummary {
  domain::NodeName node;
  pubsub::NodeKind kind = pubsub::NodeKind::kLeaf;
  std::string title;
};
// disco#items: what a collection, or the service, has. By name.
struct NodesQuery {
  domain::PoolName pool;
  std::optional<domain::NodeName> collection;  // none: the service's own
  Page page;
};

// XEP-0313 with XEP-0442. Archive ids are event numbers in decimal.
struct ArchiveQuery {
  domain::PoolName pool;
  domain::NodeName node;
  std::optional<domain::Jid> with;  // publisher (bare), or of a grant a party
  std::optional<base::Timestamp> since;
  std::optional<base::Timestamp> until;
  std::optional<std::string> after_id;
  std::optional<std::string> before_id;
  std::vector<std::string> ids;  // these only; kNotFound when one is not there (XEP-0313 §4.1.4)
  bool flip = false;             // newest first within the page
  std::string query_id;
  Page page;
};
struct ArchiveEdgesQuery {
  domain::PoolName pool;
  domain::NodeName node;
};
struct ArchiveEdges {
  struct Edge {
    std::string id;
    base::Timestamp at;
  };
  std::optional<Edge> first;  // none: the archive is empty
  std::optional<Edge> last;
};

class Reader {
 public:
  virtual ~Reader() = default;

  // kNotFound: no such node.
  [[nodiscard]] virtual base::Result<NodeAccess> node_access(const domain::PoolName& pool, const domain::NodeName& node,
                                                             const domain::Jid& bare) = 0;
  // Oldest first (by the order asked for). kNotFound as for items().
  [[nodiscard]] virtual base::Result<PageOf<pubsub::ItemRow>> node_items(const NodeItemsQuery& query) = 0;
  // Hidden nodes only for those affiliated and for the privileged.
  [[nodiscard]] virtual base::Result<PageOf<NodeSummary>> nodes(const NodesQuery& query, const Viewer& viewer) = 0;
  // Items published, retracted, and grants as they went, since the node is what it is; a viewer sees of requests and
  // grants only its own, as for items(). Oldest first, also when paging backwards; `flip` is the renderer's.
  [[nodiscard]] virtual base::Result<PageOf<Event>> archive(const ArchiveQuery& query, const Viewer& viewer) = 0;
  [[nodiscard]] virtual base::Result<ArchiveEdges> archive_edges(const ArchiveEdgesQuery& query,
                                                                 const Viewer& viewer) = 0;

  // A viewer sees every offer and availability item, but only own requests, and grants it is a party of.
  // kNotFound: no such pool, or the item that `after`/`before` names is not there (XEP-0059 §2.2).
  [[nodiscard]] virtual base::Result<PageOf<Item>> items(const ItemQuery& query, const Viewer& viewer) = 0;
  // Hands `ask` the history of a pool as of one moment; again from the beginning if the store was lost before it told
  // anything. kNotFound: no such pool; `ask` was not called then.
  using AskHistory = std::function<void(HistorySnapshot&)>;
  [[nodiscard]] virtual base::Status history(const domain::PoolName& pool, const AskHistory& ask) = 0;
  // A viewer that is not privileged sees entries in which it is actor (bare), provider or consumer.
  [[nodiscard]] virtual base::Result<PageOf<AuditRecord>> audit(const AuditQuery& query, const Viewer& viewer) = 0;
  // Raw reads of the log; who may see what is QueryPool's to know (log_answer.h). Tiles and entries only grow, so that
  // one answer may be put together from several reads.
  // The first of at least `least` leaves; without it the last there is. kNotFound: no such pool, or none.
  [[nodiscard]] virtual base::Result<CheckpointRow> checkpoint(const domain::PoolName& pool,
                                                               std::optional<std::uint64_t> least) = 0;
  // In their order; kNotFound when one is missing.
  [[nodiscard]] virtual base::Result<std::vector<LogTileRow>> log_tiles(const domain::PoolName& pool,
                                                                        const std::vector<LogTileId>& tiles) = 0;
  // The bytes of entries [from, until), as many as there are, at most kMostLogEntries.
  [[nodiscard]] virtual base::Result<std::vector<AuditRow>> log_entries(const domain::PoolName& pool,
                                                                        std::uint64_t from, std::uint64_t until) = 0;
  [[nodiscard]] virtual base::Result<PoolStatus> status(const domain::PoolName& pool) = 0;
};

}  // namespace bourse::market
