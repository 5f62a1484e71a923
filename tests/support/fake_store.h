// Purpose: market::Store and market::Reader in memory, with the contract of PostgreSQL (tests/contract runs
//   both), and faults to order: what a test of the spine needs instead of a database.
// Lifetime: the "database": it outlives the spines that acquire it. Threads: any number.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "market/reader.h"
#include "market/store.h"

namespace bourse::test {

enum class Fault {
  kUnavailable,        // not written
  kInDoubtNotWritten,  // the connection went before the commit got there
  kInDoubtWritten,     // … after it did
  kFenced,
};

class FakeStore : public market::Store, public market::Reader {
 public:
  // With one pool. The clock says when a lease has run out.
  explicit FakeStore(const base::Clock& clock, std::string pool = "commons");

  // The next commits fail so, first come first served.
  void fail_next_commit(Fault fault);
  [[nodiscard]] std::uint64_t commits() const;
  // A copy of what is durable, for invariants: by id.
  [[nodiscard]] std::map<std::string, market::OfferRow> offers() const;
  [[nodiscard]] std::map<std::uint64_t, market::GrantRow> grants() const;
  [[nodiscard]] std::map<std::string, market::RequestRow> requests() const;
  [[nodiscard]] std::map<std::string, market::SanctionRow> sanctions() const;
  [[nodiscard]] std::map<std::string, market::UsageRow> usage() const;
  [[nodiscard]] std::vector<market::Event> events() const;
  [[nodiscard]] std::vector<audit::Entry> audit_log() const;

  [[nodiscard]] base::Result<market::Lease> acquire(const domain::PoolName& pool, const std::string& holder,
                                                    market::StateLoader& loader) override;
  [[nodiscard]] market::CommitResult commit(const market::Batch& batch) override;
  [[nodiscard]] market::CommitResult renew(const market::Lease& lease, domain::EventSeq delivered) override;
  void release(const market::Lease& lease) override;

  [[nodiscard]] base::Result<market::PageOf<market::Item>> items(const market::ItemQuery& query,
                                                                 const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::NodeAccess> node_access(const domain::PoolName& pool, const domain::NodeName& node,
                                                             const domain::Jid& bare) override;
  [[nodiscard]] base::Result<market::PageOf<pubsub::ItemRow>> node_items(const market::NodeItemsQuery& query) override;
  [[nodiscard]] base::Result<market::PageOf<market::NodeSummary>> nodes(const market::NodesQuery& query,
                                                                        const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::PageOf<market::Event>> archive(const market::ArchiveQuery& query,
                                                                    const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::ArchiveEdges> archive_edges(const market::ArchiveEdgesQuery& query,
                                                                 const market::Viewer& viewer) override;
  [[nodiscard]] base::Status history(const domain::PoolName& pool, const AskHistory& ask) override;
  [[nodiscard]] base::Result<market::PageOf<market::AuditRecord>> audit(const market::AuditQuery& query,
                                                                        const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::CheckpointRow> checkpoint(const domain::PoolName& pool,
                                                               std::optional<std::uint64_t> least) override;
  [[nodiscard]] base::Result<std::vector<market::LogTileRow>> log_tiles(
      const domain::PoolName& pool, const std::vector<market::LogTileId>& tiles) override;
  [[nodiscard]] base::Result<std::vector<market::AuditRow>> log_entries(const domain::PoolName& pool,
                                                                        std::uint64_t from,
                                                                        std::uint64_t until) override;
  [[nodiscard]] base::Result<market::PoolStatus> status(const domain::PoolName& pool) override;

 private:
  class History;
  struct Leaf {
    std::map<std::string, pubsub::ItemRow> items;       // by id
    std::map<std::string, domain::EventSeq> first_seq;  // of its publication as a new item
  };
  using SubscriptionKey = std::tuple<std::string, std::string, pubsub::SubId>;
  // Everything a transaction can change, so that a refused one can be dropped whole.
  struct State {
    std::uint64_t last_batch = 0;
    market::PoolCounters counters;
    std::map<std::string, market::OfferRow> offers;
    std::map<std::string, market::RequestRow> requests;
    std::map<std::uint64_t, market::GrantRow> grants;
    std::map<std::string, market::SanctionRow> sanctions;
    std::map<std::pair<std::string, std::string>, std::string> policies;  // by name and subject
    std::map<std::string, market::UsageRow> usage;
    std::map<std::string, pubsub::NodeRow> nodes;
    std::map<std::pair<std::string, std::string>, pubsub::AffiliationRow> affiliations;
    std::map<SubscriptionKey, pubsub::SubscriptionRow> subscriptions;
    std::map<std::string, Leaf> leaves;  // by node
    // History.
    struct Provider {
      std::optional<market::ProviderRow> now;  // none: only imported
      history::Intervals closed;               // by time
    };
    std::map<std::string, Provider> providers;
    std::map<std::int64_t, market::HourRow> hours;
    history::Gaps gaps;  // by time
    std::map<std::string, market::LoadRow> loads;
    std::optional<std::string> history_counts;
    // The log's tree.
    std::map<std::pair<unsigned, std::uint64_t>, std::string> tiles;  // by level and index
    std::map<std::uint64_t, market::CheckpointRow> checkpoints;       // by size
  };

  static std::string apply(State& state, const market::Batch& batch);          // why it is refused; empty: applied
  static std::string apply_nodes(State& state, const market::Batch& batch);    // as apply()
  static std::string apply_change(State& state, const market::GrantRow& row);  // as apply()
  static bool is_closed(const State& state, const domain::OfferId& offer);
  static void remove_node(State& state, const std::string& name);
  static void apply_item(Leaf& leaf, const pubsub::ItemRow& row);
  static std::string over_granted(const State& state, const std::vector<std::string>& touched);
  static std::string apply_history(State& state, const market::Batch& batch);  // as apply()
  static std::string apply_log(State& state, const market::Batch& batch);      // as apply()
  base::Status load(market::StateLoader& loader) const;
  base::Status load_nodes(market::StateLoader& loader) const;
  base::Status load_history(market::StateLoader& loader) const;
  base::Status load_log(market::StateLoader& loader) const;
  void record_gap(history::Window gap);  // what of it is new
  // The events of a node's archive that the viewer may see; kNotFound: no such node.
  base::Result<std::vector<market::Event>> archive_of(const domain::NodeName& node, const market::Viewer& viewer) const;
  market::CommitResult write(const market::Batch& batch);

  const base::Clock& clock_;
  const std::string pool_;
  mutable std::mutex mutex_;
  std::deque<Fault> faults_;
  std::uint64_t commits_ = 0;
  std::uint64_t epoch_ = 0;
  std::string holder_;
  base::Timestamp lease_until_{};
  State state_;
  std::vector<market::Event> events_;
  std::vector<audit::Entry> audit_;
  std::vector<market::AuditRow> audit_rows_;  // parallel
};

}  // namespace bourse::test
