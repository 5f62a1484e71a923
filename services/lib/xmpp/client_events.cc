#include <gloox/tag.h>
#include <spdlog/spdlog.h>

#include <optional>

#include "xmpp/client_market.h"
#include "xmpp/element.h"
#include "xmpp/payload_log.h"

namespace bourse::xmpp {
namespace {

constexpr const char* kEventNs = "http://jabber.org/protocol/pubsub#event";

template <class T>
const T* logged(const base::Result<T>& parsed, const std::string& node, const std::string& id) {
  if (parsed) return &*parsed;
  spdlog::warn("ignored an event of {} item '{}': {}", node, id, parsed.error().text);
  return nullptr;
}

std::optional<MarketEvent> parse_item(const gloox::Tag& item, const std::string& node) {
  const std::string& id = item.findAttribute("id");
  for (const gloox::Tag* payload : item.children()) {
    if (!is_in(*payload, kMarketNs)) continue;
    if (payload->name() == "offer") {
      const auto offer = parse_offer(*payload);
      if (const auto* value = logged(offer, node, id)) {
        return OfferPublished{{id}, item.findAttribute("publisher"), *value};
      }
    } else if (payload->name() == "request") {
      const auto request = parse_listed_request(*payload);
      if (const auto* value = logged(request, node, id)) return RequestPublished{{id}, *value};
    } else if (payload->name() == "grant") {
      const auto grant = parse_grant(*payload);
      if (const auto* value = logged(grant, node, id)) return GrantChanged{*value};
    } else if (payload->name() == "availability") {
      const auto change = parse_availability(*payload);
      if (const auto* value = logged(change, node, id)) return AvailabilityChanged{*value};
    } else if (payload->name() == "checkpoint") {
      const auto checkpoint = parse_checkpoint_payload(*payload);
      if (const auto* value = logged(checkpoint, node, id)) return CheckpointPublished{value->size, value->note};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<MarketEvent> parse_events(const gloox::Tag& message) {
  std::vector<MarketEvent> events;
  const gloox::Tag* event = find_child(message, "event", kEventNs);
  const gloox::Tag* items = event == nullptr ? nullptr : find_child(*event, "items", kEventNs);
  if (items == nullptr) return events;
  const std::string& node = items->findAttribute("node");
  for (const gloox::Tag* child : items->children()) {
    if (child->name() == "retract") {
      events.emplace_back(ItemRetracted{{node}, child->findAttribute("id")});
    } else if (child->name() == "item") {
      if (auto parsed = parse_item(*child, node)) events.push_back(std::move(*parsed));
    }
  }
  return events;
}

}  // namespace bourse::xmpp
