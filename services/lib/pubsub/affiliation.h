// Purpose: who may do what on a node (XEP-0060 §4.1): one capability table of affiliations × operations, and
//   what a node's access and publish models add to it (§4.5, §6.5.9, §7.1).
// Threads: free functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "pubsub/node_config.h"

namespace bourse::pubsub {

enum class Affiliation : std::uint8_t { kNone, kOwner, kPublisher, kPublishOnly, kMember, kOutcast };

[[nodiscard]] std::string_view to_text(Affiliation affiliation);  // "publish-only"
[[nodiscard]] std::optional<Affiliation> affiliation_from(std::string_view text);

enum class Operation : std::uint8_t {
  kSubscribe,
  kRetrieve,
  kPublish,
  kDeleteOwnItem,
  kDeleteAnyItem,
  kPurge,
  kConfigure,  // also: delete the node, manage affiliations and subscriptions, approve
};

// What the affiliation alone allows: yes, no, or as the node's model says.
enum class Right : std::uint8_t { kNo, kYes, kByModel };
[[nodiscard]] Right right(Affiliation affiliation, Operation operation);

// Whether an actor may subscribe to or retrieve from a node. The error is the one XEP-0060 §6.1.3 gives for what
// stands in the way: kForbidden (outcast), kPresenceSubscriptionRequired, kNotInRosterGroup, kClosedNode,
// kNotAuthorized (retrieve under `authorize` without a subscription). Under `authorize` a subscribe is allowed: it
// becomes pending. An external component sees nobody's roster (ADR 0010): `presence` and `roster` let in affiliated
// entities only.
[[nodiscard]] base::Status may_subscribe(Affiliation affiliation, const NodeConfig& config);
[[nodiscard]] base::Status may_retrieve(Affiliation affiliation, bool subscribed, const NodeConfig& config);
[[nodiscard]] base::Status may_publish(Affiliation affiliation, bool subscribed, const NodeConfig& config);

}  // namespace bourse::pubsub
