// The reading half of FakeStore: nodes, their items and archives.
#include <algorithm>
#include <iterator>
#include <set>

#include "pubsub/market_nodes.h"
#include "support/fake_page.h"
#include "support/fake_store.h"

namespace bourse::test {
namespace {

using market::EventKind;
using market::PageOf;
using pubsub::MarketNode;

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }
base::Error no_node(const domain::NodeName& node) {
  return {base::Errc::kNotFound, "there is no node '" + node.value + "'"};
}

bool is_over(const std::optional<base::Timestamp>& expires, base::Timestamp now) { return expires && *expires <= now; }

// Whether an event of a market node is of its archive.
bool belongs(MarketNode node, EventKind kind) {
  switch (node) {
    case MarketNode::kOffers:
    case MarketNode::kRequests:
      return kind == EventKind::kPublished || kind == EventKind::kRetracted;
    case MarketNode::kAudit:
      return kind == EventKind::kPublished;
    case MarketNode::kGrants:
      return kind == EventKind::kGrantStarted || kind == EventKind::kGrantEnded || kind == EventKind::kGrantChanged;
    case MarketNode::kAvailability:
      return kind == EventKind::kAvailabilityChanged;
  }
  return false;
}

bool involves(MarketNode node, const market::Event& event, const domain::Jid& party) {
  switch (node) {
    case MarketNode::kRequests:
      return event.consumer == party;
    case MarketNode::kGrants:
      return event.provider == party || event.consumer == party;
    case MarketNode::kOffers:
    case MarketNode::kAvailability:
      return event.provider == party;
    case MarketNode::kAudit:
      return false;
  }
  return false;
}

std::string id_of(const market::Event& event) { return std::to_string(event.seq.value); }

bool is_wanted(const market::Event& event, const market::ArchiveQuery& query) {
  if (query.since && event.at < *query.since) return false;
  if (query.until && event.at > *query.until) return false;
  if (query.after_id && event.seq.value <= std::stoull(*query.after_id)) return false;
  if (query.before_id && event.seq.value >= std::stoull(*query.before_id)) return false;
  if (!query.ids.empty() && std::ranges::find(query.ids, id_of(event)) == query.ids.end()) return false;
  if (!query.with) return true;
  if (const auto market = pubsub::parse_node(query.node.value)) {
    return involves(market->node, event, query.with->bare());
  }
  return !event.publisher.empty() && event.publisher.bare() == query.with->bare();
}

}  // namespace

base::Result<market::NodeAccess> FakeStore::node_access(const domain::PoolName& pool, const domain::NodeName& node,
                                                        const domain::Jid& bare) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  const auto found = state_.nodes.find(node.value);
  if (found == state_.nodes.end()) return no_node(node);
  market::NodeAccess access;
  access.kind = found->second.kind;
  access.config = found->second.config;
  if (const auto at = state_.affiliations.find({node.value, bare.text()}); at != state_.affiliations.end()) {
    access.affiliation = at->second.affiliation;
  }
  access.subscribed = std::ranges::any_of(state_.subscriptions, [&](const auto& entry) {
    const auto& row = entry.second;
    return row.node == node && row.subscriber.bare() == bare && row.state == pubsub::SubscriptionState::kSubscribed &&
           !is_over(row.expires, clock_.now());
  });
  return access;
}

base::Result<PageOf<pubsub::ItemRow>> FakeStore::node_items(const market::NodeItemsQuery& query) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  using Keyed = std::pair<std::tuple<base::Timestamp, std::uint64_t, std::string>, pubsub::ItemRow>;
  std::vector<Keyed> sorted;
  if (const auto leaf = state_.leaves.find(query.node.value); leaf != state_.leaves.end()) {
    for (const auto& [id, row] : leaf->second.items) {
      if (is_over(row.expires, clock_.now())) continue;
      const bool by_creation = query.order == market::ItemOrder::kCreation;
      const auto seq = by_creation ? leaf->second.first_seq.at(id) : row.seq;
      sorted.push_back({{by_creation ? row.created : base::Timestamp{}, seq.value, id}, row});
      if (!query.payloads) sorted.back().second.payload.clear();
    }
  }
  std::ranges::sort(sorted, {}, &Keyed::first);
  std::vector<pubsub::ItemRow> all;
  std::ranges::transform(sorted, std::back_inserter(all), [](Keyed& entry) { return std::move(entry.second); });
  if (query.ids.empty()) return page_of(std::move(all), query.page, [](const auto& row) { return row.id; });
  PageOf<pubsub::ItemRow> page;
  for (const auto& id : query.ids) {
    const auto at = std::ranges::find(all, id, &pubsub::ItemRow::id);
    if (at != all.end()) page.rows.push_back(*at);
  }
  page.count = page.rows.size();
  return page;
}

base::Result<PageOf<market::NodeSummary>> FakeStore::nodes(const market::NodesQuery& query,
                                                           const market::Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  std::vector<market::NodeSummary> all;
  for (const auto& [name, row] : state_.nodes) {
    const bool in_it = query.collection ? std::ranges::find(row.parents, query.collection->value) != row.parents.end()
                                        : row.parents.empty();
    const auto at = state_.affiliations.find({name, viewer.jid.text()});
    const bool affiliated = at != state_.affiliations.end() && at->second.affiliation != pubsub::Affiliation::kOutcast;
    if (in_it && (!row.hidden || viewer.privileged || affiliated)) all.push_back({row.name, row.kind, row.title});
  }
  return page_of(std::move(all), query.page, [](const auto& row) { return row.node.value; });
}

base::Result<std::vector<market::Event>> FakeStore::archive_of(const domain::NodeName& node,
                                                               const market::Viewer& viewer) const {
  const auto found = state_.nodes.find(node.value);
  if (found == state_.nodes.end()) return no_node(node);
  const auto market = pubsub::parse_node(node.value);
  const bool ordinary = found->second.kind != pubsub::NodeKind::kMarket;
  std::vector<market::Event> all;
  for (const auto& event : events_) {
    if (event.node != node || event.seq <= found->second.archive_from) continue;
    if (ordinary) {
      if (event.kind == EventKind::kItemPublished || event.kind == EventKind::kItemRetracted) all.push_back(event);
      continue;
    }
    const bool personal = market->node == MarketNode::kRequests || market->node == MarketNode::kGrants;
    const bool seen = !personal || viewer.privileged || involves(market->node, event, viewer.jid);
    if (seen && belongs(market->node, event.kind)) all.push_back(event);
  }
  return all;
}

base::Result<PageOf<market::Event>> FakeStore::archive(const market::ArchiveQuery& query,
                                                       const market::Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  auto all = archive_of(query.node, viewer);
  if (!all.ok()) return all.error();
  std::set<std::string> known;
  for (const auto& event : *all) known.insert(id_of(event));
  std::vector<std::string> named = query.ids;
  for (const auto& id : {query.after_id, query.before_id}) named.insert(named.end(), id ? 1 : 0, id.value_or(""));
  for (const auto& id : {query.page.after, query.page.before}) {
    named.insert(named.end(), id && !id->empty() ? 1 : 0, id.value_or(""));
  }
  for (const auto& id : named) {
    if (!known.contains(id)) return {base::Errc::kNotFound, "there is nothing with the id " + id + " in the archive"};
  }
  // RSM's ids are places in the archive, whether the other conditions leave them in or not.
  std::erase_if(*all, [&query](const auto& event) { return !is_wanted(event, query); });
  market::Page page = query.page;
  const auto place = [&all](const std::string& id) {
    const auto seq = std::stoull(id);
    return static_cast<std::size_t>(std::ranges::count_if(*all, [seq](const auto& e) { return e.seq.value <= seq; }));
  };
  PageOf<market::Event> result;
  std::size_t begin = 0;
  std::size_t end = all->size();
  if (page.after && !page.after->empty()) begin = place(*page.after);
  if (page.before && !page.before->empty()) end = place(std::to_string(std::stoull(*page.before) - 1));
  if (page.index) begin = std::min<std::size_t>(end, *page.index);
  const std::size_t max = std::min(page.max, market::kMaxPage);
  result.count = all->size();
  result.complete = end - begin <= max;
  if (!result.complete) (page.before ? begin : end) = page.before ? end - max : begin + max;
  result.first_index = begin;
  result.rows.assign(all->begin() + static_cast<std::ptrdiff_t>(begin),
                     all->begin() + static_cast<std::ptrdiff_t>(end));
  return result;
}

base::Result<market::ArchiveEdges> FakeStore::archive_edges(const market::ArchiveEdgesQuery& query,
                                                            const market::Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  const auto all = archive_of(query.node, viewer);
  if (!all.ok()) return all.error();
  market::ArchiveEdges edges;
  if (all->empty()) return edges;
  edges.first = {id_of(all->front()), all->front().at};
  edges.last = {id_of(all->back()), all->back().at};
  return edges;
}

}  // namespace bourse::test
