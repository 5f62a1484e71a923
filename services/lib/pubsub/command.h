// Purpose: what can be asked of nodes (XEP-0060 §5–8, XEP-0248), typed. Those that only ask (Get…) go the same way
//   as those that change: their answer is in memory already and is as new as every acknowledged change (ADR 0009).
// Lifetime: values. Threads: none.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/ids.h"
#include "domain/jid.h"
#include "pubsub/affiliation.h"
#include "pubsub/form.h"
#include "pubsub/rows.h"

namespace bourse::pubsub {

// Owner's (§8).
struct CreateNode {
  domain::NodeName node;  // of an instant node: as the edge made it up
  bool instant = false;
  FormValues config = {};
};
struct ConfigureNode {
  domain::NodeName node;
  FormValues config;
};
struct DeleteNode {
  domain::NodeName node;
  std::string redirect = {};  // URI; empty: none
};
struct PurgeNode {
  domain::NodeName node;
};
struct AssociateNode {  // XEP-0248 §5.4
  domain::NodeName collection;
  domain::NodeName node;
  bool dissociate = false;
};
struct SetAffiliations {
  domain::NodeName node;
  std::vector<std::pair<domain::Jid, Affiliation>> wanted;  // bare JIDs
};
struct SubscriptionChange {
  domain::Jid subscriber;
  SubscriptionState state = SubscriptionState::kNone;
  std::optional<SubId> id = {};
};
struct SetSubscriptions {
  domain::NodeName node;
  std::vector<SubscriptionChange> wanted;
};
struct ApproveSubscription {  // the authorization form came back (§8.6)
  domain::NodeName node;
  domain::Jid subscriber;
  std::optional<SubId> id = {};
  bool allow = false;
};

// Publisher's (§7).
struct NewItem {
  std::string id;            // empty ids are made up at the edge
  std::string payload = {};  // one element with its own namespace, or empty
  std::string payload_ns = {};
};
struct PublishItems {
  domain::NodeName node;
  std::vector<NewItem> items;
  std::optional<FormValues> options = {};  // publish-options
};
struct RetractItems {
  domain::NodeName node;
  std::vector<std::string> ids;
  bool notify = false;  // the stanza's wish; pubsub#notify_retract tells subscribers anyway
};

// Subscriber's (§6).
struct Subscribe {
  domain::NodeName node;
  domain::Jid subscriber;  // as asked: must be the actor's own (kInvalidJid)
  std::optional<FormValues> options = {};
};
struct Unsubscribe {
  domain::NodeName node;
  domain::Jid subscriber;
  std::optional<SubId> id = {};
};
struct SetOptions {
  domain::NodeName node;
  domain::Jid subscriber;
  std::optional<SubId> id = {};
  FormValues options;
};

// Questions.
struct GetOptions {
  domain::NodeName node;
  domain::Jid subscriber;
  std::optional<SubId> id = {};
};
struct GetDefaultOptions {
  std::optional<domain::NodeName> node = {};
};
struct GetSubscriptions {  // the actor's own (§5.6)
  std::optional<domain::NodeName> node = {};
};
struct GetAffiliations {  // the actor's own (§5.7)
  std::optional<domain::NodeName> node = {};
};
struct GetConfig {
  domain::NodeName node;
};
struct GetDefaultConfig {
  NodeType type = NodeType::kLeaf;
};
struct GetNodeAffiliations {
  domain::NodeName node;
};
struct GetNodeSubscriptions {
  domain::NodeName node;
};
struct GetPending {  // §8.7: without a node, the nodes of the actor with requests; with one, the forms are sent again
  std::optional<domain::NodeName> node = {};
};
struct GetNode {  // disco#info (§5.3, §5.4)
  domain::NodeName node;
};

// The service's own.
struct DropSubscriber {  // its messages bounce, or it was banned
  domain::Jid subscriber;
  std::string reason;
  bool all_below = false;  // `subscriber` is a domain: everybody there, and at the domains below it
};

using Command =
    std::variant<CreateNode, ConfigureNode, DeleteNode, PurgeNode, AssociateNode, SetAffiliations, SetSubscriptions,
                 ApproveSubscription, PublishItems, RetractItems, Subscribe, Unsubscribe, SetOptions, GetOptions,
                 GetDefaultOptions, GetSubscriptions, GetAffiliations, GetConfig, GetDefaultConfig, GetNodeAffiliations,
                 GetNodeSubscriptions, GetPending, GetNode, DropSubscriber>;

}  // namespace bourse::pubsub
