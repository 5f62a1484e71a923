// Purpose: the durable state of nodes, row by row: what a decision writes and a load reads.
// Lifetime: values. Threads: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "domain/ids.h"
#include "domain/jid.h"
#include "pubsub/affiliation.h"
#include "pubsub/node_config.h"

namespace bourse::pubsub {

using SubId = base::NumberId<struct SubIdTag>;  // 1, 2, 3 … within one node; on the wire in decimal

enum class NodeKind : std::uint8_t { kMarket, kLeaf, kCollection };

struct NodeRow {
  domain::NodeName name{};
  NodeKind kind = NodeKind::kLeaf;
  std::string config{};                // encode(values_of(NodeConfig)); empty: the default (and of market nodes)
  std::string title{};                 // beside config for listings
  bool hidden = false;                 // whitelist: listed only for those affiliated
  std::vector<std::string> parents{};  // collections it is in
  domain::Jid creator{};               // bare
  base::Timestamp created{};
  domain::EventSeq archive_from{};  // events up to here belong to an earlier node of that name, or were purged
};

struct NodeRemoved {  // with its affiliations, subscriptions and items
  domain::NodeName node;
};
struct NodePurged {  // its items
  domain::NodeName node;
};

struct AffiliationRow {
  domain::NodeName node{};
  domain::Jid jid{};                             // bare
  Affiliation affiliation = Affiliation::kNone;  // kNone in a batch: this one goes
};

enum class SubscriptionState : std::uint8_t { kNone, kPending, kUnconfigured, kSubscribed };
[[nodiscard]] std::string_view to_text(SubscriptionState state);
[[nodiscard]] std::optional<SubscriptionState> subscription_state_from(std::string_view text);

struct SubscriptionRow {
  domain::NodeName node{};
  domain::Jid subscriber{};  // bare or full
  SubId id{};
  SubscriptionState state = SubscriptionState::kSubscribed;
  std::string options{};  // encode(values_of(SubscriptionOptions)); empty: the default
  std::optional<base::Timestamp> expires{};
  bool removed = false;  // in a batch: this one goes
};

// An item of an ordinary leaf. Items of market nodes are offers, requests, grants and intervals.
struct ItemRow {
  domain::NodeName node{};
  std::string id{};
  domain::Jid publisher{};  // bare
  std::string payload{};    // one element with its own namespace, or empty
  domain::EventSeq seq{};   // of its last publication
  base::Timestamp created{};
  base::Timestamp modified{};
  std::optional<base::Timestamp> expires{};
  bool removed = false;  // in a batch: this one goes
};

}  // namespace bourse::pubsub
