#include "storage/archive_reader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "pubsub/market_nodes.h"
#include "storage/array_literal.h"
#include "storage/fields.h"
#include "storage/node_reader.h"
#include "storage/page_query.h"
#include "storage/state_load.h"

namespace bourse::storage {
namespace {

using pubsub::MarketNode;

// How far a clock may have been set back for a query by time still to find everything.
constexpr std::chrono::minutes kClockMayStepBack{10};

// A node's archive, as far as a viewer sees it.
struct Archive {
  RowSet set;
  std::optional<MarketNode> market;  // none: an ordinary leaf
  bool own = false;                  // only what the viewer is a party of: few among many
};

// What involves a party, of a market node's events.
std::string involves(MarketNode node, const std::string& party) {
  switch (node) {
    case MarketNode::kRequests:
      return " AND consumer = " + party;
    case MarketNode::kGrants:
      return " AND (provider = " + party + " OR consumer = " + party + ")";
    case MarketNode::kOffers:
    case MarketNode::kAvailability:
    case MarketNode::kAudit:  // nobody's
      return " AND provider = " + party;
  }
  return {};
}

// In the words of the indexes (migrations/0007, 0008), so that they can be used.
const char* kinds_of(MarketNode node) {
  switch (node) {
    case MarketNode::kOffers:
      return " AND kind IN (1, 2)";
    case MarketNode::kRequests:
      return " AND kind IN (1, 2) AND provider = '' AND consumer <> ''";
    case MarketNode::kGrants:
      return " AND kind IN (3, 4, 6)";
    case MarketNode::kAvailability:
      return " AND kind = 5";
    case MarketNode::kAudit:
      return " AND kind = 1 AND provider = '' AND consumer = ''";
  }
  return "";
}

base::Result<Archive> archive_of(pqxx::transaction_base& tx, const std::string& pool_id, const domain::NodeName& node,
                                 const market::Viewer& viewer) {
  const auto found = run(tx, "SELECT kind, archive_from FROM bourse.nodes WHERE pool_id = $1 AND name = $2",
                         {{pool_id, node.value}, {}});
  if (found.empty()) return {base::Errc::kNotFound, "there is no node '" + node.value + "'"};
  Archive archive;
  RowSet& set = archive.set;
  set.columns = kEventColumns;
  set.table = "bourse.events";
  set.key = {"seq"};
  set.id = "seq";
  set.id_type = "bigint";
  set.id_is_key = true;
  set.about = true;
  set.where = "pool_id = " + set.bind(pool_id);
  set.where += " AND node = " + set.bind(node.value);
  set.where += " AND seq > " + set.bind(text(found[0][1])) + "::bigint";
  if (node_kind(found[0][0]) != pubsub::NodeKind::kMarket) {
    set.where += " AND kind IN (16, 17)";
    return archive;
  }
  const auto parsed = pubsub::parse_node(node.value);
  if (!parsed) throw Corrupt("the database calls '" + node.value + "' a node of the market");
  archive.market = parsed->node;
  set.where += kinds_of(parsed->node);
  const bool personal = parsed->node == MarketNode::kRequests || parsed->node == MarketNode::kGrants;
  if (personal && !viewer.privileged) {
    archive.own = true;
    set.where += involves(parsed->node, set.bind(viewer.jid.text()));
  }
  return archive;
}

bool is_number(const std::string& id) {
  return !id.empty() && id.size() <= 18 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Every id that the query names must be in the archive as the viewer sees it, whatever else it asks for.
base::Status check_ids(pqxx::transaction_base& tx, RowSet set, const market::ArchiveQuery& query) {
  std::set<std::string> wanted(query.ids.begin(), query.ids.end());
  for (const auto& id : {query.after_id, query.before_id}) {
    if (id) wanted.insert(*id);
  }
  for (const auto& id : {query.page.after, query.page.before}) {
    if (id && !id->empty()) wanted.insert(*id);
  }
  if (wanted.empty()) return base::Done{};
  ArrayLiteral numbers;
  for (const auto& id : wanted) {
    if (is_number(id)) numbers.add(id);
  }
  set.where += " AND seq = ANY (" + set.bind(std::move(numbers).take()) + "::bigint[])";
  const auto found = run(tx, "SELECT seq FROM " + set.table + " WHERE " + set.where, {set.params, {}});
  for (pqxx::result::size_type i = 0; i < found.size(); ++i) wanted.erase(text(found[i][0]));
  if (wanted.empty()) return base::Done{};
  return {base::Errc::kNotFound,
          "there is nothing with the id " + *wanted.begin() + " in the archive of '" + query.node.value + "'"};
}

void narrow_to_times(RowSet& set, const market::ArchiveQuery& query) {
  const auto moment = [&set](base::Timestamp at) {
    return "bourse.from_micros(" + set.bind(std::to_string(micros(at))) + ")";
  };
  if (query.since) {
    set.where += " AND at >= " + moment(*query.since);
    set.where += " AND seq >= (SELECT bourse.first_event($1, " + moment(*query.since - kClockMayStepBack) + "))";
  }
  if (query.until) {
    set.where += " AND at <= " + moment(*query.until);
    set.where += " AND seq < (SELECT bourse.first_event($1, " + moment(*query.until + kClockMayStepBack) + "))";
  }
}

void narrow(Archive& archive, const market::ArchiveQuery& query) {
  RowSet& set = archive.set;
  narrow_to_times(set, query);
  if (query.after_id) set.where += " AND seq > " + set.bind(*query.after_id);
  if (query.before_id) set.where += " AND seq < " + set.bind(*query.before_id);
  if (!query.ids.empty()) {
    ArrayLiteral numbers;
    for (const auto& id : query.ids) numbers.add(id);
    set.where += " AND seq = ANY (" + set.bind(std::move(numbers).take()) + "::bigint[])";
  }
  if (!query.with) return;
  const std::string party = set.bind(query.with->bare().text());
  if (archive.market) {
    set.where += involves(*archive.market, party);
  } else {
    set.where += " AND (publisher = " + party + " OR starts_with(publisher, " + party + " || '/'))";
  }
}

}  // namespace

base::Result<market::PageOf<market::Event>> read_archive(pqxx::transaction_base& tx, const std::string& pool_id,
                                                         const market::ArchiveQuery& query,
                                                         const market::Viewer& viewer) {
  auto archive = archive_of(tx, pool_id, query.node, viewer);
  if (!archive.ok()) return archive.error();
  if (auto there = check_ids(tx, archive->set, query); !there.ok()) return there.error();
  narrow(*archive, query);
  market::PageOf<market::Event> page;
  page.count = count_about(tx, archive->set);
  if (page.count == 0) return page;
  archive->set.total = page.count;
  // Few among many: the planner, told to stop after a page, would rather read all others than sort these.
  if ((archive->own || query.with) && page.count <= kExactCount) archive->set.key = {"seq + 0"};
  auto fetched = fetch_page(tx, archive->set, query.page);
  if (!fetched.ok()) return fetched.error();
  page.first_index = fetched->first_index;
  page.complete = fetched->complete;
  page.rows.reserve(fetched->rows.size());
  for (const auto& row : fetched->rows) page.rows.push_back(event_row(row));
  page.count = std::max(page.count, page.first_index + page.rows.size());
  return page;
}

base::Result<market::ArchiveEdges> read_archive_edges(pqxx::transaction_base& tx, const std::string& pool_id,
                                                      const domain::NodeName& node, const market::Viewer& viewer) {
  auto archive = archive_of(tx, pool_id, node, viewer);
  if (!archive.ok()) return archive.error();
  const RowSet& set = archive->set;
  const std::string order = archive->own ? "seq + 0" : "seq";
  const auto edge = [&](const char* direction) -> std::optional<market::ArchiveEdges::Edge> {
    const auto found = run(tx,
                           "SELECT seq, bourse.to_micros(at) FROM " + set.table + " WHERE " + set.where + " ORDER BY " +
                               order + direction + " LIMIT 1",
                           {set.params, {}});
    if (found.empty()) return std::nullopt;
    return market::ArchiveEdges::Edge{text(found[0][0]), time(found[0][1])};
  };
  return market::ArchiveEdges{edge(""), edge(" DESC")};
}

}  // namespace bourse::storage
