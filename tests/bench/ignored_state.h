// Purpose: takes what a load gives and forgets it: for benches that hold a pool's lease only to write.
// Lifetime: value. Threads: none.
#pragma once

#include "market/store.h"

namespace bourse::bench {

struct IgnoredState final : market::StateLoader {
  base::Status on_offer(market::OfferRow&&) override { return base::Done{}; }
  base::Status on_request(market::RequestRow&&) override { return base::Done{}; }
  base::Status on_grant(market::GrantRow&&) override { return base::Done{}; }
  base::Status on_sanction(market::SanctionRow&&) override { return base::Done{}; }
  base::Status on_policy(market::PolicyRow&&) override { return base::Done{}; }
  base::Status on_usage(market::UsageRow&&) override { return base::Done{}; }
  base::Status on_node(pubsub::NodeRow&&) override { return base::Done{}; }
  base::Status on_affiliation(pubsub::AffiliationRow&&) override { return base::Done{}; }
  base::Status on_subscription(pubsub::SubscriptionRow&&) override { return base::Done{}; }
  base::Status on_item(pubsub::ItemRow&&) override { return base::Done{}; }
  base::Status on_provider(market::ProviderRow&&) override { return base::Done{}; }
  base::Status on_gap(const history::Window&) override { return base::Done{}; }
  base::Status on_history_counts(std::string&&) override { return base::Done{}; }
  base::Status on_undelivered(market::Event&&) override { return base::Done{}; }
  base::Status on_statement(const market::AuditRecord&) override { return base::Done{}; }
  base::Status on_checkpoint(market::CheckpointRow&&) override { return base::Done{}; }
  base::Status on_log_tile(market::LogTileRow&&) override { return base::Done{}; }
  base::Status on_unintegrated(market::AuditRow&&) override { return base::Done{}; }
};

}  // namespace bourse::bench
