// Purpose: what the requests of XEP-0060 share: the node, the address, the subscription id and the form of an element,
//   each with the specification's own error.
// Lifetime: Tags are only borrowed. Threads: free functions, no state. Private to the pubsub request codecs.
#pragma once

#include <gloox/tag.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "pubsub/command.h"
#include "xmpp/data_form.h"
#include "xmpp/pubsub_request.h"

namespace bourse::xmpp {

inline constexpr const char* kPubsubOwnerNs = "http://jabber.org/protocol/pubsub#owner";

struct PubsubContext {
  const gloox::Tag& pubsub;  // <pubsub/>
  const gloox::Tag& action;  // its child that says what is asked
  bool set = false;
  const domain::Jid& sender;
  base::Timestamp now;
  const PubsubRules& rules;
};
using PubsubResult = base::Result<PubsubRequest>;

// One row of a table of what may be asked. `companion`: the element that may follow it, empty for none.
struct PubsubAction {
  std::string_view name;
  bool get = false;
  bool set = false;
  std::string_view companion = {};
  PubsubResult (*parse)(const PubsubContext&) = nullptr;
};

// kNodeRequired; kNotFound for a name that is too long to be one.
[[nodiscard]] base::Result<domain::NodeName> node_of(const gloox::Tag& tag, const PubsubRules& rules);
// None: no such attribute, or it is empty.
[[nodiscard]] base::Result<std::optional<domain::NodeName>> optional_node(const gloox::Tag& tag,
                                                                          const PubsubRules& rules);
// kJidRequired, kInvalidJid.
[[nodiscard]] base::Result<domain::Jid> jid_of(const gloox::Tag& tag);
// kInvalidSubid: not a number.
[[nodiscard]] base::Result<std::optional<pubsub::SubId>> subid_of(const gloox::Tag& tag);
// kBadRequest: neither true nor false. `otherwise`: without the attribute.
[[nodiscard]] base::Result<bool> boolean_of(const gloox::Tag& tag, std::string_view name, bool otherwise);

// The form below `parent`; none when there is none, which is how some clients say "the default". kBadRequest.
[[nodiscard]] base::Result<std::optional<SubmittedForm>> form_in(const gloox::Tag& parent, std::string_view form_type);
// The same of subscription options, whose errors are kInvalidOptions.
[[nodiscard]] base::Result<std::optional<SubmittedForm>> options_in(const gloox::Tag& parent);

// Up to a few per cent the bytes of the element as XML; stops counting beyond `most`.
[[nodiscard]] std::size_t weight(const gloox::Tag& tag, std::size_t most);

[[nodiscard]] base::Error error(base::Errc code, std::string text);
// For the pool of `node`; without one, the pool of the ordinary nodes.
template <class Command>
[[nodiscard]] PubsubRequest ask_pool(const PubsubRules& rules, const domain::NodeName* node, Command command) {
  const auto& pool = node == nullptr ? rules.pools.front() : pool_of(*node, rules.pools);
  return PoolCommand{pool, market::CommandBody(pubsub::Command(std::move(command)))};
}

// Looks up what the first element of `ns` asks, and asks it.
[[nodiscard]] PubsubResult dispatch(const gloox::Tag& pubsub, bool set, std::string_view ns, const domain::Jid& sender,
                                    base::Timestamp now, const PubsubRules& rules, const PubsubAction* actions,
                                    std::size_t count);

// pubsub_publish.cc (§7).
[[nodiscard]] PubsubResult parse_publish(const PubsubContext& context);
[[nodiscard]] PubsubResult parse_retract(const PubsubContext& context);
// pubsub_items.cc (§6.5).
[[nodiscard]] PubsubResult parse_items(const PubsubContext& context);

}  // namespace bourse::xmpp
