#include "market/batch_builder.h"

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

void BatchBuilder::fold(HistoryClosed&& closed) {
  auto& days = days_[closed.interval.provider];
  for (const auto& cell : closed.cells) {
    const auto [day, new_day] = days.try_emplace(cell.day, batch_.days.size());
    if (new_day) batch_.days.push_back({.provider = closed.interval.provider, .day = cell.day});
    auto& sums = batch_.days[day->second];
    sums.up += cell.up_total();
    sums.down += cell.down_total();
    sums.outages += cell.outages;
    for (std::size_t i = 0; i < history::DayCell::kHours; ++i) {
      if (cell.up[i] == base::Duration::zero() && cell.down[i] == base::Duration::zero()) continue;
      const std::int64_t number = std::int64_t{cell.day} * 24 + static_cast<std::int64_t>(i);
      const auto [hour, new_hour] = hours_.try_emplace(number, batch_.hours.size());
      if (new_hour) batch_.hours.push_back({.hour = number});
      batch_.hours[hour->second].up += cell.up[i];
      batch_.hours[hour->second].down += cell.down[i];
    }
  }
  batch_.closed.push_back(std::move(closed.interval));
}

}  // namespace bourse::market
