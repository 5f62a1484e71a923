#include "xmpp/pubsub_request.h"

#include <gloox/tag.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "xmpp/element.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FormType;

// §8.1. Without a name it is an instant node; a cancelled form means the default configuration.
PubsubResult create(const PubsubContext& context) {
  const std::string& name = attribute_or_empty(context.action, "node");
  pubsub::CreateNode create{{name}, name.empty(), {}};
  if (create.instant) {
    create.node.value = context.rules.new_item_id();
  } else if (const auto good = pubsub::check_node_name(name, context.rules.policy); !good) {
    return good.error();
  }
  if (const gloox::Tag* configure = find_child(context.pubsub, "configure", kPubsubNs)) {
    auto form = form_in(*configure, pubsub::kNodeConfigForm);
    if (!form) return form.error();
    if (*form) create.config = std::move((*form)->values);
  }
  const domain::NodeName node = create.node;
  return ask_pool(context.rules, &node, std::move(create));
}

// A subscription is the sender's own: its session's, or its bare JID's (§6.1.3.1).
Result<domain::Jid> own_jid(const PubsubContext& context) {
  auto jid = jid_of(context.action);
  if (!jid) return jid;
  if (*jid != context.sender && *jid != context.sender.bare()) {
    return error(Errc::kInvalidJid,
                 "'" + clipped(jid->text(), 128) + "' is not your own address, with or without resource");
  }
  return jid;
}

// One that exists may be of a session that is gone: whose it is tells the bare JID (§6.2.3.3, §6.3.4.1).
Result<domain::Jid> jid_of_mine(const PubsubContext& context) {
  auto jid = jid_of(context.action);
  if (!jid) return jid;
  if (jid->bare() != context.sender.bare()) {
    return error(Errc::kForbidden, "subscriptions of " + clipped(jid->text(), 128) + " are not yours");
  }
  return jid;
}

PubsubResult subscribe(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  auto jid = own_jid(context);
  if (!jid) return jid.error();
  pubsub::Subscribe subscribe{*node, std::move(*jid), {}};
  if (const gloox::Tag* options = find_child(context.pubsub, "options", kPubsubNs)) {
    auto form = options_in(*options);
    if (!form) return form.error();
    if (*form && (*form)->type == FormType::kSubmit) subscribe.options = std::move((*form)->values);
  }
  return ask_pool(context.rules, &*node, std::move(subscribe));
}

PubsubResult unsubscribe(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  auto jid = jid_of_mine(context);
  if (!jid) return jid.error();
  const auto id = subid_of(context.action);
  if (!id) return id.error();
  return ask_pool(context.rules, &*node, pubsub::Unsubscribe{*node, std::move(*jid), *id});
}

PubsubResult options(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  auto jid = jid_of_mine(context);
  if (!jid) return jid.error();
  const auto id = subid_of(context.action);
  if (!id) return id.error();
  if (!context.set) return ask_pool(context.rules, &*node, pubsub::GetOptions{*node, std::move(*jid), *id});
  auto form = options_in(context.action);
  if (!form) return form.error();
  if (!*form) return error(Errc::kInvalidOptions, "<options/> has no data form: it says what to change");
  if ((*form)->type == FormType::kCancel) return PubsubRequest(Nothing{});
  return ask_pool(context.rules, &*node, pubsub::SetOptions{*node, std::move(*jid), *id, std::move((*form)->values)});
}

// The questions that may name a node or mean them all.
template <class Question>
PubsubResult about_node(const PubsubContext& context) {
  const auto node = optional_node(context.action, context.rules);
  if (!node) return node.error();
  return ask_pool(context.rules, *node ? &**node : nullptr, Question{*node});
}

PubsubResult out_of_order(const PubsubContext& context) {
  return error(Errc::kBadRequest,
               "<" + context.action.name() + "> follows what it belongs to, it does not stand alone");
}

constexpr PubsubAction kActions[] = {
    {.name = "create", .set = true, .companion = "configure", .parse = create},
    {.name = "publish", .set = true, .companion = "publish-options", .parse = parse_publish},
    {.name = "retract", .set = true, .parse = parse_retract},
    {.name = "subscribe", .set = true, .companion = "options", .parse = subscribe},
    {.name = "unsubscribe", .set = true, .parse = unsubscribe},
    {.name = "options", .get = true, .set = true, .parse = options},
    {.name = "default", .get = true, .parse = about_node<pubsub::GetDefaultOptions>},
    {.name = "items", .get = true, .parse = parse_items},
    {.name = "subscriptions", .get = true, .parse = about_node<pubsub::GetSubscriptions>},
    {.name = "affiliations", .get = true, .parse = about_node<pubsub::GetAffiliations>},
    {.name = "configure", .set = true, .parse = out_of_order},
    {.name = "publish-options", .set = true, .parse = out_of_order},
};

}  // namespace

PubsubResult parse_pubsub(const gloox::Tag& pubsub, bool set, const domain::Jid& sender, base::Timestamp now,
                          const PubsubRules& rules) {
  return dispatch(pubsub, set, kPubsubNs, sender, now, rules, kActions, std::size(kActions));
}

std::optional<pubsub::PoolNode> market_node(const domain::NodeName& node, const std::vector<domain::PoolName>& pools) {
  auto found = pubsub::parse_node(node.value);
  if (found && std::find(pools.begin(), pools.end(), found->pool) == pools.end()) found.reset();
  return found;
}

const domain::PoolName& pool_of(const domain::NodeName& node, const std::vector<domain::PoolName>& pools) {
  BOURSE_CHECK(!pools.empty());
  const auto market = pubsub::parse_node(node.value);
  const auto own = market ? std::find(pools.begin(), pools.end(), market->pool) : pools.end();
  return own == pools.end() ? pools.front() : *own;
}

std::string random_item_id() {
  std::array<unsigned char, 18> bytes{};
  BOURSE_CHECK(::RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return base::base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace bourse::xmpp
