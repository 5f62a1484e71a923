// Purpose: rows and batches for the contract, in one line each.
// Lifetime: values. Threads: none.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "market/store.h"

namespace bourse::test {

inline const base::Timestamp kStart = base::Timestamp(std::chrono::hours(24 * 365 * 56)) + base::Duration(123'457);

[[nodiscard]] domain::Jid jid(std::string_view text);
[[nodiscard]] domain::Resources resources(const std::vector<std::pair<std::string, std::int64_t>>& amounts);

// Offers cpu 4, memory 8 GiB and two gpus, open, bound to a session.
[[nodiscard]] market::OfferRow offer(const std::string& id, const std::string& provider, std::uint64_t seq);
[[nodiscard]] market::OfferRow withdrawn(market::OfferRow row);
[[nodiscard]] market::RequestRow request(const std::string& id, const std::string& consumer, std::uint64_t seq);
[[nodiscard]] market::GrantRow grant(std::uint64_t id, const market::OfferRow& offer, const market::RequestRow& request,
                                     const domain::Resources& resources, std::vector<domain::DeviceShare> devices = {});
[[nodiscard]] market::GrantRow ended(market::GrantRow row, domain::GrantState state);
[[nodiscard]] market::Event event(std::uint64_t seq, const std::string& item);

[[nodiscard]] pubsub::NodeRow leaf(const std::string& name);
[[nodiscard]] pubsub::SubscriptionRow subscription(const std::string& node, const std::string& subscriber,
                                                   std::uint64_t id = 1);
[[nodiscard]] pubsub::SubscriptionRow removed(pubsub::SubscriptionRow row);
[[nodiscard]] pubsub::ItemRow item(const std::string& node, const std::string& id, std::uint64_t seq);
[[nodiscard]] pubsub::ItemRow removed(pubsub::ItemRow row);

// Everything acquire() hands over; `order` has a letter for each kind of row as it came, without repetitions.
struct Loaded : market::StateLoader {
  std::string order;
  std::vector<market::OfferRow> offers;
  std::vector<market::RequestRow> requests;
  std::vector<market::GrantRow> grants;
  std::vector<market::SanctionRow> sanctions;
  std::vector<market::PolicyRow> policies;
  std::vector<market::UsageRow> usage;
  std::vector<pubsub::NodeRow> nodes;
  std::vector<pubsub::AffiliationRow> affiliations;
  std::vector<pubsub::SubscriptionRow> subscriptions;
  std::vector<pubsub::ItemRow> items;
  std::vector<market::ProviderRow> providers;
  std::vector<history::Window> gaps;
  std::vector<std::string> history_counts;
  std::vector<market::Event> undelivered;
  std::vector<market::AuditRecord> statements;
  std::vector<market::CheckpointRow> checkpoints;
  std::vector<market::LogTileRow> tiles;
  std::vector<market::AuditRow> unintegrated;

  base::Status on_offer(market::OfferRow&& row) override;
  base::Status on_request(market::RequestRow&& row) override;
  base::Status on_grant(market::GrantRow&& row) override;
  base::Status on_sanction(market::SanctionRow&& row) override;
  base::Status on_policy(market::PolicyRow&& row) override;
  base::Status on_usage(market::UsageRow&& row) override;
  base::Status on_node(pubsub::NodeRow&& row) override;
  base::Status on_affiliation(pubsub::AffiliationRow&& row) override;
  base::Status on_subscription(pubsub::SubscriptionRow&& row) override;
  base::Status on_item(pubsub::ItemRow&& row) override;
  base::Status on_provider(market::ProviderRow&& row) override;
  base::Status on_gap(const history::Window& gap) override;
  base::Status on_history_counts(std::string&& counts) override;
  base::Status on_undelivered(market::Event&& event) override;
  base::Status on_statement(const market::AuditRecord& statement) override;
  base::Status on_checkpoint(market::CheckpointRow&& row) override;
  base::Status on_log_tile(market::LogTileRow&& row) override;
  base::Status on_unintegrated(market::AuditRow&& row) override;

 private:
  template <class Row>
  base::Status take(char letter, std::vector<Row>& rows, Row&& row) {
    if (order.empty() || order.back() != letter) order.push_back(letter);
    rows.push_back(std::move(row));
    return base::Done{};
  }
};

}  // namespace bourse::test
