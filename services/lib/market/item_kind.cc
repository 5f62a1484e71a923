#include "market/item_kind.h"

#include "base/check.h"

namespace bourse::market {

ItemKind item_kind(pubsub::MarketNode node) {
  switch (node) {
    case pubsub::MarketNode::kOffers:
      return ItemKind::kOffer;
    case pubsub::MarketNode::kRequests:
      return ItemKind::kRequest;
    case pubsub::MarketNode::kGrants:
      return ItemKind::kGrant;
    case pubsub::MarketNode::kAvailability:
      return ItemKind::kAvailability;
    case pubsub::MarketNode::kAudit:
      return ItemKind::kCheckpoint;
  }
  BOURSE_CHECK(false);
}

pubsub::MarketNode market_node(ItemKind kind) {
  switch (kind) {
    case ItemKind::kOffer:
      return pubsub::MarketNode::kOffers;
    case ItemKind::kRequest:
      return pubsub::MarketNode::kRequests;
    case ItemKind::kGrant:
      return pubsub::MarketNode::kGrants;
    case ItemKind::kAvailability:
      return pubsub::MarketNode::kAvailability;
    case ItemKind::kCheckpoint:
      return pubsub::MarketNode::kAudit;
  }
  BOURSE_CHECK(false);
}

}  // namespace bourse::market
