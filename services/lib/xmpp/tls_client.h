// Purpose: TLS for gloox's client, on OpenSSL: chain and name of the server's certificate are verified by the handshake
//   itself, all that arrived is decrypted at once, and everything is freed. gloox 1.0.24's own leaks the authorities it
//   loaded, megabytes a connection, and stops reading at a TLS 1.3 session ticket.
// Lifetime: gloox's ClientBase owns it (setEncryptionImpl). After cleanup() the next handshake() starts anew.
// Threads: the connection's. gloox may call cleanup() and encrypt() from within the handler's functions.
#pragma once

#include <gloox/gloox.h>
#include <gloox/tlsbase.h>

#include <memory>
#include <string>

#include "base/result.h"

// OpenSSL's, so that its headers stay out of here.
struct ssl_st;
struct ssl_ctx_st;

namespace bourse::xmpp {

class TlsClient final : public gloox::TLSBase {
 public:
  // `domain` is the name the certificate must bear; `ca_file` (PEM) names the only authorities to trust, empty: the
  // system's. kBadRequest: the file cannot be used, the domain cannot be in a certificate.
  static base::Result<std::unique_ptr<TlsClient>> make(gloox::TLSHandler& handler, const std::string& domain,
                                                       const std::string& ca_file);
  ~TlsClient() override = default;

  // Why TLS failed, in words, until the next handshake(); empty where fetchTLSInfo().status says it all.
  [[nodiscard]] const std::string& failure() const { return failure_; }

  bool handshake() override;
  bool encrypt(const std::string& data) override;
  int decrypt(const std::string& data) override;
  void cleanup() override;

  // tls-unique, the only kind gloox knows: not in TLS 1.3 (RFC 9266), nor without the extended master secret (RFC
  // 7627).
  [[nodiscard]] bool hasChannelBinding() const override;
  [[nodiscard]] const std::string channelBinding() const override;

  // make() was told everything, and gloox calls these for its own implementations only.
  bool init(const std::string&, const std::string&, const gloox::StringList&) override { return true; }
  void setCACerts(const gloox::StringList&) override {}
  void setClientCert(const std::string&, const std::string&) override {}

 private:
  using Context = std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)>;
  using Connection = std::shared_ptr<ssl_st>;

  TlsClient(gloox::TLSHandler& handler, const std::string& domain, Context context);
  [[nodiscard]] bool start();
  [[nodiscard]] bool flush(const Connection& connection);
  void fail(const Connection& connection, std::string failure);

  Context context_;
  // The functions hold a copy of their own while they work: it differs as soon as the handler called cleanup().
  Connection connection_;
  std::string early_;  // to be encrypted after the handshake
  std::string failure_;
};

}  // namespace bourse::xmpp
