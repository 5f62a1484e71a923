#include "market/batch_builder.h"

#include <chrono>
#include <utility>
#include <variant>

namespace bourse::market {
namespace {

// Puts `row` in the place its key has in `rows`, or at the end. True when the key is new.
template <class Row, class Key>
bool put(std::vector<Row>& rows, std::unordered_map<Key, std::size_t>& places, const Key& key, Row&& row) {
  const auto [place, added] = places.try_emplace(key, rows.size());
  if (added) {
    rows.push_back(std::move(row));
  } else {
    rows[place->second] = std::move(row);
  }
  return added;
}

std::int64_t hour_of(base::Timestamp at) {
  return std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count();
}

}  // namespace

void BatchBuilder::add(Plan& plan) {
  for (auto& change : plan.changes) {
    std::visit([this](auto&& alternative) { fold(std::forward<decltype(alternative)>(alternative)); },
               std::move(change));
  }
  plan.changes.clear();
  for (auto& [index, entry] : plan.audit) {
    batch_.audit.push_back({index, audit::encode(entry)});
    batch_.audit_entries.push_back(std::move(entry));
  }
  plan.audit.clear();
  for (auto& [event, recipients] : plan.events) {
    if (recipients.empty()) {
      batch_.events.push_back(std::move(event));
    } else {
      batch_.events.push_back(event);
    }
  }
}

Batch BatchBuilder::finish(const PoolCounters& counters) && {
  batch_.counters = counters;
  std::erase_if(batch_.changed_grants, [this](const auto& grant) { return ended_.contains(grant.id); });
  std::move(nodes_).finish(batch_);
  return std::move(batch_);
}

// A withdrawal keeps what the same batch published, so that the row can be written without looking back.
void BatchBuilder::fold(OfferRow&& row) {
  const auto found = offers_.find(row.id);
  if (!row.open && found != offers_.end()) {
    auto& published = batch_.offers[found->second];
    row.resources = std::move(published.resources);
    row.record = std::move(published.record);
  }
  const auto id = row.id;
  put(batch_.offers, offers_, id, std::move(row));
}

void BatchBuilder::fold(RequestRow&& row) {
  const auto id = row.id;
  put(batch_.requests, requests_, id, std::move(row));
}

void BatchBuilder::fold(GrantStarted&& change) {
  const auto id = change.grant.id;
  put(batch_.new_grants, started_, id, std::move(change.grant));
}

void BatchBuilder::fold(GrantChanged&& change) {
  const auto id = change.grant.id;
  if (const auto found = started_.find(id); found != started_.end()) {
    batch_.new_grants[found->second] = std::move(change.grant);
  } else {
    put(batch_.changed_grants, changed_, id, std::move(change.grant));
  }
}

void BatchBuilder::fold(GrantEnded&& change) {
  const auto id = change.grant.id;
  if (const auto found = started_.find(id); found != started_.end()) {
    batch_.new_grants[found->second] = std::move(change.grant);
    return;
  }
  if (changed_.contains(id)) ended_.insert(id);
  batch_.ended_grants.push_back(std::move(change.grant));
}

void BatchBuilder::fold(SanctionRow&& row) {
  const auto jid = row.jid;
  put(batch_.sanctions, sanctions_, jid, std::move(row));
}

void BatchBuilder::fold(PolicyRow&& row) {
  const auto [place, added] = policies_.try_emplace({row.name, row.subject}, batch_.policies.size());
  if (added) return batch_.policies.push_back(std::move(row));
  batch_.policies[place->second] = std::move(row);
}

void BatchBuilder::fold(UsageRow&& row) {
  const auto consumer = row.consumer;
  put(batch_.usage, usage_, consumer, std::move(row));
}

void BatchBuilder::fold(ProviderRow&& row) {
  const auto provider = row.provider;
  put(batch_.providers, providers_, provider, std::move(row));
}

void BatchBuilder::fold(LoadRow&& row) {
  const auto provider = row.provider;
  put(batch_.loads, loads_, provider, std::move(row));
}

// A partial tile that grew within the batch.
void BatchBuilder::fold(LogTileRow&& row) {
  const auto [place, added] = log_tiles_.try_emplace({row.level, row.index}, batch_.log_tiles.size());
  if (added) return batch_.log_tiles.push_back(std::move(row));
  batch_.log_tiles[place->second] = std::move(row);
}

// An outage is counted in the hour in which it began.
void BatchBuilder::fold(HistoryClosed&& closed) {
  const std::int64_t begun = hour_of(closed.interval.interval.since);
  for (const auto& cell : closed.cells) {
    for (std::size_t i = 0; i < history::DayCell::kHours; ++i) {
      const std::int64_t number = std::int64_t{cell.day} * 24 + static_cast<std::int64_t>(i);
      const std::uint64_t outages = number == begun ? cell.outages : 0;
      if (cell.up[i] == base::Duration::zero() && cell.down[i] == base::Duration::zero() && outages == 0) continue;
      const auto [place, added] = hours_.try_emplace(number, batch_.hours.size());
      if (added) batch_.hours.push_back({.hour = number});
      auto& hour = batch_.hours[place->second];
      hour.up += cell.up[i];
      hour.down += cell.down[i];
      hour.outages += outages;
    }
  }
  batch_.closed.push_back(std::move(closed.interval));
}

}  // namespace bourse::market
