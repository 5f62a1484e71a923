#include "xmpp/pubsub_request.h"

#include <gloox/tag.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "domain/records.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using market::QueryBody;
using pubsub::MarketNode;
using pubsub::PoolNode;

struct Context {
  const gloox::Tag& pubsub;  // <pubsub/>
  const gloox::Tag& action;  // its child
  const domain::Jid& sender;
  base::Timestamp now;
  const PubsubRules& rules;
};

base::Error error(Errc code, std::string text) { return {code, std::move(text)}; }

// Up to a few per cent the bytes of the element as XML; stops counting beyond `most`.
std::size_t weight(const gloox::Tag& tag, std::size_t most) {
  std::size_t bytes = 2 * tag.name().size() + 5 + tag.cdata().size();
  for (const auto* each : tag.attributes()) bytes += each->name().size() + each->value().size() + 4;
  for (const auto* child : tag.children()) {
    if (bytes > most) break;
    bytes += weight(*child, most - bytes);
  }
  return bytes;
}

// The one <item/> of a publish or retract.
Result<const gloox::Tag*> one_item(const Context& context) {
  const gloox::Tag* item = nullptr;
  for (const auto* child : context.action.children()) {
    if (child->name() != "item") continue;
    if (item != nullptr)
      return error(Errc::kNotAcceptable, "this node takes one <item/> in a stanza: send the others in their own");
    item = child;
  }
  if (item == nullptr) return error(Errc::kItemRequired, "the <item/> is missing");
  return item;
}

Result<std::string> item_id(const gloox::Tag& item) {
  const std::string* id = attribute(item, "id");
  if (id == nullptr || id->empty()) return std::string();
  if (id->size() > kMaxItemId) {
    return error(Errc::kNotAcceptable,
                 "the item id has " + std::to_string(id->size()) + " bytes: at most " + std::to_string(kMaxItemId));
  }
  return *id;
}

Result<const gloox::Tag*> payload_of(const gloox::Tag& item, std::size_t most) {
  const auto& children = item.children();
  if (children.empty()) return error(Errc::kPayloadRequired, "the <item/> is empty: it needs a payload");
  if (children.size() > 1) return error(Errc::kInvalidPayload, "an <item/> has one payload element, not several");
  if (weight(*children.front(), most) > most) {
    return error(Errc::kPayloadTooBig, "the payload has more than " + std::to_string(most) + " bytes");
  }
  return children.front();
}

Result<PubsubRequest> publish_offer(const gloox::Tag& payload, std::string id, const domain::PoolName& pool,
                                    base::Timestamp now) {
  auto offer = parse_offer(payload);
  if (!offer) return offer.error();
  if (const auto valid = domain::validate(*offer, now); !valid) return valid.error();
  std::string record = domain::encode(*offer);
  return PubsubRequest(PoolCommand{pool, market::PublishOffer{{std::move(id)}, std::move(*offer), std::move(record)}});
}

Result<PubsubRequest> publish_request(const gloox::Tag& payload, std::string id, const domain::PoolName& pool,
                                      base::Timestamp now) {
  auto request = parse_request(payload);
  if (!request) return request.error();
  if (const auto valid = domain::validate(*request, now); !valid) return valid.error();
  std::string record = domain::encode(*request);
  return PubsubRequest(
      PoolCommand{pool, market::PublishRequest{{std::move(id)}, std::move(*request), std::move(record)}});
}

Result<PubsubRequest> publish(const Context& context) {
  if (find_child(context.pubsub, "publish-options", kPubsubNs) != nullptr) {
    return error(Errc::kUnsupported, "publish-options are not supported: leave them out");
  }
  const auto node = find_node(attribute(context.action, "node"), context.rules.pools);
  if (!node) return node.error();
  if (node->node != MarketNode::kOffers && node->node != MarketNode::kRequests) {
    return error(Errc::kForbidden, "only the market itself publishes to this node");
  }
  const auto item = one_item(context);
  if (!item) return item.error();
  auto id = item_id(**item);
  if (!id) return id.error();
  const auto payload = payload_of(**item, context.rules.max_payload_bytes);
  if (!payload) return payload.error();
  if (id->empty()) *id = context.rules.new_item_id();
  return node->node == MarketNode::kOffers ? publish_offer(**payload, std::move(*id), node->pool, context.now)
                                           : publish_request(**payload, std::move(*id), node->pool, context.now);
}

Result<PubsubRequest> retract(const Context& context) {
  const auto node = find_node(attribute(context.action, "node"), context.rules.pools);
  if (!node) return node.error();
  const auto item = one_item(context);
  if (!item) return item.error();
  auto id = item_id(**item);
  if (!id) return id.error();
  if (id->empty()) return error(Errc::kItemRequired, "the item's id is missing");
  return PubsubRequest(
      PoolCommand{node->pool, market::Retract{pubsub::node_name(node->pool, node->node), std::move(*id)}});
}

Result<domain::Jid> own_jid(const Context& context) {
  const std::string* text = attribute(context.action, "jid");
  if (text == nullptr) return error(Errc::kInvalidJid, "the attribute 'jid' is missing: it is your own address");
  auto jid = domain::Jid::parse(*text);
  if (!jid) return error(Errc::kInvalidJid, jid.error().text);
  if (*jid != context.sender && *jid != context.sender.bare()) {
    return error(Errc::kInvalidJid, "'" + clipped(*text, 128) + "' is not your own address, with or without resource");
  }
  return jid;
}

Result<PubsubRequest> subscribe(const Context& context) {
  if (find_child(context.pubsub, "options", kPubsubNs) != nullptr) {
    return error(Errc::kUnsupported, "subscription options are not supported: leave them out");
  }
  const auto node = find_node(attribute(context.action, "node"), context.rules.pools);
  if (!node) return node.error();
  auto jid = own_jid(context);
  if (!jid) return jid.error();
  return PubsubRequest(
      PoolCommand{node->pool, market::Subscribe{pubsub::node_name(node->pool, node->node), std::move(*jid)}});
}

Result<PubsubRequest> unsubscribe(const Context& context) {
  const auto node = find_node(attribute(context.action, "node"), context.rules.pools);
  if (!node) return node.error();
  auto jid = own_jid(context);
  if (!jid) return jid.error();
  return PubsubRequest(
      PoolCommand{node->pool, market::Unsubscribe{pubsub::node_name(node->pool, node->node), std::move(*jid)}});
}

market::ItemKind kind_of(MarketNode node) {
  switch (node) {
    case MarketNode::kOffers:
      return market::ItemKind::kOffer;
    case MarketNode::kRequests:
      return market::ItemKind::kRequest;
    case MarketNode::kGrants:
      return market::ItemKind::kGrant;
    case MarketNode::kAvailability:
      return market::ItemKind::kAvailability;
  }
  return market::ItemKind::kOffer;
}

// The most recent items, unless RSM asks for others (XEP-0060 §6.5.7).
Result<market::Page> item_page(const Context& context) {
  auto page = parse_page(context.pubsub);
  if (!page) return page;
  const bool paged = find_child(context.pubsub, "set", kRsmNs) != nullptr;
  if (!paged) page->before = "";
  if (const std::string* text = attribute(context.action, "max_items")) {
    const auto most = parse_number(*text, 1'000'000);
    if (!most || *most == 0)
      return error(Errc::kBadRequest, "max_items='" + clipped(*text, 32) + "' is not a number from 1 on");
    page->max = static_cast<std::uint32_t>(std::min<std::uint64_t>(*most, paged ? page->max : market::kMaxPage));
  }
  return page;
}

Result<PubsubRequest> items(const Context& context) {
  const auto node = find_node(attribute(context.action, "node"), context.rules.pools);
  if (!node) return node.error();
  market::ItemQuery query;
  query.pool = node->pool;
  query.kind = kind_of(node->node);
  for (const auto* child : context.action.children()) {
    if (child->name() != "item") continue;
    auto id = item_id(*child);
    if (!id) return id.error();
    if (id->empty()) return error(Errc::kItemRequired, "an <item/> without an id");
    if (query.ids.size() >= market::kMaxPage) {
      return error(Errc::kNotAcceptable, "at most " + std::to_string(market::kMaxPage) + " items at once");
    }
    query.ids.push_back(std::move(*id));
  }
  auto page = item_page(context);
  if (!page) return page.error();
  query.page = std::move(*page);
  return PubsubRequest(QueryBody(std::move(query)));
}

Result<PubsubRequest> subscriptions(const Context& context) {
  market::SubscriptionsQuery query{context.rules.pools.front(), std::nullopt};
  if (const std::string* name = attribute(context.action, "node")) {
    const auto node = find_node(name, context.rules.pools);
    if (!node) return node.error();
    query.pool = node->pool;
    query.node = pubsub::node_name(node->pool, node->node);
  }
  return PubsubRequest(QueryBody(std::move(query)));
}

struct Action {
  std::string_view name;
  bool set;
  Result<PubsubRequest> (*parse)(const Context&);
};
constexpr Action kActions[] = {{"publish", true, publish},     {"retract", true, retract},
                               {"subscribe", true, subscribe}, {"unsubscribe", true, unsubscribe},
                               {"items", false, items},        {"subscriptions", false, subscriptions}};

}  // namespace

Result<PubsubRequest> parse_pubsub(const gloox::Tag& pubsub, bool set, const domain::Jid& sender, base::Timestamp now,
                                   const PubsubRules& rules) {
  if (pubsub.children().empty()) return error(Errc::kBadRequest, "the <pubsub/> element is empty");
  for (const auto* child : pubsub.children()) {
    for (const auto& action : kActions) {
      if (action.name != child->name()) continue;
      if (action.set != set) {
        return error(Errc::kBadRequest,
                     "<" + child->name() + "> belongs into an iq of type " + (action.set ? "set" : "get"));
      }
      return action.parse({pubsub, *child, sender, now, rules});
    }
  }
  return error(Errc::kUnsupported,
               "<" + clipped(pubsub.children().front()->name(), 64) + "> is not supported by this service");
}

Result<PoolNode> find_node(const std::string* name, const std::vector<domain::PoolName>& pools) {
  if (name == nullptr || name->empty()) return error(Errc::kNodeRequired, "the attribute 'node' is missing");
  const auto node = pubsub::parse_node(*name);
  if (!node || std::find(pools.begin(), pools.end(), node->pool) == pools.end()) {
    return error(Errc::kNotFound,
                 "there is no node '" + clipped(*name, 128) + "': ask with disco#items which there are");
  }
  return *node;
}

std::string random_item_id() {
  std::array<unsigned char, 18> bytes{};
  BOURSE_CHECK(::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return base::base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace bourse::xmpp
