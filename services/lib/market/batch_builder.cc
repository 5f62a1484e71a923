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

void BatchBuilder::fold(domain::AvailabilityChange&& change) { batch_.availability.push_back(std::move(change)); }

}  // namespace bourse::market
