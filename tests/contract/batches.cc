#include "batches.h"

namespace bourse::test {

domain::Jid jid(std::string_view text) { return *domain::Jid::parse(text); }

domain::Resources resources(const std::vector<std::pair<std::string, std::int64_t>>& amounts) {
  domain::Resources result;
  for (const auto& [name, amount] : amounts) BOURSE_CHECK(result.add(name, amount).ok());
  return result;
}

market::OfferRow offer(const std::string& id, const std::string& provider, std::uint64_t seq) {
  market::OfferRow row;
  row.id.value = id;
  row.provider = jid(provider);
  row.session = jid(provider + "/agent \"1\"");
  row.resources = resources({{"cpu", 4000}, {"memory", 8LL << 30}, {"gpu", 2000}});
  row.record = std::string("record\0of\\\"", 11) + id;
  row.seq.value = seq;
  row.published = kStart + std::chrono::seconds(seq);
  return row;
}

market::OfferRow withdrawn(market::OfferRow row) {
  row.open = false;
  row.resources = {};
  row.record.clear();
  return row;
}

market::RequestRow request(const std::string& id, const std::string& consumer, std::uint64_t seq) {
  market::RequestRow row;
  row.id.value = id;
  row.consumer = jid(consumer);
  row.record = "request " + id;
  row.seq.value = seq;
  row.submitted = kStart + std::chrono::seconds(seq);
  return row;
}

market::GrantRow grant(std::uint64_t id, const market::OfferRow& from, const market::RequestRow& to,
                       const domain::Resources& amounts, std::vector<domain::DeviceShare> devices) {
  market::GrantRow row;
  row.id.value = id;
  row.offer = from.id;
  row.request = to.id;
  row.provider = from.provider;
  row.consumer = to.consumer;
  row.resources = amounts;
  row.devices = std::move(devices);
  row.started = kStart + std::chrono::minutes(id);
  row.expires = row.started + std::chrono::hours(1);
  return row;
}

market::GrantRow ended(market::GrantRow row, domain::GrantState state) {
  row.state = state;
  row.ended = row.started + std::chrono::minutes(5);
  row.reason = "it's \"over\"";
  return row;
}

market::Event event(std::uint64_t seq, const std::string& item) {
  market::Event row;
  row.seq.value = seq;
  row.at = kStart + std::chrono::seconds(seq);
  row.node.value = "commons/offers";
  row.item_id = item;
  row.publisher = jid("ann@one.example/agent");
  row.provider = jid("ann@one.example");
  row.record = "event " + item;
  return row;
}

pubsub::NodeRow leaf(const std::string& name) {
  pubsub::NodeRow row;
  row.name.value = name;
  row.creator = jid("ann@one.example");
  row.created = kStart;
  return row;
}

pubsub::SubscriptionRow subscription(const std::string& node, const std::string& subscriber, std::uint64_t id) {
  pubsub::SubscriptionRow row;
  row.node.value = node;
  row.subscriber = jid(subscriber);
  row.id.value = id;
  return row;
}

pubsub::SubscriptionRow removed(pubsub::SubscriptionRow row) {
  row.removed = true;
  return row;
}

pubsub::ItemRow item(const std::string& node, const std::string& id, std::uint64_t seq) {
  pubsub::ItemRow row;
  row.node.value = node;
  row.id = id;
  row.publisher = jid("ann@one.example");
  row.payload = "<entry xmlns='urn:x'>é \"\\\n" + id + "</entry>";
  row.seq.value = seq;
  row.created = row.modified = kStart + std::chrono::seconds(seq);
  return row;
}

pubsub::ItemRow removed(pubsub::ItemRow row) {
  row.removed = true;
  row.payload.clear();
  return row;
}

base::Status Loaded::on_offer(market::OfferRow&& row) { return take('o', offers, std::move(row)); }
base::Status Loaded::on_request(market::RequestRow&& row) { return take('r', requests, std::move(row)); }
base::Status Loaded::on_grant(market::GrantRow&& row) { return take('g', grants, std::move(row)); }
base::Status Loaded::on_sanction(market::SanctionRow&& row) { return take('b', sanctions, std::move(row)); }
base::Status Loaded::on_policy(market::PolicyRow&& row) { return take('z', policies, std::move(row)); }
base::Status Loaded::on_usage(market::UsageRow&& row) { return take('x', usage, std::move(row)); }
base::Status Loaded::on_node(pubsub::NodeRow&& row) { return take('n', nodes, std::move(row)); }
base::Status Loaded::on_affiliation(pubsub::AffiliationRow&& row) { return take('f', affiliations, std::move(row)); }
base::Status Loaded::on_subscription(pubsub::SubscriptionRow&& row) { return take('s', subscriptions, std::move(row)); }
base::Status Loaded::on_item(pubsub::ItemRow&& row) { return take('i', items, std::move(row)); }
base::Status Loaded::on_provider(market::ProviderRow&& row) { return take('p', providers, std::move(row)); }
base::Status Loaded::on_gap(const history::Window& gap) { return take('y', gaps, history::Window(gap)); }
base::Status Loaded::on_history_counts(std::string&& counts) { return take('q', history_counts, std::move(counts)); }
base::Status Loaded::on_undelivered(market::Event&& row) { return take('e', undelivered, std::move(row)); }
base::Status Loaded::on_statement(const market::AuditRecord& statement) {
  return take('k', statements, market::AuditRecord(statement));
}
base::Status Loaded::on_checkpoint(market::CheckpointRow&& row) { return take('c', checkpoints, std::move(row)); }
base::Status Loaded::on_log_tile(market::LogTileRow&& row) { return take('t', tiles, std::move(row)); }
base::Status Loaded::on_unintegrated(market::AuditRow&& row) { return take('u', unintegrated, std::move(row)); }

}  // namespace bourse::test
