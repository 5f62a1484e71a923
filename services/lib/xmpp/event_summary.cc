#include "xmpp/event_summary.h"

#include <fmt/format.h>

#include <string_view>

#include "domain/records.h"
#include "pubsub/form.h"
#include "pubsub/market_nodes.h"
#include "xmpp/timestamps.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Result;
using market::Event;
using market::EventKind;

constexpr std::size_t kLongestRedirect = 512;

// "16 cpu, 64Gi memory"
std::string amounts(const domain::Resources& resources) {
  std::string text;
  for (const auto& entry : resources.entries()) {
    if (!text.empty()) text += ", ";
    text += domain::format_quantity(entry.name, entry.amount) + " " + entry.name;
  }
  return text;
}

std::string lent(const domain::Offer& offer) {
  std::string text = amounts(offer.resources);
  if (!offer.gpu_model.empty()) text += " (" + offer.gpu_model + ")";
  for (const auto& service : offer.services) {
    if (!text.empty()) text += ", ";
    text += service.name;
    if (!service.version.empty()) text += " " + service.version;
  }
  return text;
}

bool is_of(const Event& event, pubsub::MarketNode which) {
  const auto node = pubsub::parse_node(event.node.value);
  return node && node->node == which;
}

Result<std::string> offer_line(const Event& event) {
  const auto offer = domain::decode_offer(event.record);
  if (!offer) return offer.error();
  return fmt::format("Offer {} by {}: {}", event.item_id, event.provider.text(), lent(*offer));
}

Result<std::string> request_line(const Event& event) {
  const auto request = domain::decode_request(event.record);
  if (!request) return request.error();
  return fmt::format("Request {} by {}: {} × {} for {}", event.item_id, event.consumer.text(), request->count,
                     amounts(request->resources), format_duration(request->duration));
}

// " until …" of a lease that goes on, ", suspect until …" of a state that ends by itself.
std::string standing(const domain::Grant& grant) {
  using enum domain::GrantState;
  const std::string state = ", " + std::string(name(grant.state));
  switch (grant.state) {
    case kActive:
      return " until " + format_timestamp(grant.expires);
    case kReserved:
      return state + " from " + format_timestamp(grant.started) + " until " + format_timestamp(grant.expires);
    case kProposed:
    case kReclaiming:
    case kSuspect:
      return grant.state_until ? state + " until " + format_timestamp(*grant.state_until) : state;
    case kReleased:
    case kExpired:
    case kRevoked:
    case kDeclined:
    case kTimedOut:
    case kLost:
      return state;
  }
  return state;
}

Result<std::string> grant_line(const Event& event) {
  const auto grant = domain::decode_grant(event.record);
  if (!grant) return grant.error();
  std::string line = fmt::format("Grant {}: {} of {} for {}", event.item_id, amounts(grant->resources),
                                 grant->provider.text(), grant->consumer.text());
  line += standing(*grant);
  return grant->reason.empty() ? line : line + ": " + grant->reason;
}

Result<std::string> availability_line(const Event& event) {
  const auto change = domain::decode_availability(event.record);
  if (!change) return change.error();
  return fmt::format("Provider {} is {} since {}", change->provider.text(), name(change->presence),
                     format_timestamp(change->at));
}

Result<std::string> subscription_line(const Event& event) {
  const auto values = pubsub::decode_form(event.record);
  const auto* state = values ? pubsub::find_field(*values, "state") : nullptr;
  if (state == nullptr || state->values.empty()) {
    return {base::Errc::kCorrupt, "the record of a subscription's event has no state"};
  }
  return fmt::format("The subscription of {} to node {} is now: {}", event.consumer.text(), event.node.value,
                     state->values.front());
}

std::string deleted_line(const Event& event) {
  std::string line = "Node " + event.node.value + " was deleted";
  const auto values = pubsub::decode_form(event.record);
  const auto* redirect = values ? pubsub::find_field(*values, "redirect") : nullptr;
  if (redirect == nullptr || redirect->values.empty() || redirect->values.front().empty()) return line;
  return line + ": see " + clipped(redirect->values.front(), kLongestRedirect);
}

}  // namespace

Result<std::string> event_summary(const Event& event) {
  const std::string& node = event.node.value;
  const std::string& id = event.item_id;
  switch (event.kind) {
    case EventKind::kPublished:
      if (is_of(event, pubsub::MarketNode::kAudit)) return "Checkpoint of the audit log: " + id + " entries";
      return is_of(event, pubsub::MarketNode::kRequests) ? request_line(event) : offer_line(event);
    case EventKind::kGrantStarted:
    case EventKind::kGrantChanged:
    case EventKind::kGrantEnded:
      return grant_line(event);
    case EventKind::kAvailabilityChanged:
      return availability_line(event);
    case EventKind::kItemPublished:
      return fmt::format("New item {} in node {}", id, node);
    case EventKind::kRetracted:
    case EventKind::kItemRetracted:
      return fmt::format("Item {} is gone from node {}", id, node);
    case EventKind::kNodeConfigured:
      return fmt::format("Node {} has a new configuration", node);
    case EventKind::kNodeDeleted:
      return deleted_line(event);
    case EventKind::kNodePurged:
      return fmt::format("All items are gone from node {}", node);
    case EventKind::kSubscriptionChanged:
      return subscription_line(event);
    case EventKind::kSubscriptionRequested:
      return fmt::format("{} wants to subscribe to node {}", event.consumer.text(), node);
    case EventKind::kNodeCreated:
      return fmt::format("New node {}", node);
    case EventKind::kAssociated:
      return fmt::format("Node {} is in collection {} now", id, node);
    case EventKind::kDissociated:
      return fmt::format("Node {} is not in collection {} any more", id, node);
  }
  return base::Error{base::Errc::kCorrupt, "an event of unknown kind"};
}

}  // namespace bourse::xmpp
