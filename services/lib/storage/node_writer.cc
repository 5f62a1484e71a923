#include "storage/node_writer.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "storage/fields.h"

namespace bourse::storage {
namespace {

bool says_something(const market::SanctionRow& row) {
  return row.drained || row.banned || row.failures > 0 || row.quarantines > 0 || row.quarantined_until;
}

TableCall sanctions(const std::vector<market::SanctionRow>& rows) {
  ArrayLiteral gone, jids, drained, banned, reasons, since, failures, failed, quarantines, untils, quarantine_reasons;
  for (const auto& row : rows) {
    if (!says_something(row)) {
      gone.add(row.jid.text());
      continue;
    }
    jids.add(row.jid.text());
    drained.add_flag(row.drained);
    banned.add_flag(row.banned);
    reasons.add(row.reason);
    since.add(micros(row.since));
    failures.add_number(row.failures);
    failed.add(micros(row.failed_at));
    quarantines.add(static_cast<std::int64_t>(row.quarantines));
    add_time(untils, row.quarantined_until);
    quarantine_reasons.add(row.quarantine_reason);
  }
  TableCall call{.function = "write_sanctions", .letter = 'b'};
  take_into(call, std::move(gone), std::move(jids), std::move(drained), std::move(banned), std::move(reasons),
            std::move(since), std::move(failures), std::move(failed), std::move(quarantines), std::move(untils),
            std::move(quarantine_reasons));
  return call;
}

TableCall policies(const std::vector<market::PolicyRow>& rows) {
  ArrayLiteral names, subjects, values;
  for (const auto& row : rows) {
    names.add(row.name);
    subjects.add(row.subject);
    values.add(row.value);
  }
  TableCall call{.function = "write_policies", .letter = 'y'};
  take_into(call, std::move(names), std::move(subjects), std::move(values));
  return call;
}

TableCall usage(const std::vector<market::UsageRow>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral consumers(n * 40), times(n * 18), resources(n * 32), amounts(n * 60);
  for (const auto& row : rows) {
    std::string names;
    ArrayLiteral numbers(row.used.size() * 20);
    for (const auto& [name, amount] : row.used) {
      if (!names.empty()) names.push_back(' ');
      names += name;
      numbers.add_number(amount);
    }
    consumers.add(row.consumer.text());
    times.add(micros(row.at));
    resources.add(names);
    amounts.add(std::move(numbers).take());
  }
  TableCall call{.function = "write_usage", .letter = 'x'};
  take_into(call, std::move(consumers), std::move(times), std::move(resources), std::move(amounts));
  return call;
}

TableCall names_only(const char* function, char letter, const std::vector<domain::NodeName>& rows) {
  ArrayLiteral names;
  for (const auto& name : rows) names.add(name.value);
  TableCall call{.function = function, .letter = letter};
  take_into(call, std::move(names));
  return call;
}

TableCall nodes(const std::vector<pubsub::NodeRow>& rows) {
  ArrayLiteral names, kinds, titles, hidden, parent_lists, creators, times, archives;
  RecordColumn configs(rows.size(),
                       total_bytes(rows, [](const auto& row) -> const std::string& { return row.config; }));
  for (const auto& row : rows) {
    ArrayLiteral parents;
    for (const auto& parent : row.parents) parents.add(parent);
    names.add(row.name.value);
    kinds.add(stored_kind(row.kind));
    titles.add(row.title);
    hidden.add_flag(row.hidden);
    parent_lists.add(std::move(parents).take());
    creators.add(row.creator.text());
    times.add(micros(row.created));
    archives.add(static_cast<std::int64_t>(row.archive_from.value));
    configs.add(row.config);
  }
  TableCall call{.function = "write_nodes", .letter = 'n'};
  take_into(call, std::move(names), std::move(kinds), std::move(titles), std::move(hidden), std::move(parent_lists),
            std::move(creators), std::move(times), std::move(archives));
  std::move(configs).finish(call);
  return call;
}

TableCall affiliations(const std::vector<pubsub::AffiliationRow>& rows) {
  ArrayLiteral nodes, jids, kinds;
  for (const auto& row : rows) {
    nodes.add(row.node.value);
    jids.add(row.jid.text());
    if (row.affiliation == pubsub::Affiliation::kNone) {
      kinds.add_null();
    } else {
      kinds.add(pubsub::to_text(row.affiliation));
    }
  }
  TableCall call{.function = "write_affiliations", .letter = 'f'};
  take_into(call, std::move(nodes), std::move(jids), std::move(kinds));
  return call;
}

TableCall subscriptions(const std::vector<pubsub::SubscriptionRow>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral gone_nodes, gone_subscribers, gone_ids;
  ArrayLiteral nodes(n * 18), subscribers(n * 40), ids(n * 2), states(n * 2), expiries(n * 5);
  RecordColumn options(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.options; }));
  for (const auto& row : rows) {
    const auto id = static_cast<std::int64_t>(row.id.value);
    if (row.removed) {
      gone_nodes.add(row.node.value);
      gone_subscribers.add(row.subscriber.text());
      gone_ids.add(id);
      continue;
    }
    nodes.add(row.node.value);
    subscribers.add(row.subscriber.text());
    ids.add(id);
    states.add(static_cast<std::int64_t>(row.state));
    add_time(expiries, row.expires);
    options.add(row.options);
  }
  TableCall call{.function = "write_subscriptions", .letter = 's'};
  take_into(call, std::move(gone_nodes), std::move(gone_subscribers), std::move(gone_ids), std::move(nodes),
            std::move(subscribers), std::move(ids), std::move(states), std::move(expiries));
  std::move(options).finish(call);
  return call;
}

TableCall items(const std::vector<pubsub::ItemRow>& rows) {
  const std::size_t n = rows.size();
  ArrayLiteral gone_nodes, gone_ids;
  ArrayLiteral nodes(n * 18), ids(n * 24), publishers(n * 40), seqs(n * 10), created(n * 18), modified(n * 18),
      expiries(n * 5);
  RecordColumn payloads(n, total_bytes(rows, [](const auto& row) -> const std::string& { return row.payload; }));
  for (const auto& row : rows) {
    if (row.removed) {
      gone_nodes.add(row.node.value);
      gone_ids.add(row.id);
      continue;
    }
    nodes.add(row.node.value);
    ids.add(row.id);
    publishers.add(row.publisher.text());
    seqs.add(static_cast<std::int64_t>(row.seq.value));
    created.add(micros(row.created));
    modified.add(micros(row.modified));
    add_time(expiries, row.expires);
    payloads.add(row.payload);
  }
  TableCall call{.function = "write_items", .letter = 'i'};
  take_into(call, std::move(gone_nodes), std::move(gone_ids), std::move(nodes), std::move(ids), std::move(publishers),
            std::move(seqs), std::move(created), std::move(modified), std::move(expiries));
  std::move(payloads).finish(call);
  return call;
}

}  // namespace

std::string_view stored_kind(pubsub::NodeKind kind) {
  switch (kind) {
    case pubsub::NodeKind::kMarket:
      return "market";
    case pubsub::NodeKind::kLeaf:
      return "leaf";
    case pubsub::NodeKind::kCollection:
      return "collection";
  }
  BOURSE_CHECK(false);
}

void add_node_calls(const market::Batch& batch, std::vector<TableCall>& calls) {
  if (!batch.sanctions.empty()) calls.push_back(sanctions(batch.sanctions));
  if (!batch.policies.empty()) calls.push_back(policies(batch.policies));
  if (!batch.usage.empty()) calls.push_back(usage(batch.usage));
  if (!batch.removed_nodes.empty()) calls.push_back(names_only("write_removed_nodes", 'd', batch.removed_nodes));
  if (!batch.nodes.empty()) calls.push_back(nodes(batch.nodes));
  if (!batch.purged_nodes.empty()) calls.push_back(names_only("write_purged_nodes", 'p', batch.purged_nodes));
  if (!batch.affiliations.empty()) calls.push_back(affiliations(batch.affiliations));
  if (!batch.subscriptions.empty()) calls.push_back(subscriptions(batch.subscriptions));
  if (!batch.items.empty()) calls.push_back(items(batch.items));
}

}  // namespace bourse::storage
