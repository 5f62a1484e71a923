// Purpose: the one table from Errc to a stanza error (RFC 6120 §8.3, XEP-0060 §7–§8), always with a text.
// Threads: free functions, no state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bourse::xmpp {

// Texts quote what was wrong; a stanza that is all quotation helps nobody, and could exceed the server's limit.
inline constexpr std::size_t kMostErrorTextBytes = 2'000;

inline constexpr const char* kStanzaErrorNs = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr const char* kPubsubNs = "http://jabber.org/protocol/pubsub";
inline constexpr const char* kPubsubErrorsNs = "http://jabber.org/protocol/pubsub#errors";

struct StanzaError {
  std::string_view type;       // auth, cancel, modify, wait
  std::string_view condition;  // of RFC 6120
  std::string_view pubsub;     // of XEP-0060; empty: none
};
[[nodiscard]] StanzaError stanza_error(base::Errc code);

// <error …>…</error>
[[nodiscard]] std::string render_error(const base::Error& error);
// For a namespace nobody here speaks (RFC 6120 §8.4): unlike kUnavailable it will not help to try again.
[[nodiscard]] std::string render_not_served(std::string_view text);

}  // namespace bourse::xmpp
