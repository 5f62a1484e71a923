// Purpose: what a client knows as JSON, for hooks, scripts and `-o json`: names as in the XML payloads,
//   quantities as text ("64Gi"), times as in XEP-0082, lists for what may repeat.
// Threads: free functions, no state.
#pragma once

#include <nlohmann/json.hpp>

#include "audit/entry.h"
#include "domain/availability.h"
#include "market/history_query.h"
#include "market/reply.h"
#include "market/request_explanation.h"
#include "xmpp/client_market.h"

namespace bourse::xmpp {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json to_json(const domain::Resources& resources);
[[nodiscard]] Json to_json(const ListedOffer& offer);
[[nodiscard]] Json to_json(const ListedRequest& request);
[[nodiscard]] Json to_json(const GrantPayload& grant);
[[nodiscard]] Json to_json(const domain::AvailabilityInterval& interval);
[[nodiscard]] Json to_json(const history::Statistics& figures);
[[nodiscard]] Json to_json(const market::ProviderHistory& provider);
[[nodiscard]] Json to_json(const market::HistoryReport& report);
[[nodiscard]] Json to_json(const market::Prediction& prediction);
[[nodiscard]] Json to_json(const market::AuditRecord& record);
[[nodiscard]] Json to_json(const MarketStatus& status);
[[nodiscard]] Json to_json(const market::RequestExplanation& explanation);

}  // namespace bourse::xmpp
