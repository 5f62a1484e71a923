// Purpose: market::Reader on PostgreSQL: each question one read-only snapshot on a connection of a small pool.
// Lifetime: opens connections when they are first needed; a broken one is replaced. Threads: any number; each
//   question takes one connection for as long as it lasts.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "market/reader.h"
#include "storage/connection.h"

namespace bourse::storage {

struct RowSet;

class PgReader final : public market::Reader {
 public:
  explicit PgReader(ConnectionOptions options) : options_(std::move(options)) {}

  [[nodiscard]] base::Result<market::NodeAccess> node_access(const domain::PoolName& pool, const domain::NodeName& node,
                                                             const domain::Jid& bare) override;
  [[nodiscard]] base::Result<market::PageOf<pubsub::ItemRow>> node_items(const market::NodeItemsQuery& query) override;
  [[nodiscard]] base::Result<market::PageOf<market::NodeSummary>> nodes(const market::NodesQuery& query,
                                                                        const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::PageOf<market::Event>> archive(const market::ArchiveQuery& query,
                                                                    const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::ArchiveEdges> archive_edges(const market::ArchiveEdgesQuery& query,
                                                                 const market::Viewer& viewer) override;
  [[nodiscard]] base::Result<market::PageOf<market::Item>> items(const market::ItemQuery& query,
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
  // Beyond kExactCount (page_query.h), a count is at most kCountAge old (XEP-0059 §2.7 lets counts be approximate).
  static constexpr std::chrono::seconds kCountAge{5};

  // A connection found dead before it was asked anything is replaced once.
  template <class T, class Ask>
  base::Result<T> on_connection(Ask ask);
  // Runs `ask(tx, pool_id)` in one snapshot.
  template <class T, class Ask>
  base::Result<T> in_snapshot(const domain::PoolName& pool, Ask ask);
  // … or, when it is one statement, without a transaction around it: one round trip and not five.
  template <class T, class Ask>
  base::Result<T> in_one_statement(const domain::PoolName& pool, Ask ask);
  std::optional<std::string> id_of(pqxx::transaction_base& tx, const domain::PoolName& pool);
  // `make` makes a Row of a pqxx::row.
  template <class Row, class Make>
  base::Result<market::PageOf<Row>> page_of(pqxx::transaction_base& tx, const RowSet& set, const market::Page& page,
                                            Make make);
  std::uint64_t count_of(pqxx::transaction_base& tx, const RowSet& set);

  const ConnectionOptions options_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
  std::map<std::string, std::pair<std::uint64_t, std::chrono::steady_clock::time_point>> counts_;  // by set
  std::map<std::string, std::string> pool_ids_;  // of pools that were asked about; they never change
};

}  // namespace bourse::storage
