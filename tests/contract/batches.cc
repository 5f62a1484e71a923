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

base::Status Loaded::on_offer(market::OfferRow&& row) {
  offers.push_back(std::move(row));
  return base::Done{};
}
base::Status Loaded::on_request(market::RequestRow&& row) {
  requests.push_back(std::move(row));
  return base::Done{};
}
base::Status Loaded::on_grant(market::GrantRow&& row) {
  grants.push_back(std::move(row));
  return base::Done{};
}
base::Status Loaded::on_subscription(market::SubscriptionRow&& row) {
  subscriptions.push_back(std::move(row));
  return base::Done{};
}
base::Status Loaded::on_provider_up(const domain::Jid& provider) {
  providers_up.push_back(provider);
  return base::Done{};
}
base::Status Loaded::on_undelivered(market::Event&& row) {
  undelivered.push_back(std::move(row));
  return base::Done{};
}

}  // namespace bourse::test
