// Purpose: what the service says of itself (XEP-0030 with XEP-0128, XEP-0092): only what really works.
// Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"

namespace bourse::xmpp {

inline constexpr const char* kDiscoInfoNs = "http://jabber.org/protocol/disco#info";
inline constexpr const char* kDiscoItemsNs = "http://jabber.org/protocol/disco#items";
inline constexpr const char* kVersionNs = "jabber:iq:version";
inline constexpr const char* kPingNs = "urn:xmpp:ping";

struct ServiceFacts {
  std::string service;  // the JID
  std::vector<domain::PoolName> pools;
  std::string ticket_key;  // raw Ed25519 public key
  std::size_t max_payload_bytes = 0;
  std::string version;
};

// <query/> elements. `node` null: the service itself. kNotFound: no such node; kUnsupported: the items of a
// node, which XEP-0060 gives.
[[nodiscard]] base::Result<std::string> render_disco_info(const ServiceFacts& facts, const std::string* node);
[[nodiscard]] base::Result<std::string> render_disco_items(const ServiceFacts& facts, const std::string* node);
[[nodiscard]] std::string render_version(const ServiceFacts& facts);

}  // namespace bourse::xmpp
