// Purpose: what a command to a node leads to: rows to write, notices to log and send, and the answer.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "pubsub/command.h"
#include "pubsub/recipients.h"
#include "pubsub/rows.h"

namespace bourse::pubsub {

using Change = std::variant<NodeRow, NodeRemoved, NodePurged, AffiliationRow, SubscriptionRow, ItemRow>;

// What happened to a node, as the event log keeps it. The numbers are stored: never reused.
enum class NoticeKind : std::int16_t {
  kItemPublished = 16,  // record: the payload
  kItemRetracted = 17,
  kNodeConfigured = 18,  // record: encode(values_of(config))
  kNodeDeleted = 19,     // record: encode({{"redirect", {uri}}, {"to", {jid, …}}}): who was subscribed is gone
  kNodePurged = 20,
  kSubscriptionChanged = 21,    // to `subject`; record: encode({{"state"}, {"subid"}, {"expiry"}})
  kSubscriptionRequested = 22,  // to the owners: the authorization form about `subject`; item_id: the subid
  kNodeCreated = 23,            // to subscribers of the collection it is in; record as kNodeConfigured
  kAssociated = 24,             // node: the collection, item_id: the node
  kDissociated = 25,
};

// One row of the event log to be, and whom to tell.
struct Notice {
  NoticeKind kind = NoticeKind::kItemPublished;
  domain::EventSeq seq{};  // 0: told now only, not logged (an item sent again, an approval form asked for)
  base::Timestamp at{};    // of a notice sent again: when it happened
  domain::NodeName node{};
  std::string item_id{};
  domain::Jid publisher{};  // bare; empty: the service
  domain::Jid subject{};    // of kSubscription…: the subscriber
  std::string record{};
  Recipients recipients{};
};

struct SubscriptionInfo {
  domain::NodeName node{};
  domain::Jid subscriber{};
  SubId id{};
  SubscriptionState state = SubscriptionState::kNone;
  std::optional<base::Timestamp> expires{};
};
struct AffiliationInfo {
  domain::NodeName node{};
  domain::Jid jid{};
  Affiliation affiliation = Affiliation::kNone;
};

// Answers; std::monostate: an empty result.
struct NodeCreated {
  domain::NodeName node;
};
struct ItemsPublished {
  domain::NodeName node;
  std::vector<std::string> ids;
};
struct SubscriptionAnswer {  // subscribe, unsubscribe (§6.1, §6.2)
  SubscriptionInfo subscription;
};
struct ConfigAnswer {
  std::optional<domain::NodeName> node;  // none: the default
  Form form;
};
struct OptionsAnswer {
  std::optional<domain::NodeName> node;
  domain::Jid subscriber{};  // empty: the default
  std::optional<SubId> id = {};
  Form form;
};
struct SubscriptionsAnswer {
  std::optional<domain::NodeName> node;
  bool owner = false;  // asked in the owner's namespace
  std::vector<SubscriptionInfo> subscriptions;
};
struct AffiliationsAnswer {
  std::optional<domain::NodeName> node;
  bool owner = false;
  std::vector<AffiliationInfo> affiliations;
};
struct PendingAnswer {
  std::vector<domain::NodeName> nodes;  // with requests an owner has to decide
};
struct NodeInfo {
  domain::NodeName node{};
  NodeKind kind = NodeKind::kLeaf;
  NodeConfig config{};
  domain::Jid creator{};
  base::Timestamp created{};
  std::vector<domain::Jid> owners{};
  std::vector<domain::Jid> publishers{};
  std::uint64_t subscribers = 0;
  std::uint64_t items = 0;  // of ordinary leaves
};

using Answer = std::variant<std::monostate, NodeCreated, ItemsPublished, SubscriptionAnswer, ConfigAnswer,
                            OptionsAnswer, SubscriptionsAnswer, AffiliationsAnswer, PendingAnswer, NodeInfo>;

struct Outcome {
  std::vector<Change> changes;
  std::vector<Notice> notices;  // seq: context.last_event + 1, + 2 … for those that are logged
  base::Result<Answer> answer = Answer{};
};

}  // namespace bourse::pubsub
