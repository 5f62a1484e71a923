#include "storage/pg_reader.h"

#include <algorithm>
#include <unordered_map>

#include "domain/records.h"
#include "storage/array_literal.h"
#include "storage/failure.h"
#include "storage/fields.h"
#include "storage/page_query.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

using market::Item;
using market::ItemKind;
using market::ItemQuery;
using market::Viewer;

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }

RowSet offer_set(const std::string& pool_id, const ItemQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = "offer_id, record, provider, bourse.to_micros(published)";
  set.table = "bourse.offers";
  set.where = "open AND pool_id = " + set.bind(pool_id);
  if (query.own) set.where += " AND provider = " + set.bind(viewer.jid.text());
  set.key = {"seq"};
  set.id = "offer_id";
  return set;
}

RowSet request_set(const std::string& pool_id, const ItemQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = "request_id, record, consumer, bourse.to_micros(submitted), state, granted";
  set.table = "bourse.requests";
  set.where = "pool_id = " + set.bind(pool_id);
  if (query.own || !viewer.privileged) set.where += " AND consumer = " + set.bind(viewer.jid.text());
  if (!query.ended_too) set.where += " AND state <= 1";
  set.key = {"seq"};
  set.id = "request_id";
  return set;
}

RowSet grant_set(const std::string& pool_id, const ItemQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = kGrantColumns;
  set.table = "bourse.grants";
  set.where = "pool_id = " + set.bind(pool_id);
  if (query.own || !viewer.privileged) {
    const std::string party = set.bind(viewer.jid.text());
    set.where += " AND (provider = " + party + " OR consumer = " + party + ")";
  }
  if (!query.ended_too) set.where += " AND state = 0";
  set.key = {"grant_id"};
  set.id = "grant_id";
  set.id_type = "bigint";
  return set;
}

RowSet availability_set(const std::string& pool_id, const ItemQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = "provider, presence, bourse.to_micros(lower(period))";
  set.table = "bourse.availability";
  set.where = "upper_inf(period) AND pool_id = " + set.bind(pool_id);
  if (query.own) set.where += " AND provider = " + set.bind(viewer.jid.text());
  set.key = {"lower(period)", "provider COLLATE \"C\""};
  set.id = "provider";
  return set;
}

RowSet item_set(const std::string& pool_id, const ItemQuery& query, const Viewer& viewer) {
  switch (query.kind) {
    case ItemKind::kOffer:
      return offer_set(pool_id, query, viewer);
    case ItemKind::kRequest:
      return request_set(pool_id, query, viewer);
    case ItemKind::kGrant:
      return grant_set(pool_id, query, viewer);
    case ItemKind::kAvailability:
      return availability_set(pool_id, query, viewer);
  }
  return offer_set(pool_id, query, viewer);
}

Item grant_item(const pqxx::row& row) {
  const market::GrantRow grant = grant_row(row);
  Item item;
  item.id = domain::to_item_id(grant.id);
  item.kind = ItemKind::kGrant;
  item.record = domain::encode(grant);
  item.published = grant.started;
  return item;
}

Item availability_item(const pqxx::row& row) {
  domain::AvailabilityChange change;
  change.provider = jid(row[0]);
  change.presence = static_cast<domain::Presence>(number(row[1]));
  change.at = time(row[2]);
  Item item;
  item.id = change.provider.text();
  item.kind = ItemKind::kAvailability;
  item.record = domain::encode(change);
  item.published = change.at;
  return item;
}

Item item_of(ItemKind kind, const pqxx::row& row) {
  if (kind == ItemKind::kGrant) return grant_item(row);
  if (kind == ItemKind::kAvailability) return availability_item(row);
  Item item;
  item.kind = kind;
  item.id = text(row[0]);
  item.record = bytes(row[1]);
  item.publisher = jid(row[2]);
  item.published = time(row[3]);
  if (kind == ItemKind::kRequest) {
    item.request_state = static_cast<domain::RequestState>(number(row[4]));
    item.granted = static_cast<std::uint32_t>(number(row[5]));
  }
  return item;
}

// What the set's id column holds for an item id; an id that cannot be one names nothing ("0", no grant's).
std::string id_value(ItemKind kind, const std::string& item_id) {
  return kind == ItemKind::kGrant ? std::to_string(domain::grant_id_from_item(item_id).value) : item_id;
}

market::Page page_of_values(const ItemQuery& query) {
  market::Page page = query.page;
  if (page.after) page.after = id_value(query.kind, *page.after);
  if (page.before && !page.before->empty()) page.before = id_value(query.kind, *page.before);
  return page;
}

market::PageOf<Item> items_by_id(pqxx::transaction_base& tx, RowSet set, const ItemQuery& query) {
  ArrayLiteral ids;
  for (const auto& id : query.ids) ids.add(id_value(query.kind, id));
  const std::string wanted = set.bind(std::move(ids).take());
  const auto found = run(tx,
                         "SELECT " + set.columns + " FROM " + set.table + " WHERE " + set.where + " AND " + set.id +
                             " = ANY (" + wanted + "::" + set.id_type + "[])",
                         {set.params, {}});
  std::unordered_map<std::string, Item> by_id;
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    Item item = item_of(query.kind, found[i]);
    std::string id = item.id;
    by_id.emplace(std::move(id), std::move(item));
  }
  market::PageOf<Item> page;
  for (const auto& id : query.ids) {
    if (const auto at = by_id.find(id); at != by_id.end()) page.rows.push_back(at->second);
  }
  page.count = page.rows.size();
  return page;
}

RowSet audit_set(const std::string& pool_id, const market::AuditQuery& query, const Viewer& viewer) {
  RowSet set;
  set.columns = "index, entry";
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

market::AuditRecord audit_record(const pqxx::row& row) {
  market::AuditRecord record;
  record.index.value = count(row[0]);
  auto entry = audit::decode_entry(bytes(row[1]));
  if (!entry.ok()) throw Corrupt("audit entry " + text(row[0]) + ": " + entry.error().text);
  record.entry = std::move(entry).value();
  return record;
}

}  // namespace

template <class T, class Ask>
base::Result<T> PgReader::in_snapshot(const domain::PoolName& pool, Ask ask) {
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
      auto result = [&]() -> base::Result<T> {
        pqxx::work tx(*connection);
        tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
        const auto found = run(tx, "SELECT id FROM bourse.pools WHERE name = $1", {{pool.value}, {}});
        if (found.empty()) return no_pool(pool);
        auto answer = ask(tx, text(found[0][0]));
        tx.commit();
        return answer;
      }();
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

base::Result<market::PageOf<Item>> PgReader::items(const ItemQuery& query, const Viewer& viewer) {
  using Answer = market::PageOf<Item>;
  return in_snapshot<Answer>(query.pool,
                             [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
                               const RowSet set = item_set(pool_id, query, viewer);
                               if (!query.ids.empty()) return items_by_id(tx, set, query);
                               auto fetched = fetch_page(tx, set, page_of_values(query));
                               if (!fetched.ok()) return fetched.error();
                               Answer page;
                               page.count = count_of(tx, set);
                               page.first_index = fetched->first_index;
                               page.complete = fetched->complete;
                               page.rows.reserve(fetched->rows.size());
                               for (const auto& row : fetched->rows) page.rows.push_back(item_of(query.kind, row));
                               return page;
                             });
}

base::Result<std::vector<market::SubscriptionRow>> PgReader::subscriptions(const domain::PoolName& pool,
                                                                           const domain::Jid& bare) {
  using Answer = std::vector<market::SubscriptionRow>;
  return in_snapshot<Answer>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
    const auto found = run(tx,
                           "SELECT node, subscriber FROM bourse.subscriptions WHERE pool_id = $1 AND bare = $2 "
                           "ORDER BY node COLLATE \"C\", subscriber COLLATE \"C\"",
                           {{pool_id, bare.text()}, {}});
    Answer rows;
    for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
      const auto row = found[i];
      rows.push_back({{text(row[0])}, jid(row[1]), false});
    }
    return rows;
  });
}

base::Result<std::vector<domain::AvailabilityInterval>> PgReader::availability(const domain::PoolName& pool,
                                                                               const domain::Jid& provider,
                                                                               base::Timestamp since,
                                                                               base::Timestamp until) {
  using Answer = std::vector<domain::AvailabilityInterval>;
  return in_snapshot<Answer>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
    if (run(tx, "SELECT 1 FROM bourse.availability WHERE pool_id = $1 AND provider = $2 LIMIT 1",
            {{pool_id, provider.text()}, {}})
            .empty()) {
      return {base::Errc::kNotFound, "no provider " + provider.text() + " was ever seen in pool " + pool.value};
    }
    const auto found =
        run(tx,
            "SELECT presence, bourse.to_micros(lower(period)), bourse.to_micros(upper(period)) "
            "FROM bourse.availability WHERE pool_id = $1 AND provider = $2 "
            "AND lower(period) < bourse.from_micros($4) "
            "AND (upper_inf(period) OR upper(period) > bourse.from_micros($3)) ORDER BY lower(period)",
            {{pool_id, provider.text(), std::to_string(micros(since)), std::to_string(micros(until))}, {}});
    Answer intervals;
    for (pqxx::result::size_type i = 0; i < found.size() && since < until; ++i) {
      const auto row = found[i];
      const auto presence = static_cast<domain::Presence>(number(row[0]));
      auto end = optional_time(row[2]);
      if (end) end = std::min(*end, until);
      if (!intervals.empty() && intervals.back().presence == presence) {
        intervals.back().until = end;  // what came between had no length
      } else {
        intervals.push_back({presence, std::max(time(row[1]), since), end});
      }
    }
    return intervals;
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
  return in_snapshot<Answer>(query.pool,
                             [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
                               const RowSet set = audit_set(pool_id, query, viewer);
                               auto fetched = fetch_page(tx, set, query.page);
                               if (!fetched.ok()) return fetched.error();
                               Answer page;
                               page.count = count_of(tx, set);
                               page.first_index = fetched->first_index;
                               page.complete = fetched->complete;
                               page.rows.reserve(fetched->rows.size());
                               for (const auto& row : fetched->rows) page.rows.push_back(audit_record(row));
                               return page;
                             });
}

base::Result<market::PoolStatus> PgReader::status(const domain::PoolName& pool) {
  using Answer = market::PoolStatus;
  return in_snapshot<Answer>(pool, [&](pqxx::transaction_base& tx, const std::string& pool_id) -> base::Result<Answer> {
    Answer status;
    status.offers = count_of(tx, offer_set(pool_id, {}, {}));
    const auto result =
        run(tx,
            "SELECT (SELECT count(*) FROM bourse.requests WHERE pool_id = p.id AND state <= 1 AND state = 0), "
            "(SELECT count(*) FROM bourse.grants WHERE pool_id = p.id AND state = 0), "
            "(SELECT count(*) FROM bourse.availability WHERE pool_id = p.id AND upper_inf(period) AND presence = 0), "
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
