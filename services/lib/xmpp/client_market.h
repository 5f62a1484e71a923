// Purpose: the market as an agent or a consumer sees it: typed publications, queries and events over a
//   ClientSession.
// Lifetime: the session outlives it. Threads: the session's thread.
// Errors: what the market answered (xmpp/client_errors.h), or kInternal when its answer does not parse.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ed25519.h"
#include "domain/ids.h"
#include "domain/offer.h"
#include "domain/request.h"
#include "market/command.h"
#include "market/query.h"
#include "market/reader.h"
#include "market/reply.h"
#include "market/request_explanation.h"
#include "xmpp/client_session.h"
#include "xmpp/payload.h"

namespace bourse::xmpp {

// What the market tells its clients, as messages of type headline.
struct OfferPublished {
  domain::OfferId id;
  std::string publisher;
  domain::Offer offer;
};
struct RequestPublished {
  domain::RequestId id;
  ListedRequest request;
};
struct ItemRetracted {
  domain::NodeName node;
  std::string item_id;
};
struct GrantChanged {
  GrantPayload payload;  // its state says what became of it
};
struct AvailabilityChanged {
  domain::AvailabilityChange change;
};
// The audit log has a new signed head. Nobody has verified it yet.
struct CheckpointPublished {
  std::uint64_t size = 0;
  std::string note;
};
using MarketEvent = std::variant<OfferPublished, RequestPublished, ItemRetracted, GrantChanged, AvailabilityChanged,
                                 CheckpointPublished>;

struct ListedOffer {
  domain::OfferId id;
  std::string publisher;
  domain::Offer offer;
};

class MarketClient {
 public:
  using DoneHandler = std::function<void(const base::Status&)>;
  using IdHandler = std::function<void(const base::Result<std::string>&)>;
  using EventHandler = std::function<void(const MarketEvent&)>;

  // `service`: the market's JID.
  MarketClient(ClientSession& session, domain::Jid service, domain::PoolName pool);

  [[nodiscard]] const domain::Jid& service() const { return service_; }
  [[nodiscard]] const domain::PoolName& pool() const { return pool_; }
  [[nodiscard]] ClientSession& session() { return session_; }
  [[nodiscard]] domain::NodeName node(std::string_view name) const;  // "commons/offers"

  // Gives the item's id; an empty `id` lets the market choose one.
  [[nodiscard]] base::Result<std::string> publish(const domain::OfferId& id, const domain::Offer& offer);
  [[nodiscard]] base::Result<std::string> publish(const domain::RequestId& id, const domain::Request& request);
  // The same without waiting: many may be under way. `payload` is a complete element.
  void begin_publish(const domain::NodeName& node, std::string_view id, std::string_view payload, IdHandler handler);
  // Withdraws an offer, cancels a request, releases or revokes a grant.
  [[nodiscard]] base::Status retract(const domain::NodeName& node, std::string_view id);
  // Confirms, declines, renews or reclaims a grant.
  [[nodiscard]] base::Status act(const market::GrantAction& action);
  // The same without waiting.
  void begin_act(const market::GrantAction& action, DoneHandler handler);
  [[nodiscard]] base::Status subscribe(const domain::NodeName& node);
  [[nodiscard]] base::Status unsubscribe(const domain::NodeName& node);

  // Offers that are open, oldest first, at most `most`; all pages are fetched.
  [[nodiscard]] base::Result<std::vector<ListedOffer>> offers(std::size_t most);
  [[nodiscard]] base::Result<ListedOffer> offer(const domain::OfferId& id);
  // One's own.
  [[nodiscard]] base::Result<std::vector<ListedRequest>> requests(bool ended_too, std::size_t most);
  [[nodiscard]] base::Result<ListedRequest> request(const domain::RequestId& id);
  // Why it waits.
  [[nodiscard]] base::Result<market::RequestExplanation> explain(const domain::RequestId& id);
  [[nodiscard]] base::Result<std::vector<GrantPayload>> grants(bool ended_too, std::size_t most);
  [[nodiscard]] base::Result<GrantPayload> grant(const domain::GrantId& id);

  // Of this pool, whatever the query names. Pages of intervals or names are all fetched, until there are `most`.
  [[nodiscard]] base::Result<market::HistoryReport> history(market::HistoryQuery query, std::size_t most = 0);
  [[nodiscard]] base::Result<market::Prediction> predict(const market::PredictAvailability& question);
  [[nodiscard]] base::Status import_part(const market::ImportHistory& part);
  // A sign of life, which nobody answers.
  void send_heartbeat(const market::Heartbeat& heartbeat);
  // The newest `most` entries that fit `query` (its page is ignored), oldest first.
  [[nodiscard]] base::Result<std::vector<market::AuditRecord>> audit(market::AuditQuery query, std::size_t most);
  // One question to the log of this pool, whatever the query names; client_log.h asks for all of it.
  [[nodiscard]] base::Result<market::LogAnswer> log(market::LogQuery query);
  // The keys its logs are signed with, as vkeys (audit/note_key.h); the service says so itself (its XEP-0128 form).
  [[nodiscard]] base::Result<std::vector<std::string>> log_keys();
  [[nodiscard]] base::Result<MarketStatus> status();
  // The key tickets are signed with (XEP-0128 form of the service).
  [[nodiscard]] base::Result<base::VerifyKey> ticket_key();

  // Takes over the session's messages; those of other senders are dropped.
  void on_event(EventHandler handler);

 private:
  using Reply = base::Result<std::unique_ptr<gloox::Tag>>;
  [[nodiscard]] base::Result<std::string> publish_item(const domain::NodeName& node, std::string_view id,
                                                       std::string_view payload);
  [[nodiscard]] Reply query(const market::QueryBody& body);
  [[nodiscard]] base::Result<std::vector<std::string>> announced(const std::string& field);
  [[nodiscard]] Reply items(const std::string& inner, const std::string& set);
  [[nodiscard]] base::Status subscription(std::string_view action, const domain::NodeName& node);
  template <class Row, class List>
  [[nodiscard]] base::Result<std::vector<Row>> all_pages(market::ItemQuery query, std::size_t most,
                                                         base::Result<List> (*parse)(const gloox::Tag&),
                                                         std::vector<Row> List::*rows);

  ClientSession& session_;
  domain::Jid service_;
  domain::PoolName pool_;
};

// The events inside one message of the market; payloads that do not parse are left out and logged.
[[nodiscard]] std::vector<MarketEvent> parse_events(const gloox::Tag& message);

}  // namespace bourse::xmpp
