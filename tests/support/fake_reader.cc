// The reading half of FakeStore: the market.
#include <algorithm>

#include "domain/records.h"
#include "support/fake_page.h"
#include "support/fake_store.h"

namespace bourse::test {
namespace {

using market::Item;
using market::ItemKind;
using market::PageOf;

struct Sorted {
  std::uint64_t key;
  Item item;
};

Item offer_item(const market::OfferRow& row) {
  Item item;
  item.id = row.id.value;
  item.record = row.record;
  item.publisher = row.provider;
  item.published = row.published;
  return item;
}

Item request_item(const market::RequestRow& row) {
  Item item;
  item.id = row.id.value;
  item.kind = ItemKind::kRequest;
  item.record = row.record;
  item.publisher = row.consumer;
  item.published = row.submitted;
  item.request_state = row.state;
  item.granted = row.granted;
  return item;
}

Item grant_item(const market::GrantRow& row) {
  Item item;
  item.id = domain::to_item_id(row.id);
  item.kind = ItemKind::kGrant;
  item.record = domain::encode(row);
  item.published = row.started;
  return item;
}

Item availability_item(const market::ProviderRow& row) {
  Item item;
  item.id = row.provider.text();
  item.kind = ItemKind::kAvailability;
  item.record = domain::encode(domain::AvailabilityChange{row.provider, *row.presence, row.since});
  item.published = row.since;
  return item;
}

Item checkpoint_item(const market::CheckpointRow& row) {
  Item item;
  item.id = std::to_string(row.size);
  item.kind = ItemKind::kCheckpoint;
  item.record = row.note;
  item.published = row.at;
  return item;
}

bool involves(const audit::Entry& entry, const domain::Jid& bare) {
  return entry.provider == bare || entry.consumer == bare || (!entry.actor.empty() && entry.actor.bare() == bare);
}

bool matches(const audit::Entry& entry, const market::AuditQuery& query, const market::Viewer& viewer) {
  return (viewer.privileged || involves(entry, viewer.jid)) && (!query.jid || involves(entry, query.jid->bare())) &&
         (!query.offer || entry.offer == *query.offer) && (!query.request || entry.request == *query.request) &&
         (!query.grant || entry.grant == *query.grant) && (!query.kind || entry.kind == *query.kind) &&
         (!query.since || entry.at >= *query.since) && (!query.until || entry.at < *query.until);
}

base::Error no_pool(const domain::PoolName& pool) { return {base::Errc::kNotFound, "there is no pool " + pool.value}; }

}  // namespace

base::Result<PageOf<Item>> FakeStore::items(const market::ItemQuery& query, const market::Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  const bool mine_only = query.own || !viewer.privileged;
  std::vector<Sorted> sorted;
  if (query.kind == ItemKind::kOffer) {
    for (const auto& [id, row] : state_.offers) {
      if (row.open && (!query.own || row.provider == viewer.jid)) sorted.push_back({row.seq.value, offer_item(row)});
    }
  } else if (query.kind == ItemKind::kRequest) {
    for (const auto& [id, row] : state_.requests) {
      const bool over = row.state != domain::RequestState::kWaiting && row.state != domain::RequestState::kGranted;
      if ((!over || query.ended_too) && (!mine_only || row.consumer == viewer.jid)) {
        sorted.push_back({row.seq.value, request_item(row)});
      }
    }
  } else if (query.kind == ItemKind::kGrant) {
    for (const auto& [id, row] : state_.grants) {
      const bool party = row.provider == viewer.jid || row.consumer == viewer.jid;
      if ((domain::is_live(row.state) || query.ended_too) && (!mine_only || party))
        sorted.push_back({id, grant_item(row)});
    }
  } else if (query.kind == ItemKind::kCheckpoint) {
    if (!query.own && !state_.checkpoints.empty()) {
      sorted.push_back({0, checkpoint_item(state_.checkpoints.rbegin()->second)});
    }
  } else {
    for (const auto& [name, provider] : state_.providers) {
      if (!provider.now || !provider.now->presence || (query.own && name != viewer.jid.text())) continue;
      const auto since = static_cast<std::uint64_t>(provider.now->since.time_since_epoch().count());
      sorted.push_back({since, availability_item(*provider.now)});
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Sorted& a, const Sorted& b) { return a.key < b.key; });
  std::vector<Item> all;
  for (auto& entry : sorted) all.push_back(std::move(entry.item));
  if (query.ids.empty()) return page_of(std::move(all), query.page, [](const Item& item) { return item.id; });
  PageOf<Item> page;
  for (const auto& id : query.ids) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Item& item) { return item.id == id; });
    if (at != all.end()) page.rows.push_back(*at);
  }
  page.count = page.rows.size();
  return page;
}

base::Result<PageOf<market::AuditRecord>> FakeStore::audit(const market::AuditQuery& query,
                                                           const market::Viewer& viewer) {
  const std::lock_guard lock(mutex_);
  if (query.pool.value != pool_) return no_pool(query.pool);
  std::vector<market::AuditRecord> all;
  for (std::size_t i = 0; i < audit_.size(); ++i) {
    if (matches(audit_[i], query, viewer)) all.push_back({{i}, audit_[i]});
  }
  return page_of(std::move(all), query.page,
                 [](const market::AuditRecord& record) { return std::to_string(record.index.value); });
}

base::Result<market::PoolStatus> FakeStore::status(const domain::PoolName& pool) {
  const std::lock_guard lock(mutex_);
  if (pool.value != pool_) return no_pool(pool);
  market::PoolStatus status;
  for (const auto& [id, row] : state_.offers) status.offers += row.open ? 1U : 0U;
  for (const auto& [id, row] : state_.requests) {
    status.waiting_requests += row.state == domain::RequestState::kWaiting ? 1U : 0U;
  }
  for (const auto& [id, row] : state_.grants) status.live_grants += domain::is_live(row.state) ? 1U : 0U;
  for (const auto& [name, provider] : state_.providers) {
    status.providers_up += provider.now && provider.now->presence == domain::Presence::kUp ? 1U : 0U;
  }
  status.subscriptions = state_.subscriptions.size();
  status.events = state_.counters.last_event.value;
  status.audit_entries = state_.counters.next_audit.value;
  return status;
}

}  // namespace bourse::test
