#include "storage/node_reader.h"

#include <unordered_map>
#include <utility>

#include "pubsub/affiliation.h"
#include "storage/array_literal.h"
#include "storage/fields.h"
#include "storage/node_writer.h"

namespace bourse::storage {

pubsub::NodeKind node_kind(const pqxx::field& field) {
  for (const auto kind : {pubsub::NodeKind::kMarket, pubsub::NodeKind::kLeaf, pubsub::NodeKind::kCollection}) {
    if (view(field) == stored_kind(kind)) return kind;
  }
  throw Corrupt("the database holds a node of kind \"" + text(field) + "\"");
}

pubsub::Affiliation affiliation(const pqxx::field& field) {
  if (field.is_null()) return pubsub::Affiliation::kNone;
  const auto known = pubsub::affiliation_from(view(field));
  if (!known) throw Corrupt("the database holds the affiliation \"" + text(field) + "\"");
  return *known;
}

std::string item_columns(const std::string& payload) {
  return "node, item_id, publisher, " + payload +
         ", seq, bourse.to_micros(created), bourse.to_micros(modified), bourse.to_micros(expires)";
}

pubsub::ItemRow item_row(const pqxx::row& row) {
  pubsub::ItemRow item;
  item.node.value = text(row[0]);
  item.id = text(row[1]);
  item.publisher = jid(row[2]);
  item.payload = text(row[3]);
  item.seq.value = count(row[4]);
  item.created = time(row[5]);
  item.modified = time(row[6]);
  item.expires = optional_time(row[7]);
  return item;
}

base::Result<market::NodeAccess> read_access(pqxx::transaction_base& tx, const std::string& pool_id,
                                             const domain::NodeName& node, const domain::Jid& bare) {
  // In the order of bytes, what follows "bare/" and precedes "bare0" are the sessions of a bare JID.
  const auto found = run(tx,
                         "SELECT n.kind, n.config, (SELECT a.affiliation FROM bourse.affiliations a "
                         "WHERE a.pool_id = n.pool_id AND a.node = n.name AND a.jid = $3), "
                         "EXISTS (SELECT FROM bourse.subscriptions s WHERE s.pool_id = n.pool_id AND s.node = n.name "
                         "AND s.subscriber = $3 AND s.state = 3 AND (s.expires IS NULL OR s.expires > now())) OR "
                         "EXISTS (SELECT FROM bourse.subscriptions s WHERE s.pool_id = n.pool_id AND s.node = n.name "
                         "AND s.subscriber > $3 || '/' AND s.subscriber < $3 || '0' "
                         "AND s.state = 3 AND (s.expires IS NULL OR s.expires > now())) "
                         "FROM bourse.nodes n WHERE n.pool_id = $1 AND n.name = $2",
                         {{pool_id, node.value, bare.text()}, {}});
  if (found.empty()) return {base::Errc::kNotFound, "there is no node '" + node.value + "'"};
  const auto row = found[0];
  market::NodeAccess access;
  access.kind = node_kind(row[0]);
  access.config = bytes(row[1]);
  access.affiliation = affiliation(row[2]);
  access.subscribed = flag(row[3]);
  return access;
}

RowSet node_set(const std::string& pool_id, const market::NodesQuery& query, const market::Viewer& viewer) {
  RowSet set;
  set.columns = "name, kind, title";
  set.table = "bourse.nodes";
  set.where = "pool_id = " + set.bind(pool_id);
  if (query.collection) {
    set.where += " AND parents @> ARRAY[" + set.bind(query.collection->value) + "]";
  } else {
    set.where += " AND parents = '{}'";
  }
  if (!viewer.privileged) {
    set.where +=
        " AND (NOT hidden OR EXISTS (SELECT FROM bourse.affiliations a WHERE a.pool_id = nodes.pool_id "
        "AND a.node = nodes.name AND a.affiliation <> 'outcast' AND a.jid = " +
        set.bind(viewer.jid.text()) + "))";
  }
  set.key = {"name"};
  set.id = "name";
  return set;
}

market::NodeSummary node_summary(const pqxx::row& row) {
  return {.node = {text(row[0])}, .kind = node_kind(row[1]), .title = text(row[2])};
}

RowSet node_item_set(const std::string& pool_id, const market::NodeItemsQuery& query) {
  RowSet set;
  set.columns = item_columns(query.payloads ? "payload" : "''");
  set.table = "bourse.items";
  set.where = "pool_id = " + set.bind(pool_id);
  set.where += " AND node = " + set.bind(query.node.value) + " AND (expires IS NULL OR expires > now())";
  // "seq >= 0" is true of all, and what the ordered indexes are made for.
  if (query.ids.empty()) set.where += " AND seq >= 0";
  if (query.order == market::ItemOrder::kModification) {
    set.key = {"seq", "item_id"};
  } else {
    set.key = {"created", "born", "item_id"};
  }
  set.id = "item_id";
  return set;
}

market::PageOf<pubsub::ItemRow> node_items_by_id(pqxx::transaction_base& tx, RowSet set,
                                                 const std::vector<std::string>& ids) {
  ArrayLiteral wanted;
  for (const auto& id : ids) wanted.add(id);
  set.where += " AND item_id = ANY (" + set.bind(std::move(wanted).take()) + "::text[])";
  const auto found = run(tx, "SELECT " + set.columns + " FROM " + set.table + " WHERE " + set.where, {set.params, {}});
  std::unordered_map<std::string, pubsub::ItemRow> by_id;
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) {
    auto item = item_row(found[i]);
    std::string id = item.id;
    by_id.emplace(std::move(id), std::move(item));
  }
  market::PageOf<pubsub::ItemRow> page;
  for (const auto& id : ids) {
    if (const auto at = by_id.find(id); at != by_id.end()) page.rows.push_back(at->second);
  }
  page.count = page.rows.size();
  return page;
}

}  // namespace bourse::storage
