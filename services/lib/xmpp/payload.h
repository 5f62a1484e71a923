// Purpose: the payloads of namespace urn:bourse:market:1 (proto/market.xsd), both ways: what agents and
//   consumers write and the service reads, and the other way round.
// Errors: kInvalidPayload names the element or attribute and what is wrong with it. Unknown attributes and
//   elements of our namespace are refused; elements of foreign namespaces are kept where a type has
//   `extensions` and ignored elsewhere.
// Parsing checks each field; the rules across fields are domain::validate's, which whoever accepts a
//   publication calls as well. Rendering gives a complete element with its own xmlns.
// Lifetime: Tags are only borrowed during the call. Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/availability.h"
#include "domain/grant.h"
#include "domain/ids.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "market/query.h"
#include "market/reader.h"
#include "xmpp/rsm.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

inline constexpr const char* kMarketNs = "urn:bourse:market:1";
inline constexpr const char* kDefaultPool = "commons";
inline constexpr std::size_t kMaxExtensions = 16;
inline constexpr std::size_t kMaxExtensionBytes = 16 * 1024;  // all extensions of one payload together

// <offer/>
[[nodiscard]] base::Result<domain::Offer> parse_offer(const gloox::Tag& tag);
[[nodiscard]] std::string render_offer(const domain::Offer& offer);

// <request/>. What only the market may say (id, state, granted, submitted) is `standing`; parse_request
// refuses it, parse_listed_request takes it.
struct RequestStanding {
  domain::RequestState state = domain::RequestState::kWaiting;
  std::uint32_t granted = 0;
  std::optional<base::Timestamp> submitted;
  friend bool operator==(const RequestStanding&, const RequestStanding&) = default;
};
struct ListedRequest {
  domain::RequestId id;  // empty where the surrounding <item id=''/> names it
  domain::Request request;
  std::optional<RequestStanding> standing;
  friend bool operator==(const ListedRequest&, const ListedRequest&) = default;
};
[[nodiscard]] base::Result<domain::Request> parse_request(const gloox::Tag& tag);
[[nodiscard]] base::Result<ListedRequest> parse_listed_request(const gloox::Tag& tag);
[[nodiscard]] std::string render_request(const domain::Request& request);
[[nodiscard]] std::string render_request(const ListedRequest& request);

// <grant/>
struct GrantPayload {
  domain::Grant grant;
  std::string ticket;  // empty: not told
  friend bool operator==(const GrantPayload&, const GrantPayload&) = default;
};
[[nodiscard]] base::Result<GrantPayload> parse_grant(const gloox::Tag& tag);
[[nodiscard]] std::string render_grant(const domain::Grant& grant, std::string_view ticket);

// <availability/>
[[nodiscard]] base::Result<domain::AvailabilityChange> parse_availability(const gloox::Tag& tag);
[[nodiscard]] std::string render_availability(const domain::AvailabilityChange& change);

// The child of an iq-get to the service: <history/> (payload_history.h), <audit/>, <log/> (payload_log.h), <requests/>,
// <grants/>, <status/>. Queries for items of a node and for subscriptions are XEP-0060's, not these: parse never gives
// them, except that <requests/> and <grants/> are an ItemQuery with own = true. kUnsupported: an element that is none
// of them.
// render CHECKs that the query is one of the six.
[[nodiscard]] base::Result<market::QueryBody> parse_query(const gloox::Tag& tag, base::Timestamp now);
[[nodiscard]] std::string render_query(const market::QueryBody& query);

// The answers to them, but for <history/> and <log/>.
struct AuditList {
  std::vector<market::AuditRecord> records;  // Entry::record stays empty
  ResultSet set;
};
[[nodiscard]] base::Result<AuditList> parse_audit(const gloox::Tag& tag);
[[nodiscard]] std::string render_audit(const AuditList& list);

struct RequestList {
  std::vector<ListedRequest> requests;
  ResultSet set;
};
[[nodiscard]] base::Result<RequestList> parse_requests(const gloox::Tag& tag);
[[nodiscard]] std::string render_requests(const RequestList& list);

struct GrantList {
  std::vector<GrantPayload> grants;
  ResultSet set;
};
[[nodiscard]] base::Result<GrantList> parse_grants(const gloox::Tag& tag);
[[nodiscard]] std::string render_grants(const GrantList& list);

struct MarketStatus {
  domain::PoolName pool;
  market::PoolStatus counts;
  std::string version;  // of the service
};
[[nodiscard]] base::Result<MarketStatus> parse_status(const gloox::Tag& tag);
[[nodiscard]] std::string render_status(const MarketStatus& status);

}  // namespace bourse::xmpp
