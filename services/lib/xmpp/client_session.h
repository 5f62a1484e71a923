// Purpose: one XMPP client connection of the agent or the CLI, on gloox::Client: TLS with a verified
//   certificate, SASL, requests with replies and time limits, incoming messages.
// Lifetime: may be connected again after it was lost; replies still outstanding then fail. Handlers run
//   inside pump(), ask() and connect(), and must not destroy the session.
// Threads: one thread owns it; only wake() may be called from others and from signal handlers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "domain/jid.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

struct ConnectOptions {
  domain::Jid jid;  // a resource may be part of it; without one the server gives one
  std::string password;
  std::string host;                                   // empty: looked up by the JID's domain (SRV records)
  int port = -1;                                      // -1: as looked up, or 5222
  bool plain_on_loopback = false;                     // no TLS; refused unless the host is a loopback address
  std::string ca_file;                                // PEM; trusted instead of the system's authorities
  bool receive_events = false;                        // announces presence, so that the server delivers messages to us
  base::Duration timeout = std::chrono::seconds(30);  // of connecting and of each request
};

enum class IqType { kGet, kSet };

class ClientSession {
 public:
  // The reply's stanza, borrowed for the call, or why there is none.
  using ReplyHandler = std::function<void(const base::Result<const gloox::Tag*>&)>;
  using MessageHandler = std::function<void(const gloox::Tag&)>;
  using PresenceHandler = std::function<void(const domain::Jid& from)>;

  // kBadRequest: options that cannot work (plain text to a host that is not loopback, no localpart).
  static base::Result<std::unique_ptr<ClientSession>> make(ConnectOptions options);
  ~ClientSession();

  // kForbidden: wrong password, certificate not accepted; kUnavailable: cannot be reached. The text says
  // what was wrong and what to do.
  [[nodiscard]] base::Status connect();
  [[nodiscard]] bool connected() const;
  [[nodiscard]] const domain::Jid& jid() const;  // the full JID once connected

  // `payload` is one complete element. The handler is called exactly once.
  void request(IqType type, const domain::Jid& to, std::string_view payload, ReplyHandler handler);
  // Waits for the reply; a copy of the whole <iq/>.
  [[nodiscard]] base::Result<std::unique_ptr<gloox::Tag>> ask(IqType type, const domain::Jid& to,
                                                              std::string_view payload);
  // XEP-0199; an error answer is an answer.
  [[nodiscard]] base::Status ping(const domain::Jid& to);
  void send_presence(const domain::Jid& to, bool available);
  // A message that nobody answers; `payload` is one complete element. Nothing happens without a connection.
  void send_message(const domain::Jid& to, std::string_view payload);
  // Messages that are not errors, from anybody: check `from`.
  void on_message(MessageHandler handler);
  // Available presence that somebody sent us, as a market does that lost sight of us: from whom.
  void on_presence(PresenceHandler handler);

  // Handles what arrives, for at most `up_to`; returns early after anything arrived or wake().
  // kUnavailable: the connection is lost, the text says why.
  [[nodiscard]] base::Status pump(base::Duration up_to);
  void wake() noexcept;
  [[nodiscard]] std::size_t outstanding() const;

  // Ends the stream properly. Nothing happens when there is none.
  void close();

 private:
  class Link;
  explicit ClientSession(ConnectOptions options);
  ConnectOptions options_;
  int wake_fd_ = -1;
  MessageHandler on_message_;
  PresenceHandler on_presence_;
  std::unique_ptr<Link> link_;
};

// True for localhost and literal addresses of 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace bourse::xmpp
