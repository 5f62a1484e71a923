#include "xmpp/pubsub_fields.h"

#include <algorithm>
#include <limits>
#include <span>

#include "xmpp/element.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xml_text.h"

namespace bourse::xmpp {
namespace {

using base::Errc;
using base::Result;

base::Error no_such_node(std::string_view name) {
  return error(Errc::kNotFound, "there is no node '" + clipped(name, 128) + "': ask with disco#items which there are");
}

const PubsubAction* find_action(std::span<const PubsubAction> actions, std::string_view name) {
  const auto found = std::find_if(actions.begin(), actions.end(), [&](const auto& each) { return each.name == name; });
  return found == actions.end() ? nullptr : &*found;
}

base::Error unknown_action(const gloox::Tag& child) {
  return error(Errc::kUnsupported, "<" + clipped(child.name(), 64) + "> is not something this service does");
}

// Everything beside the action: what may follow it, and elements of other specifications.
base::Status check_companions(const gloox::Tag& pubsub, const gloox::Tag& action, std::string_view ns,
                              std::string_view companion) {
  bool met = false;
  for (const auto* child : pubsub.children()) {
    if (child == &action || !is_in(*child, ns)) continue;
    if (companion.empty() || child->name() != companion || met) {
      return error(Errc::kBadRequest, "<" + clipped(child->name(), 64) + "> does not belong beside <" + action.name() +
                                          ">: one request in a stanza");
    }
    met = true;
    // XEP-0060 §6.3.7 and §8.1.3 leave these to the action; clients that repeat them mean no harm.
    for (const char* name : {"node", "jid"}) {
      const std::string* repeated = attribute(*child, name);
      if (repeated != nullptr && *repeated != attribute_or_empty(action, name)) {
        return error(Errc::kBadRequest, "<" + child->name() + "> names another " + name + " than <" + action.name() +
                                            "> beside it: leave it out");
      }
    }
  }
  return base::Done{};
}

}  // namespace

base::Error error(Errc code, std::string text) { return {code, std::move(text)}; }

Result<domain::NodeName> node_of(const gloox::Tag& tag, const PubsubRules& rules) {
  auto node = optional_node(tag, rules);
  if (!node) return node.error();
  if (!*node) return error(Errc::kNodeRequired, "<" + tag.name() + ">: the attribute 'node' is missing");
  return std::move(**node);
}

Result<std::optional<domain::NodeName>> optional_node(const gloox::Tag& tag, const PubsubRules& rules) {
  const std::string& name = attribute_or_empty(tag, "node");
  if (name.empty()) return std::optional<domain::NodeName>();
  if (name.size() > rules.policy.max_node_name_bytes || !is_utf8(name)) return no_such_node(name);
  return std::optional(domain::NodeName{name});
}

Result<domain::Jid> jid_of(const gloox::Tag& tag) {
  const std::string& text = attribute_or_empty(tag, "jid");
  if (text.empty()) return error(Errc::kJidRequired, "<" + tag.name() + ">: the attribute 'jid' is missing");
  auto jid = domain::Jid::parse(text);
  if (!jid) return error(Errc::kInvalidJid, jid.error().text);
  return jid;
}

Result<std::optional<pubsub::SubId>> subid_of(const gloox::Tag& tag) {
  const std::string& text = attribute_or_empty(tag, "subid");
  if (text.empty()) return std::optional<pubsub::SubId>();
  const auto number = parse_number(text, std::numeric_limits<std::int64_t>::max());
  if (!number || *number == 0 || std::to_string(*number) != text) {
    return error(Errc::kInvalidSubid, "'" + clipped(text, 64) + "' is no subscription id of this service");
  }
  return std::optional(pubsub::SubId{*number});
}

Result<bool> boolean_of(const gloox::Tag& tag, std::string_view name, bool otherwise) {
  const std::string* text = attribute(tag, name);
  if (text == nullptr) return otherwise;
  if (*text == "true" || *text == "1") return true;
  if (*text == "false" || *text == "0") return false;
  return error(Errc::kBadRequest, describe(tag) + ": '" + std::string(name) + "' is true or false");
}

Result<std::optional<SubmittedForm>> form_in(const gloox::Tag& parent, std::string_view form_type) {
  const gloox::Tag* found = nullptr;
  for (const auto* child : parent.children()) {
    if (found != nullptr) return error(Errc::kBadRequest, "<" + parent.name() + "> has one data form, not several");
    found = child;
  }
  if (found == nullptr) return std::optional<SubmittedForm>();
  auto form = parse_form(*found, form_type);
  if (!form) return form.error();
  return std::optional(std::move(*form));
}

Result<std::optional<SubmittedForm>> options_in(const gloox::Tag& parent) {
  auto form = form_in(parent, pubsub::kSubscribeOptionsForm);
  if (!form) return error(Errc::kInvalidOptions, form.error().text);
  return form;
}

std::size_t weight(const gloox::Tag& tag, std::size_t most) {
  std::size_t bytes = 2 * tag.name().size() + 5 + tag.cdata().size();
  for (const auto* each : tag.attributes()) bytes += each->name().size() + each->value().size() + 4;
  for (const auto* child : tag.children()) {
    if (bytes > most) break;
    bytes += weight(*child, most - bytes);
  }
  return bytes;
}

PubsubResult dispatch(const gloox::Tag& pubsub, bool set, std::string_view ns, const domain::Jid& sender,
                      base::Timestamp now, const PubsubRules& rules, const PubsubAction* actions, std::size_t count) {
  const gloox::Tag* first = nullptr;
  for (const auto* child : pubsub.children()) {
    if (first == nullptr && is_in(*child, ns)) first = child;
  }
  if (first == nullptr)
    return error(Errc::kBadRequest, "the <pubsub/> element is empty, or has nothing this service knows");
  const PubsubAction* action = find_action({actions, count}, first->name());
  if (action == nullptr) return unknown_action(*first);
  if (set ? !action->set : !action->get) {
    return error(Errc::kBadRequest, "<" + first->name() + "> belongs into an iq of type " + (set ? "get" : "set"));
  }
  if (const auto alone = check_companions(pubsub, *first, ns, action->companion); !alone) return alone.error();
  return action->parse({pubsub, *first, set, sender, now, rules});
}

}  // namespace bourse::xmpp
