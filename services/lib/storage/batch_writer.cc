#include "storage/batch_writer.h"

#include <initializer_list>
#include <utility>

#include "storage/binary_array.h"
#include "storage/fields.h"
#include "storage/history_writer.h"
#include "storage/log_writer.h"
#include "storage/node_writer.h"
#include "storage/slots.h"

namespace bourse::storage {
namespace {

TableCall advance(std::int64_t pool_id, const market::Batch& batch) {
  TableCall call{.function = "advance_pool", .letter = 'a'};
  const auto& counters = batch.counters;
  for (const std::uint64_t value :
       {static_cast<std::uint64_t>(pool_id), batch.epoch, batch.number, static_cast<std::uint64_t>(kLeaseSeconds),
        counters.last_event.value, counters.next_audit.value, counters.last_grant.value, counters.delivered.value}) {
    call.texts.push_back(std::to_string(value));
  }
  return call;
}

void add_index(BigintArray& indices, const std::optional<domain::AuditIndex>& index) {
  if (!index) return indices.add_null();
  indices.add(static_cast<std::int64_t>(index->value));
}

// Live grants that end, or change and stay live: what of them can change.
TableCall grant_changes(const std::vector<market::GrantRow>& rows, char letter) {
  const std::size_t n = rows.size();
  BigintArray ids(n), starts(n), expiries(n), untils(n), ends(n), entries(n);
  SmallintArray states(n);
  BooleanArray aheads(n);
  TextArray reasons(n * 5);
  for (const auto& row : rows) {
    ids.add(static_cast<std::int64_t>(row.id.value));
    states.add(static_cast<std::int64_t>(row.state));
    aheads.add(row.ahead);
    starts.add(micros(row.started));
    expiries.add(micros(row.expires));
    add_time(untils, row.state_until);
    add_time(ends, row.ended);
    reasons.add(row.reason);
    add_index(entries, row.entry);
  }
  TableCall call{.function = "write_grant_changes", .letter = letter};
  take_into(call, std::move(ids), std::move(states), std::move(aheads), std::move(starts), std::move(expiries),
            std::move(untils), std::move(ends), std::move(reasons), std::move(entries));
  return call;
}

base::Result<TableCall> offers(const std::vector<market::OfferRow>& rows) {
  const std::size_t n = rows.size();
  TextArray ids(n * 24), providers(n * 40), sessions(n * 48), slots(n * 32), capacities(n * 40);
  BooleanArray opens(n);
  BigintArray seqs(n), times(n);
  RecordColumn records(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.record; }));
  for (const auto& row : rows) {
    const auto counted = offer_slots(row.resources);
    if (!counted.ok()) return {counted.error().code, "offer " + row.id.value + ": " + counted.error().text};
    ids.add(row.id.value);
    providers.add(row.provider.text());
    sessions.add(row.session.text());
    opens.add(row.open);
    slots.add(counted->names);
    capacities.add(counted->amounts);
    seqs.add(static_cast<std::int64_t>(row.seq.value));
    times.add(micros(row.published));
    records.add(row.record);
  }
  TableCall call{.function = "write_offers", .letter = 'o'};
  take_into(call, std::move(ids), std::move(providers), std::move(sessions), std::move(opens), std::move(slots),
            std::move(capacities), std::move(seqs), std::move(times));
  std::move(records).finish(call);
  return call;
}

// With what no bare JID contains.
std::string joined(const std::vector<domain::Jid>& bare_jids) {
  std::string list;
  for (const auto& jid : bare_jids) {
    if (!list.empty()) list.push_back('/');
    list.append(jid.text());
  }
  return list;
}

TableCall requests(const std::vector<market::RequestRow>& rows) {
  const std::size_t n = rows.size();
  TextArray ids(n * 24), consumers(n * 40), refusals(n * 5);
  SmallintArray states(n);
  IntArray granted(n);
  BooleanArray completes(n);
  BigintArray seqs(n), times(n);
  RecordColumn records(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.record; }));
  for (const auto& row : rows) {
    ids.add(row.id.value);
    consumers.add(row.consumer.text());
    states.add(static_cast<std::int64_t>(row.state));
    granted.add(static_cast<std::int64_t>(row.granted));
    completes.add(row.complete);
    refusals.add(joined(row.refused));
    seqs.add(static_cast<std::int64_t>(row.seq.value));
    times.add(micros(row.submitted));
    records.add(row.record);
  }
  TableCall call{.function = "write_requests", .letter = 'r'};
  take_into(call, std::move(ids), std::move(consumers), std::move(states), std::move(granted), std::move(completes),
            std::move(refusals), std::move(seqs), std::move(times));
  std::move(records).finish(call);
  return call;
}

base::Result<TableCall> new_grants(const std::vector<market::GrantRow>& rows) {
  const std::size_t n = rows.size();
  BigintArray ids(n), starts(n), expiries(n), untils(n), ends(n), entries(n);
  TextArray offer_ids(n * 24), request_ids(n * 24), providers(n * 40), consumers(n * 40), slots(n * 40),
      amounts(n * 48), reasons(n * 5);
  SmallintArray states(n);
  BooleanArray aheads(n);
  for (const auto& row : rows) {
    const auto counted = grant_slots(row.resources, row.devices);
    if (!counted.ok())
      return {counted.error().code, "grant " + std::to_string(row.id.value) + ": " + counted.error().text};
    ids.add(static_cast<std::int64_t>(row.id.value));
    offer_ids.add(row.offer.value);
    request_ids.add(row.request.value);
    providers.add(row.provider.text());
    consumers.add(row.consumer.text());
    slots.add(counted->names);
    amounts.add(counted->amounts);
    states.add(static_cast<std::int64_t>(row.state));
    aheads.add(row.ahead);
    starts.add(micros(row.started));
    expiries.add(micros(row.expires));
    add_time(untils, row.state_until);
    add_time(ends, row.ended);
    reasons.add(row.reason);
    add_index(entries, row.entry);
  }
  TableCall call{.function = "write_new_grants", .letter = 'g'};
  take_into(call, std::move(ids), std::move(offer_ids), std::move(request_ids), std::move(providers),
            std::move(consumers), std::move(slots), std::move(amounts), std::move(states), std::move(aheads),
            std::move(starts), std::move(expiries), std::move(untils), std::move(ends), std::move(reasons),
            std::move(entries));
  return call;
}

TableCall events(const std::vector<market::Event>& rows) {
  const std::size_t n = rows.size();
  BigintArray seqs(n), times(n);
  SmallintArray kinds(n);
  TextArray nodes(n * 20), items(n * 24), publishers(n * 48), providers(n * 40), consumers(n * 40);
  RecordColumn records(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.record; }));
  for (const auto& row : rows) {
    seqs.add(static_cast<std::int64_t>(row.seq.value));
    times.add(micros(row.at));
    kinds.add(static_cast<std::int64_t>(row.kind));
    nodes.add(row.node.value);
    items.add(row.item_id);
    publishers.add(row.publisher.text());
    providers.add(row.provider.text());
    consumers.add(row.consumer.text());
    records.add(row.record);
  }
  TableCall call{.function = "write_events", .letter = 'l'};
  take_into(call, std::move(seqs), std::move(times), std::move(kinds), std::move(nodes), std::move(items),
            std::move(publishers), std::move(providers), std::move(consumers));
  std::move(records).finish(call);
  return call;
}

TableCall audit_entries(const market::Batch& batch) {
  const std::size_t n = batch.audit.size();
  BigintArray indices(n), times(n), grants(n);
  SmallintArray kinds(n);
  TextArray actors(n * 5), providers(n * 40), consumers(n * 40), offer_ids(n * 24), request_ids(n * 24);
  RecordColumn entries(n, total_bytes(batch.audit, [](const auto& row) -> const std::string& { return row.entry; }));
  for (std::size_t i = 0; i < n; ++i) {
    const audit::Entry& entry = batch.audit_entries[i];
    indices.add(static_cast<std::int64_t>(batch.audit[i].index.value));
    times.add(micros(entry.at));
    kinds.add(static_cast<std::int64_t>(entry.kind));
    actors.add_unless_empty(separate_actor(entry));
    providers.add_unless_empty(entry.provider.text());
    consumers.add_unless_empty(entry.consumer.text());
    offer_ids.add_unless_empty(entry.offer.value);
    request_ids.add_unless_empty(entry.request.value);
    if (entry.grant.value == 0) {
      grants.add_null();
    } else {
      grants.add(static_cast<std::int64_t>(entry.grant.value));
    }
    entries.add(batch.audit[i].entry);
  }
  TableCall call{.function = "write_audit", .letter = 'u'};
  take_into(call, std::move(indices), std::move(times), std::move(kinds), std::move(actors), std::move(providers),
            std::move(consumers), std::move(offer_ids), std::move(request_ids), std::move(grants));
  std::move(entries).finish(call);
  return call;
}

base::Result<std::vector<TableCall>> calls_of(std::int64_t pool_id, const market::Batch& batch) {
  std::vector<TableCall> calls;
  calls.push_back(advance(pool_id, batch));
  if (!batch.ended_grants.empty()) calls.push_back(grant_changes(batch.ended_grants, 'e'));
  if (!batch.offers.empty()) {
    auto call = offers(batch.offers);
    if (!call.ok()) return call.error();
    calls.push_back(std::move(call).value());
  }
  if (!batch.requests.empty()) calls.push_back(requests(batch.requests));
  if (!batch.changed_grants.empty()) calls.push_back(grant_changes(batch.changed_grants, 'c'));
  if (!batch.new_grants.empty()) {
    auto call = new_grants(batch.new_grants);
    if (!call.ok()) return call.error();
    calls.push_back(std::move(call).value());
  }
  add_node_calls(batch, calls);
  add_history_calls(batch, calls);
  if (!batch.events.empty()) calls.push_back(events(batch.events));
  if (!batch.audit.empty()) calls.push_back(audit_entries(batch));
  add_log_calls(batch, calls);
  return calls;
}

}  // namespace

base::Result<BatchStatement> write_batch(std::int64_t pool_id, const market::Batch& batch) {
  BOURSE_CHECK(batch.audit.size() == batch.audit_entries.size());
  auto calls = calls_of(pool_id, batch);
  if (!calls.ok()) return calls.error();
  BatchStatement statement;
  statement.calls = std::move(calls).value();
  statement.name = "batch_";
  for (TableCall& call : statement.calls) {
    statement.name += call.letter;
    for (std::string& text : call.texts) statement.params.texts.push_back(std::move(text));
    for (std::string& blob : call.blobs) statement.params.blobs.push_back(std::move(blob));
  }
  return statement;
}

std::string BatchStatement::sql() const {
  std::size_t next_text = 1;
  std::size_t next_blob = params.texts.size() + 1;
  std::string nested;
  for (const TableCall& call : calls) {
    std::string arguments = nested;
    for (std::size_t i = 0; i < call.texts.size(); ++i) {
      arguments += (arguments.empty() ? "$" : ", $") + std::to_string(next_text++);
    }
    for (std::size_t i = 0; i < call.blobs.size(); ++i) {
      arguments += (arguments.empty() ? "$" : ", $") + std::to_string(next_blob++);
    }
    nested = "bourse." + std::string(call.function) + "(" + arguments + ")";
  }
  return "SELECT " + nested;
}

}  // namespace bourse::storage
