// What an owner asks of a node (XEP-0060 §8, XEP-0248 §5.4).
#include <gloox/tag.h>

#include <set>

#include "xmpp/element.h"
#include "xmpp/pubsub_fields.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;
using pubsub::FormType;

constexpr const char* kAuthorizationForm = "http://jabber.org/protocol/pubsub#subscribe_authorization";

// A question that names its node and nothing else.
template <class Question>
PubsubResult about_node(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  return ask_pool(context.rules, &*node, Question{*node});
}

PubsubResult configure(const PubsubContext& context) {
  if (!context.set) return about_node<pubsub::GetConfig>(context);
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  auto form = form_in(context.action, pubsub::kNodeConfigForm);
  if (!form) return form.error();
  if (!*form) return error(Errc::kBadRequest, "<configure/> has no data form: it says what to change");
  if ((*form)->type == FormType::kCancel) return PubsubRequest(Nothing{});
  return ask_pool(context.rules, &*node, pubsub::ConfigureNode{*node, std::move((*form)->values)});
}

// §8.3; which of the two types it is about says the attribute or, as XEP-0248 has it, a form.
PubsubResult default_config(const PubsubContext& context) {
  auto form = form_in(context.action, pubsub::kNodeConfigForm);
  if (!form) return form.error();
  std::string type = attribute_or_empty(context.action, "type");
  if (*form) {
    const auto* field = pubsub::find_field((*form)->values, "pubsub#node_type");
    if (field != nullptr && !field->values.empty()) type = field->values.front();
  }
  if (!type.empty() && type != "leaf" && type != "collection") {
    return error(Errc::kNotAcceptable, "a node is a leaf or a collection, not '" + clipped(type, 32) + "'");
  }
  const auto wanted = type == "collection" ? pubsub::NodeType::kCollection : pubsub::NodeType::kLeaf;
  return ask_pool(context.rules, nullptr, pubsub::GetDefaultConfig{wanted});
}

PubsubResult delete_node(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  pubsub::DeleteNode command{*node, {}};
  if (const gloox::Tag* redirect = find_child(context.action, "redirect", kPubsubOwnerNs)) {
    command.redirect = attribute_or_empty(*redirect, "uri");
    if (command.redirect.empty()) return error(Errc::kBadRequest, "<redirect/>: the attribute 'uri' is missing");
    const std::size_t most = context.rules.policy.limits.texts_bytes;
    if (command.redirect.size() > most || !is_utf8(command.redirect)) {
      return error(Errc::kNotAcceptable, "<redirect/>: the URI has more than " + std::to_string(most) + " bytes");
    }
  }
  return ask_pool(context.rules, &*node, std::move(command));
}

// §8.9.2: what has no `affiliation` stays as it is.
PubsubResult set_affiliations(const PubsubContext& context, const domain::NodeName& node) {
  pubsub::SetAffiliations command{node, {}};
  std::set<std::string> seen;
  for (const auto* child : context.action.children()) {
    if (!is(*child, "affiliation", kPubsubOwnerNs)) continue;
    const auto jid = jid_of(*child);
    if (!jid) return jid.error();
    domain::Jid bare = jid->bare();
    if (!seen.insert(bare.text()).second) {
      return error(Errc::kBadRequest, bare.text() + " is there twice: which affiliation should it have?");
    }
    const std::string* text = attribute(*child, "affiliation");
    if (text == nullptr) continue;
    const auto affiliation = pubsub::affiliation_from(*text);
    if (!affiliation) return error(Errc::kNotAcceptable, "'" + clipped(*text, 32) + "' is no affiliation");
    if (command.wanted.size() >= context.rules.policy.max_affiliations_per_node) {
      return error(Errc::kNotAcceptable, "more affiliations than a node may have");
    }
    command.wanted.emplace_back(std::move(bare), *affiliation);
  }
  return ask_pool(context.rules, &node, std::move(command));
}

PubsubResult affiliations(const PubsubContext& context) {
  if (!context.set) return about_node<pubsub::GetNodeAffiliations>(context);
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  return set_affiliations(context, *node);
}

Result<pubsub::SubscriptionChange> subscription_change(const gloox::Tag& tag, const std::string& state_text) {
  auto jid = jid_of(tag);
  if (!jid) return jid.error();
  const auto id = subid_of(tag);
  if (!id) return id.error();
  const auto state = pubsub::subscription_state_from(state_text);
  if (!state) return error(Errc::kNotAcceptable, "'" + clipped(state_text, 32) + "' is no state of a subscription");
  return pubsub::SubscriptionChange{std::move(*jid), *state, *id};
}

// §8.8.2: what has no `subscription` stays as it is.
PubsubResult set_subscriptions(const PubsubContext& context, const domain::NodeName& node) {
  pubsub::SetSubscriptions command{node, {}};
  std::set<std::pair<std::string, std::uint64_t>> seen;
  for (const auto* child : context.action.children()) {
    if (!is(*child, "subscription", kPubsubOwnerNs)) continue;
    const std::string* state = attribute(*child, "subscription");
    if (state == nullptr) continue;
    auto change = subscription_change(*child, *state);
    if (!change) return change.error();
    if (!seen.emplace(change->subscriber.text(), change->id.value_or(pubsub::SubId{}).value).second) {
      return error(Errc::kBadRequest,
                   change->subscriber.text() + " is there twice: tell the subscriptions apart by subid");
    }
    command.wanted.push_back(std::move(*change));
  }
  return ask_pool(context.rules, &node, std::move(command));
}

PubsubResult subscriptions(const PubsubContext& context) {
  if (!context.set) return about_node<pubsub::GetNodeSubscriptions>(context);
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  return set_subscriptions(context, *node);
}

PubsubResult collection(const PubsubContext& context) {
  const auto node = node_of(context.action, context.rules);
  if (!node) return node.error();
  const auto& children = context.action.children();
  if (children.size() != 1) {
    return error(Errc::kBadRequest, "<collection/> has one <associate/> or <dissociate/>");
  }
  const gloox::Tag& child = *children.front();
  if (child.name() != "associate" && child.name() != "dissociate") {
    return error(Errc::kBadRequest,
                 "<collection/> has <associate/> or <dissociate/>, not <" + clipped(child.name(), 64) + ">");
  }
  auto member = node_of(child, context.rules);
  if (!member) return member.error();
  return ask_pool(context.rules, &*node,
                  pubsub::AssociateNode{*node, std::move(*member), child.name() == "dissociate"});
}

constexpr PubsubAction kActions[] = {
    {.name = "configure", .get = true, .set = true, .parse = configure},
    {.name = "default", .get = true, .parse = default_config},
    {.name = "delete", .set = true, .parse = delete_node},
    {.name = "purge", .set = true, .parse = about_node<pubsub::PurgeNode>},
    {.name = "affiliations", .get = true, .set = true, .parse = affiliations},
    {.name = "subscriptions", .get = true, .set = true, .parse = subscriptions},
    {.name = "collection", .set = true, .parse = collection},
};

const std::string* single_value(const pubsub::FormValues& form, std::string_view var) {
  const auto* field = pubsub::find_field(form, var);
  return field == nullptr || field->values.size() != 1 ? nullptr : &field->values.front();
}

base::Error bad_authorization(const char* var) {
  return error(Errc::kBadRequest, std::string("the authorization form: ") + var + " is missing or wrong");
}

Result<PoolCommand> authorization(const pubsub::FormValues& form, const PubsubRules& rules) {
  const std::string* node = single_value(form, "pubsub#node");
  if (node == nullptr || node->empty() || node->size() > rules.policy.max_node_name_bytes || !is_utf8(*node)) {
    return bad_authorization("pubsub#node");
  }
  const std::string* subscriber = single_value(form, "pubsub#subscriber_jid");
  if (subscriber == nullptr) return bad_authorization("pubsub#subscriber_jid");
  auto jid = domain::Jid::parse(*subscriber);
  if (!jid) return error(Errc::kInvalidJid, jid.error().text);
  const std::string* allow = single_value(form, "pubsub#allow");
  const bool yes = allow != nullptr && (*allow == "1" || *allow == "true");
  if (!yes && (allow == nullptr || (*allow != "0" && *allow != "false"))) return bad_authorization("pubsub#allow");
  pubsub::ApproveSubscription command{{*node}, std::move(*jid), {}, yes};
  if (const std::string* id = single_value(form, "pubsub#subid"); id != nullptr && !id->empty()) {
    const auto number = parse_number(*id, std::numeric_limits<std::int64_t>::max());
    if (!number || *number == 0) return error(Errc::kInvalidSubid, "the authorization form: pubsub#subid is wrong");
    command.id = pubsub::SubId{*number};
  }
  return PoolCommand{pool_of(command.node, rules.pools), market::CommandBody(pubsub::Command(std::move(command)))};
}

}  // namespace

PubsubResult parse_pubsub_owner(const gloox::Tag& pubsub, bool set, const domain::Jid& sender,
                                const PubsubRules& rules) {
  return dispatch(pubsub, set, kPubsubOwnerNs, sender, {}, rules, kActions, std::size(kActions));
}

std::optional<Result<PoolCommand>> parse_authorization(const gloox::Tag& message, const PubsubRules& rules) {
  const gloox::Tag* x = find_child(message, "x", kDataFormNs);
  if (x == nullptr) return std::nullopt;
  const auto form = parse_form(*x);
  if (!form || form->form_type != kAuthorizationForm || form->type != FormType::kSubmit) return std::nullopt;
  return authorization(form->values, rules);
}

}  // namespace bourse::xmpp
