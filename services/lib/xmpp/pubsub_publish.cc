// What a publisher asks (XEP-0060 §7). Offers and requests of a pool are the market's own commands; every other node
// takes any element.
#include <gloox/tag.h>

#include <unordered_set>

#include "domain/records.h"
#include "pubsub/node_config.h"
#include "xmpp/element.h"
#include "xmpp/payload.h"
#include "xmpp/payload_fields.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::MarketNode;
using pubsub::PoolNode;

// The <item/> children; kBadRequest for any other element of ours.
Result<std::vector<const gloox::Tag*>> items_of(const gloox::Tag& action, std::size_t most) {
  std::vector<const gloox::Tag*> items;
  for (const auto* child : action.children()) {
    if (!is(*child, "item", kPubsubNs)) {
      return error(Errc::kBadRequest,
                   describe(action) + " has <item/> elements, not <" + clipped(child->name(), 64) + ">");
    }
    if (items.size() >= most) {
      return error(Errc::kMaxItemsExceeded, "more than " + std::to_string(most) +
                                                " items in one stanza: send the others in stanzas of their own");
    }
    items.push_back(child);
  }
  return items;
}

// The one item that a market node takes at a time.
Result<const gloox::Tag*> one_item(const gloox::Tag& action) {
  const gloox::Tag* item = nullptr;
  for (const auto* child : action.children()) {
    if (child->name() != "item") continue;
    if (item != nullptr) {
      return error(Errc::kNotAcceptable, "this node takes one <item/> in a stanza: send the others in their own");
    }
    item = child;
  }
  if (item == nullptr) return error(Errc::kItemRequired, "the <item/> is missing");
  return item;
}

base::Status check_id(std::string_view id, std::size_t most) {
  if (id.size() > most) {
    return error(Errc::kNotAcceptable,
                 "the item id has " + std::to_string(id.size()) + " bytes: at most " + std::to_string(most));
  }
  if (!is_utf8(id)) return error(Errc::kNotAcceptable, "the item id is not UTF-8");
  return base::Done{};
}

base::Status check_weight(std::size_t bytes, std::size_t most) {
  if (bytes <= most) return base::Done{};
  return error(Errc::kPayloadTooBig, "the payload has more than " + std::to_string(most) + " bytes");
}

// Null: the item has none.
Result<const gloox::Tag*> payload_of(const gloox::Tag& item, std::size_t most) {
  const auto& children = item.children();
  if (children.empty()) {
    if (const auto text = no_text(item); !text) return text.error();
    return static_cast<const gloox::Tag*>(nullptr);
  }
  if (children.size() > 1) return error(Errc::kInvalidPayload, "an <item/> has one payload element, not several");
  if (const auto fits = check_weight(weight(*children.front(), most), most); !fits) return fits.error();
  return children.front();
}

PubsubResult publish_offer(const gloox::Tag& payload, std::string id, const domain::PoolName& pool,
                           base::Timestamp now) {
  auto offer = parse_offer(payload);
  if (!offer) return offer.error();
  if (const auto valid = domain::validate(*offer, now); !valid) return valid.error();
  std::string record = domain::encode(*offer);
  return PubsubRequest(PoolCommand{pool, market::PublishOffer{{std::move(id)}, std::move(*offer), std::move(record)}});
}

PubsubResult publish_request(const gloox::Tag& payload, std::string id, const domain::PoolName& pool,
                             base::Timestamp now) {
  auto request = parse_request(payload);
  if (!request) return request.error();
  if (const auto valid = domain::validate(*request, now); !valid) return valid.error();
  std::string record = domain::encode(*request);
  return PubsubRequest(
      PoolCommand{pool, market::PublishRequest{{std::move(id)}, std::move(*request), std::move(record)}});
}

PubsubResult publish_to_market(const PubsubContext& context, const PoolNode& node,
                               const std::optional<pubsub::FormValues>& options) {
  if (node.node != MarketNode::kOffers && node.node != MarketNode::kRequests) {
    return error(Errc::kForbidden, "only the market itself publishes to this node");
  }
  if (options) {
    const auto met = pubsub::check_preconditions(pubsub::market_node_config(), *options, context.rules.policy.limits);
    if (!met) return met.error();
  }
  const auto item = one_item(context.action);
  if (!item) return item.error();
  std::string id = attribute_or_empty(**item, "id");
  if (const auto good = check_id(id, kMaxItemId); !good) return good.error();
  const auto payload = payload_of(**item, context.rules.max_payload_bytes);
  if (!payload) return payload.error();
  if (*payload == nullptr) return error(Errc::kPayloadRequired, "the <item/> is empty: it needs a payload");
  if (id.empty()) id = context.rules.new_item_id();
  return node.node == MarketNode::kOffers ? publish_offer(**payload, std::move(id), node.pool, context.now)
                                          : publish_request(**payload, std::move(id), node.pool, context.now);
}

Result<pubsub::NewItem> new_item(const gloox::Tag& tag, const PubsubRules& rules) {
  pubsub::NewItem item;
  item.id = attribute_or_empty(tag, "id");
  if (const auto good = check_id(item.id, rules.policy.max_item_id_bytes); !good) return good.error();
  const std::size_t most = rules.policy.limits.max_payload_bytes;
  const auto payload = payload_of(tag, most);
  if (!payload) return payload.error();
  if (*payload != nullptr) {
    auto text = standalone_text(**payload);
    if (!text) return text.error();
    if (const auto fits = check_weight(text->size(), most); !fits) return fits.error();
    if (!is_utf8(*text)) return error(Errc::kInvalidPayload, "the payload is not UTF-8");
    item.payload = std::move(*text);
    item.payload_ns = namespace_of(**payload);
  }
  if (item.id.empty()) item.id = rules.new_item_id();
  return item;
}

PubsubResult publish_to_node(const PubsubContext& context, domain::NodeName&& node,
                             std::optional<pubsub::FormValues>&& options) {
  const auto tags = items_of(context.action, context.rules.policy.max_items_per_publish);
  if (!tags) return tags.error();
  pubsub::PublishItems publish{std::move(node), {}, std::move(options)};
  publish.items.reserve(tags->size());
  std::unordered_set<std::string_view> ids;
  for (const auto* tag : *tags) {
    auto item = new_item(*tag, context.rules);
    if (!item) return item.error();
    publish.items.push_back(std::move(*item));
    if (!ids.insert(publish.items.back().id).second) {  // stays valid: enough was reserved
      return error(Errc::kBadRequest,
                   "the item id '" + clipped(publish.items.back().id, 64) + "' is there twice in one stanza");
    }
  }
  const domain::NodeName name = publish.node;
  return ask_pool(context.rules, &name, std::move(publish));
}

Result<std::optional<pubsub::FormValues>> publish_options(const gloox::Tag& pubsub) {
  const gloox::Tag* options = find_child(pubsub, "publish-options", kPubsubNs);
  if (options == nullptr) return std::optional<pubsub::FormValues>();
  auto form = form_in(*options, pubsub::kPublishOptionsForm);
  if (!form) return form.error();
  if (!*form || (*form)->type == pubsub::FormType::kCancel) return std::optional<pubsub::FormValues>();
  return std::optional(std::move((*form)->values));
}

PubsubResult retract_from_market(const PubsubContext& context, const PoolNode& node, domain::NodeName&& name) {
  const auto item = one_item(context.action);
  if (!item) return item.error();
  const std::string& id = attribute_or_empty(**item, "id");
  if (id.empty()) return error(Errc::kItemRequired, "the item's id is missing");
  if (id.size() > kMaxItemId) return error(Errc::kNotFound, "no item has an id as long as that");
  return PubsubRequest(PoolCommand{node.pool, market::Retract{std::move(name), id}});
}

}  // namespace

PubsubResult parse_publish(const PubsubContext& context) {
  auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  auto options = publish_options(context.pubsub);
  if (!options) return options.error();
  if (const auto market = market_node(*node, context.rules.pools)) return publish_to_market(context, *market, *options);
  return publish_to_node(context, std::move(*node), std::move(*options));
}

PubsubResult parse_retract(const PubsubContext& context) {
  auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  const auto notify = boolean_of(context.action, "notify", false);
  if (!notify) return notify.error();
  if (const auto market = market_node(*node, context.rules.pools)) {
    return retract_from_market(context, *market, std::move(*node));
  }
  const auto tags = items_of(context.action, context.rules.policy.max_items_per_publish);
  if (!tags) return tags.error();
  if (tags->empty()) return error(Errc::kItemRequired, "the <item/> is missing");
  pubsub::RetractItems retract{*node, {}, *notify};
  std::unordered_set<std::string_view> ids;
  for (const auto* tag : *tags) {
    const std::string& id = attribute_or_empty(*tag, "id");
    if (id.empty()) return error(Errc::kItemRequired, "the item's id is missing");
    if (id.size() > context.rules.policy.max_item_id_bytes || !is_utf8(id)) {
      return error(Errc::kNotFound, "there is no item '" + clipped(id, 64) + "' on this node");
    }
    if (ids.insert(id).second) retract.ids.push_back(id);
  }
  return ask_pool(context.rules, &*node, std::move(retract));
}

}  // namespace bourse::xmpp
