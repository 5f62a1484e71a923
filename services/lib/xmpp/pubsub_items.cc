// What a reader of a node asks (XEP-0060 §6.5, with XEP-0059 and XEP-0413): questions to committed state.
#include <gloox/tag.h>

#include <algorithm>

#include "market/item_kind.h"
#include "xmpp/element.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/rsm.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using market::ItemOrder;
using market::QueryBody;
using pubsub::MarketNode;

constexpr const char* kOrderNs = "urn:xmpp:order-by:1";
constexpr const char* kOldOrderNs = "urn:xmpp:order-by:0";  // its attribute was called `by`

// The most recent items, unless RSM asks for others (XEP-0060 §6.5.7).
Result<market::Page> item_page(const PubsubContext& context) {
  auto page = parse_page(context.pubsub);
  if (!page) return page;
  const bool paged = find_child(context.pubsub, "set", kRsmNs) != nullptr;
  if (!paged) page->before = "";
  if (const std::string* text = attribute(context.action, "max_items")) {
    const auto most = parse_number(*text, 1'000'000);
    if (!most || *most == 0) {
      return error(Errc::kBadRequest, "max_items='" + clipped(*text, 32) + "' is not a number from 1 on");
    }
    page->max = static_cast<std::uint32_t>(std::min<std::uint64_t>(*most, paged ? page->max : market::kMaxPage));
  }
  return page;
}

Result<ItemOrder> order_of(const gloox::Tag& order) {
  const std::string& field = attribute_or_empty(order, is_in(order, kOldOrderNs) ? "by" : "field");
  if (field == "creation") return ItemOrder::kCreation;
  if (field == "modification") return ItemOrder::kModification;
  return error(Errc::kBadRequest, "<order/> by '" + clipped(field, 32) + "': creation and modification are possible");
}

// Of several, the first counts: the others would order what it leaves equal, and it leaves nothing equal.
Result<std::optional<ItemOrder>> item_order(const gloox::Tag& pubsub) {
  std::optional<ItemOrder> first;
  for (const auto* child : pubsub.children()) {
    if (!is(*child, "order", kOrderNs) && !is(*child, "order", kOldOrderNs)) continue;
    const auto order = order_of(*child);
    if (!order) return order.error();
    if (!first) first = *order;
  }
  return first;
}

Result<std::vector<std::string>> item_ids(const gloox::Tag& items, std::size_t longest) {
  std::vector<std::string> ids;
  for (const auto* child : items.children()) {
    if (!is(*child, "item", kPubsubNs)) continue;
    const std::string& id = attribute_or_empty(*child, "id");
    if (id.empty()) return error(Errc::kItemRequired, "an <item/> without an id");
    if (id.size() > longest || !is_utf8(id)) {
      return error(Errc::kNotFound, "there is no item '" + clipped(id, 64) + "' on this node");
    }
    if (ids.size() >= market::kMaxPage) {
      return error(Errc::kNotAcceptable, "at most " + std::to_string(market::kMaxPage) + " items at once");
    }
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

PubsubResult parse_items(const PubsubContext& context) {
  auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  if (const auto subid = subid_of(context.action); !subid) return subid.error();
  auto ids = item_ids(context.action, context.rules.policy.max_item_id_bytes);
  if (!ids) return ids.error();
  auto page = item_page(context);
  if (!page) return page.error();
  const auto order = item_order(context.pubsub);
  if (!order) return order.error();
  // An order that was asked for is newest first (XEP-0413), so that the most recent are its first page.
  const bool newest_first = order->has_value();
  if (newest_first && find_child(context.pubsub, "set", kRsmNs) == nullptr) page->before.reset();
  if (const auto market = market_node(*node, context.rules.pools)) {
    if (*order == ItemOrder::kCreation) {
      return error(Errc::kUnsupported, "items of the market are in the order of their last publication only");
    }
    market::ItemQuery query;
    query.pool = market->pool;
    query.kind = market::item_kind(market->node);
    query.ids = std::move(*ids);
    query.page = std::move(*page);
    query.newest_first = newest_first;
    return PubsubRequest(QueryBody(std::move(query)));
  }
  market::NodeItemsQuery query;
  query.pool = pool_of(*node, context.rules.pools);
  query.node = std::move(*node);
  query.ids = std::move(*ids);
  query.order = order->value_or(ItemOrder::kModification);
  query.page = std::move(*page);
  query.newest_first = newest_first;
  return PubsubRequest(QueryBody(std::move(query)));
}

}  // namespace bourse::xmpp
