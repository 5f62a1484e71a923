#include "xmpp/item_payload.h"

#include <utility>

#include "audit/decimal.h"
#include "domain/records.h"
#include "domain/ticket.h"
#include "pubsub/market_nodes.h"
#include "xmpp/payload_log.h"

namespace bourse::xmpp {
namespace {

using base::Result;

Result<std::string> offer_payload(const std::string& record) {
  const auto offer = domain::decode_offer(record);
  if (!offer) return offer.error();
  return render_offer(*offer);
}

Result<std::string> availability_payload(const std::string& record) {
  const auto change = domain::decode_availability(record);
  if (!change) return change.error();
  return render_availability(*change);
}

// The item's id is the checkpoint's size, its record the note.
Result<std::string> checkpoint_payload(const std::string& id, const std::string& note) {
  const auto size = audit::parse_decimal(id);
  if (!size) return base::Error{base::Errc::kCorrupt, "the item of a checkpoint is not called by its size: " + id};
  return render_checkpoint_payload({*size, note});
}

Result<std::string> published_payload(const market::Event& event) {
  const auto node = pubsub::parse_node(event.node.value);
  if (node && node->node == pubsub::MarketNode::kAudit) return checkpoint_payload(event.item_id, event.record);
  if (!node || node->node != pubsub::MarketNode::kRequests) return offer_payload(event.record);
  auto request = domain::decode_request(event.record);
  if (!request) return request.error();
  const RequestStanding standing{domain::RequestState::kWaiting, 0, event.at};
  return render_request(ListedRequest{{}, std::move(*request), standing});
}

Result<ItemPayload> grant_event_payload(const market::Event& event, const TicketSigner& sign) {
  auto grant = domain::decode_grant(event.record);
  if (!grant) return grant.error();
  ItemPayload payload{render_grant(*grant, {}), {}};
  if (domain::may_have_ticket(grant->state) && sign) {
    payload.with_ticket = render_grant(*grant, sign(*grant));
    payload.provider = std::move(grant->provider);
    payload.consumer = std::move(grant->consumer);
  }
  return payload;
}

Result<ItemPayload> same_for_all(Result<std::string>&& payload) {
  if (!payload) return payload.error();
  return ItemPayload{std::move(payload).value(), {}};
}

}  // namespace

Result<ItemPayload> item_payload(const market::Event& event, const TicketSigner& sign) {
  using enum market::EventKind;
  switch (event.kind) {
    case kPublished:
      return same_for_all(published_payload(event));
    case kGrantStarted:
    case kGrantChanged:
    case kGrantEnded:
      return grant_event_payload(event, sign);
    case kAvailabilityChanged:
      return same_for_all(availability_payload(event.record));
    case kItemPublished:
      return ItemPayload{event.record, {}};
    case kRetracted:
    case kItemRetracted:
    case kNodeConfigured:
    case kNodeDeleted:
    case kNodePurged:
    case kSubscriptionChanged:
    case kSubscriptionRequested:
    case kNodeCreated:
    case kAssociated:
    case kDissociated:
      return ItemPayload{};
  }
  return base::Error{base::Errc::kCorrupt, "an event of unknown kind"};
}

Result<GrantPayload> grant_payload(const market::Item& item, const domain::Jid& viewer, const TicketSigner& sign) {
  auto grant = domain::decode_grant(item.record);
  if (!grant) return grant.error();
  const bool party = viewer == grant->provider || viewer == grant->consumer;
  std::string ticket = party && sign && domain::may_have_ticket(grant->state) ? sign(*grant) : std::string();
  return GrantPayload{std::move(*grant), std::move(ticket)};
}

Result<ListedRequest> listed_request(const market::Item& item, bool with_id) {
  auto request = domain::decode_request(item.record);
  if (!request) return request.error();
  return ListedRequest{{with_id ? item.id : std::string()},
                       std::move(*request),
                       RequestStanding{item.request_state, item.granted, item.published}};
}

Result<std::string> item_payload(const market::Item& item, const domain::Jid& viewer, const TicketSigner& sign) {
  switch (item.kind) {
    case market::ItemKind::kOffer:
      return offer_payload(item.record);
    case market::ItemKind::kRequest: {
      const auto request = listed_request(item, false);
      if (!request) return request.error();
      return render_request(*request);
    }
    case market::ItemKind::kGrant: {
      const auto grant = grant_payload(item, viewer, sign);
      if (!grant) return grant.error();
      return render_grant(grant->grant, grant->ticket);
    }
    case market::ItemKind::kAvailability:
      return availability_payload(item.record);
    case market::ItemKind::kCheckpoint:
      return checkpoint_payload(item.id, item.record);
  }
  return base::Error{base::Errc::kCorrupt, "an item of unknown kind"};
}

}  // namespace bourse::xmpp
