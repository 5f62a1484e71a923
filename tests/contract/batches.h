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

// Everything acquire() hands over.
struct Loaded final : market::StateLoader {
  std::vector<market::OfferRow> offers;
  std::vector<market::RequestRow> requests;
  std::vector<market::GrantRow> grants;
  std::vector<market::SubscriptionRow> subscriptions;
  std::vector<domain::Jid> providers_up;
  std::vector<market::Event> undelivered;

  base::Status on_offer(market::OfferRow&& row) override;
  base::Status on_request(market::RequestRow&& row) override;
  base::Status on_grant(market::GrantRow&& row) override;
  base::Status on_subscription(market::SubscriptionRow&& row) override;
  base::Status on_provider_up(const domain::Jid& provider) override;
  base::Status on_undelivered(market::Event&& event) override;
};

}  // namespace bourse::test
