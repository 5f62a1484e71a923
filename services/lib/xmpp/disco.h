// Purpose: what the service says of itself (XEP-0030 with XEP-0128, 0092, 0131, 0157, 0232): only what really works.
//   What a node says of itself is pubsub's answer to GetNode (xmpp/pubsub_answer.h); listings of nodes and of their
//   items are market::NodesQuery (xmpp/answer.h); commands speak for themselves (xmpp/adhoc.h).
// Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "market/rules.h"
#include "pubsub/market_nodes.h"
#include "pubsub/policy.h"

namespace bourse::xmpp {

inline constexpr const char* kDiscoInfoNs = "http://jabber.org/protocol/disco#info";
inline constexpr const char* kDiscoItemsNs = "http://jabber.org/protocol/disco#items";
inline constexpr const char* kCommandsNs = "http://jabber.org/protocol/commands";
inline constexpr const char* kVersionNs = "jabber:iq:version";
inline constexpr const char* kPingNs = "urn:xmpp:ping";
inline constexpr const char* kShimNs = "http://jabber.org/protocol/shim";
inline constexpr const char* kOrderByNs = "urn:xmpp:order-by:1";
inline constexpr const char* kOldOrderByNs = "urn:xmpp:order-by:0";  // its attribute was called `by`, now `field`

// Whom to write to about the service (XEP-0157): URIs, as in "mailto:abuse@example.org" or "xmpp:root@example.org".
struct ContactAddresses {
  std::vector<std::string> abuse = {};
  std::vector<std::string> admin = {};
  std::vector<std::string> feedback = {};
  std::vector<std::string> sales = {};
  std::vector<std::string> security = {};
  std::vector<std::string> support = {};
};

struct ServiceFacts {
  std::string service;  // the JID
  std::vector<domain::PoolName> pools;
  std::string ticket_key;             // raw Ed25519 public key
  std::size_t max_payload_bytes = 0;  // of offers and requests
  std::string version;
  pubsub::Policy policy = {};
  ContactAddresses contacts = {};
  market::Rules rules = {};
  std::vector<std::string> log_keys = {};  // of the pools' audit logs, as vkeys (audit/note_key.h)
};

// <query/> of the service itself.
[[nodiscard]] std::string render_disco_info(const ServiceFacts& facts);
// <query node='http://jabber.org/protocol/shim'/>: which headers its messages may carry (XEP-0131 §3.2).
[[nodiscard]] std::string render_header_info();
[[nodiscard]] std::string render_version(const ServiceFacts& facts);

// What a market node is called where its configuration has no title.
[[nodiscard]] std::string_view market_title(pubsub::MarketNode node);

}  // namespace bourse::xmpp
