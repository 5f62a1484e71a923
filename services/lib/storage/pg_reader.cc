#include "storage/pg_reader.h"

#include <algorithm>

#include "storage/archive_reader.h"
#include "storage/failure.h"
#include "storage/fields.h"
#include "storage/history_reader.h"
#include "storage/item_reader.h"
#include "storage/log_reader.h"
#include "storage/node_reader.h"
#include "storage/page_query.h"

namespace bourse::storage {
namespace {

using market::Item;
using market::ItemQuery;
using market::Viewer;

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }

RowSet audit_set(const std::string& pool_id, const market::AuditQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = kAuditColumns;
  set.table = "bourse.audit_entries";
  set.where = "pool_id = " + set.bind(pool_id);
  const auto involving = [&set](const domain::Jid& jid) {
    const std::string who = set.bind(jid.text());
    set.where += " AND (provider = " + who + " OR consumer = " + who + " OR actor = " + who + ")";
  };
  if (!viewer.privileged) involving(viewer.jid);
  if (query.jid) involving(query.jid->bare());
  if (query.offer) set.where += " AND offer_id = " + set.bind(query.offer->value);
  if (query.request) set.where += " AND request_id = " + set.bind(query.request->value);
  if (query.grant) set.where += " AND grant_id = " + set.bind(std::to_string(query.grant->value));
  if (query.kind) set.where += " AND kind = " + set.bind(std::to_string(static_cast<int>(*query.kind)));
  if (query.since) set.where += " AND at >= bourse.from_micros(" + set.bind(std::to_string(micros(*query.since))) + ")";
  if (query.until) set.where += " AND at < bourse.from_micros(" + set.bind(std::to_string(micros(*query.until))) + ")";
  set.key = {"index"};
  set.id = "index";
  set.id_type = "bigint";
  return set;
}

bool is_index(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

template <class T, class Ask>
base::Result<T> PgReader::on_connection(Ask ask) {
  for (bool first = true;; first = false) {
    Connection connection;
    if (const std::lock_guard lock(mutex_); first && !idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    const bool reused = connection != nullptr;
    if (!reused) {
      auto connected = connect(options_, Use::kReader);
      if (!connected.ok()) return connected.error();
      connection = std::move(connected).value();
    }
    try {
      base::Result<T> result = ask(*connection);
      const std::lock_guard lock(mutex_);
      idle_.push_back(std::move(connection));
      return result;
    } catch (const std::exception&) {
      Failure failure = current_failure();
      const bool rejected = failure.kind == FailureKind::kRejected;
      // A connection that lay idle may have died there (the server was restarted): a new one tells.
      if (reused && !rejected) continue;
      return as_error(std::move(failure), "cannot read");
    }
  }
}

template <class T, class Ask>
base::Result<T> PgReader::in_snapshot(const domain::PoolName& pool, Ask ask) {
  return on_connection<T>([&](pqxx::connection& connection) -> base::Result<T> {
    pqxx::work tx(connection);
    tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const auto found = run(tx, "SELECT id FROM bourse.pools WHERE name = $1", {{pool.value}, {}});
    if (found.empty()) return no_pool(pool);
    auto answer = ask(tx, text(found[0][0]));
    tx.commit();
    return answer;
  });
}

template <class T, class Ask>
base::Result<T> PgReader::in_one_statement(const domain::PoolName& pool, Ask ask) {
  return on_connection<T>([&](pqxx::connection& connection) -> base::Result<T> {
    pqxx::nontransaction tx(connection);
    const auto id = id_of(tx, pool);
    if (!id) return no_pool(pool);
    return ask(tx, *id);
  });
}

std::optional<std::string> PgReader::id_of(pqxx::transaction_base& tx, const domain::PoolName& pool) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = pool_ids_.find(pool.value); known != pool_ids_.end()) return known->second;
  }
  const auto found = run(tx, "SELECT id FROM bourse.pools WHERE name = $1", {{pool.value}, {}});
  if (found.empty()) return std::nullopt;
  auto id = text(found[0][0]);
  const std::lock_guard lock(mutex_);
  pool_ids_[pool.value] = id;
  return id;
}

std::uint64_t PgReader::count_of(pqxx::transaction_base& tx, const RowSet& set) {
  const std::uint64_t few = count_up_to(tx, set, kExactCount + 1);
  if (few <= kExactCount) return few;
  std::string key = set.table + set.where;
  for (const auto& param : set.params) key += '\x1f' + param;
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = counts_.find(key); at != counts_.end() && now - at->second.second < kCountAge)
      return at->second.first;
  }
  const std::uint64_t counted = count_all(tx, set);
  const std::lock_guard lock(mutex_);
  if (counts_.size() > 1000) counts_.clear();
  counts_[key] = {counted, now};
  return counted;
}

template <class Row, class Make>
base::Result<market::PageOf<Row>> PgReader::page_of(pqxx::transaction_base& tx, const RowSet& set,
                                                    const market::Page& page, Make make) {
  auto fetched = fetch_page(tx, set, page);
  if (!fetched.ok()) return fetched.error();
  market::PageOf<Row> result;
  result.count = count_of(tx, set);
  result.first_index = fetched->first_index;
  result.complete = fetched->complete;
  result.rows.reserve(fetched->rows.size());
  for (const auto& row : fetched->rows) result.rows.push_back(make(row));
  return result;
}

base::Result<market::PageOf<Item>> PgReader::items(const ItemQuery& query, const Viewer& viewer) {
  using Answer = market::PageOf<Item>;
  return in_snapshot<Answer>(
      query.pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
        const RowSet set = item_set(pool_id, query, viewer);
        if (!query.ids.empty()) return items_by_id(tx, set, query);
        return page_of<Item>(tx, set, page_of_values(query),
                             [&query](const pqxx::row& row) { return item_of(query.kind, row); });
      });
}

base::Result<market::NodeAccess> PgReader::node_access(const domain::PoolName& pool, const domain::NodeName& node,
                                                       const domain::Jid& bare) {
  return in_snapshot<market::NodeAccess>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) {
    return read_access(tx, pool_id, node, bare);
  });
}

base::Result<market::PageOf<pubsub::ItemRow>> PgReader::node_items(const market::NodeItemsQuery& query) {
  using Answer = market::PageOf<pubsub::ItemRow>;
  return in_snapshot<Answer>(query.pool,
                             [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
                               const RowSet set = node_item_set(pool_id, query);
                               if (!query.ids.empty()) return node_items_by_id(tx, set, query.ids);
                               return page_of<pubsub::ItemRow>(tx, set, query.page, item_row);
                             });
}

base::Result<market::PageOf<market::NodeSummary>> PgReader::nodes(const market::NodesQuery& query,
                                                                  const Viewer& viewer) {
  return in_snapshot<market::PageOf<market::NodeSummary>>(
      query.pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) {
        return page_of<market::NodeSummary>(tx, node_set(pool_id, query, viewer), query.page, node_summary);
      });
}

base::Result<market::PageOf<market::Event>> PgReader::archive(const market::ArchiveQuery& query, const Viewer& viewer) {
  return in_snapshot<market::PageOf<market::Event>>(
      query.pool,
      [&](pqxx::transaction_base& tx, const std::string& pool_id) { return read_archive(tx, pool_id, query, viewer); });
}

base::Result<market::ArchiveEdges> PgReader::archive_edges(const market::ArchiveEdgesQuery& query,
                                                           const Viewer& viewer) {
  return in_snapshot<market::ArchiveEdges>(query.pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) {
    return read_archive_edges(tx, pool_id, query.node, viewer);
  });
}

base::Status PgReader::history(const domain::PoolName& pool, const AskHistory& ask) {
  return in_snapshot<base::Done>(pool, [&ask](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Status {
    PgHistory snapshot(tx, pool_id);
    ask(snapshot);
    return base::Done{};
  });
}

base::Result<market::PageOf<market::AuditRecord>> PgReader::audit(const market::AuditQuery& query,
                                                                  const Viewer& viewer) {
  using Answer = market::PageOf<market::AuditRecord>;
  for (const auto& anchor : {query.page.after, query.page.before}) {
    if (anchor && !anchor->empty() && !is_index(*anchor)) {
      return {base::Errc::kNotFound, "there is no audit entry " + *anchor + " to page from"};
    }
  }
  return in_snapshot<Answer>(
      query.pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
        return page_of<market::AuditRecord>(tx, audit_set(pool_id, query, viewer), query.page, audit_record);
      });
}

base::Result<market::CheckpointRow> PgReader::checkpoint(const domain::PoolName& pool,
                                                         std::optional<std::uint64_t> least) {
  return in_one_statement<market::CheckpointRow>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) {
    return read_checkpoint(tx, pool_id, least);
  });
}

base::Result<std::vector<market::LogTileRow>> PgReader::log_tiles(const domain::PoolName& pool,
                                                                  const std::vector<market::LogTileId>& tiles) {
  return in_one_statement<std::vector<market::LogTileRow>>(
      pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) { return read_log_tiles(tx, pool_id, tiles); });
}

base::Result<std::vector<market::AuditRow>> PgReader::log_entries(const domain::PoolName& pool, std::uint64_t from,
                                                                  std::uint64_t until) {
  using Answer = std::vector<market::AuditRow>;
  return in_one_statement<Answer>(pool,
                                  [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
                                    return read_log_entries(tx, pool_id, from, until);
                                  });
}

base::Result<market::PoolStatus> PgReader::status(const domain::PoolName& pool) {
  using Answer = market::PoolStatus;
  return in_snapshot<Answer>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
    Answer status;
    status.offers = count_of(tx, item_set(pool_id, market::ItemQuery(), {}));
    const auto result =
        run(tx,
            "SELECT (SELECT count(*) FROM bourse.requests WHERE pool_id = p.id AND state <= 1 AND state = 0), "
            "(SELECT count(*) FROM bourse.grants WHERE pool_id = p.id AND ended IS NULL), "
            "(SELECT count(*) FROM bourse.providers WHERE pool_id = p.id AND presence = 0), "
            "(SELECT count(*) FROM bourse.subscriptions WHERE pool_id = p.id), p.last_event, p.next_audit "
            "FROM bourse.pools p WHERE p.id = $1",
            {{pool_id}, {}});
    const auto row = result[0];
    status.waiting_requests = count(row[0]);
    status.live_grants = count(row[1]);
    status.providers_up = count(row[2]);
    status.subscriptions = count(row[3]);
    status.events = count(row[4]);
    status.audit_entries = count(row[5]);
    return status;
  });
}

}  // namespace bourse::storage
