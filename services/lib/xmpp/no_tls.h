// Purpose: stands where a gloox stream without TLS has none. gloox makes its own otherwise, whether or not it is ever
// used,
//   and that one never frees the authorities it loads: megabytes a connection (xmpp/tls_client.h).
// Lifetime: gloox's ClientBase owns it (setEncryptionImpl). Threads: the connection's.
#pragma once

#include <gloox/tlsbase.h>

#include <string>

namespace bourse::xmpp {

class NoTls final : public gloox::TLSBase {
 public:
  explicit NoTls(gloox::TLSHandler& handler) : gloox::TLSBase(&handler, std::string()) {}

  bool init(const std::string&, const std::string&, const gloox::StringList&) override { return false; }
  bool handshake() override { return false; }
  bool encrypt(const std::string&) override { return false; }
  int decrypt(const std::string&) override { return 0; }
  void cleanup() override {}
  void setCACerts(const gloox::StringList&) override {}
  void setClientCert(const std::string&, const std::string&) override {}
};

}  // namespace bourse::xmpp
