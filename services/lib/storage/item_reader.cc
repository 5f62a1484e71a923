#include "storage/item_reader.h"

#include <unordered_map>
#include <utility>

#include "domain/records.h"
#include "storage/array_literal.h"
#include "storage/fields.h"
#include "storage/history_reader.h"
#include "storage/log_reader.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

using market::Item;
using market::ItemKind;
using market::ItemQuery;
using market::Viewer;

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
  if (!query.ended_too) set.where += " AND ended IS NULL";
  set.key = {"grant_id"};
  set.id = "grant_id";
  set.id_type = "bigint";
  return set;
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

// What the set's id column holds for an item id; an id that cannot be one names nothing ("0", no grant's).
std::string id_value(ItemKind kind, const std::string& item_id) {
  if (kind == ItemKind::kGrant) return std::to_string(domain::grant_id_from_item(item_id).value);
  return kind == ItemKind::kCheckpoint ? checkpoint_id(item_id) : item_id;
}

}  // namespace

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
    case ItemKind::kCheckpoint:
      return checkpoint_set(pool_id, query);
  }
  return offer_set(pool_id, query, viewer);
}

Item item_of(ItemKind kind, const pqxx::row& row) {
  if (kind == ItemKind::kGrant) return grant_item(row);
  if (kind == ItemKind::kAvailability) return availability_item(row);
  if (kind == ItemKind::kCheckpoint) return checkpoint_item(row);
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

}  // namespace bourse::storage
