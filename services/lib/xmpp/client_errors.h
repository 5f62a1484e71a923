// Purpose: what went wrong on a client's side of the wire, in words: stanza errors back to base::Error,
//   and gloox's reasons for a lost or refused connection as sentences that say what to do.
// Lifetime: Tags are only borrowed. Threads: free functions, no state.
#pragma once

#include <string>

#include "base/result.h"

namespace gloox {
class Tag;
struct CertInfo;
}  // namespace gloox

namespace bourse::xmpp {

// Of a stanza of type 'error'. The inverse of the service's table, as far as conditions tell.
[[nodiscard]] base::Error error_of_stanza(const gloox::Tag& stanza);

// Empty when the certificate is good for `domain`.
[[nodiscard]] std::string certificate_complaint(const gloox::CertInfo& certificate, const std::string& domain);

struct LostConnection {
  int reason = 0;          // gloox::ConnectionError
  int authentication = 0;  // gloox::AuthenticationError
  int stream_error = 0;    // gloox::StreamError
  std::string text;        // the server's own words
  std::string certificate_complaint;
};
// `account` is the JID, `where` the host and port as far as they were given.
[[nodiscard]] base::Error error_of_connection(const LostConnection& lost, const std::string& account,
                                              const std::string& where);

}  // namespace bourse::xmpp
