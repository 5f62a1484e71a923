// Purpose: one XMPP client session over plain loopback TCP, as thin as a load generator needs: log in, queue
//   bytes, read stanzas. Anything unexpected throws BenchError, which ends the measurement.
// Lifetime: one measurement. Threads: one.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/publish/stanza_scanner.h"

namespace bourse::bench {

struct BenchError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Account {
  std::string jid;  // bare
  std::string password;
};

[[nodiscard]] std::uint64_t now_ns();  // monotonic

class Connection {
 public:
  // Connects and authenticates (SASL PLAIN), binds `resource`.
  Connection(std::uint16_t port, const Account& account, const std::string& resource);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const { return socket_; }
  [[nodiscard]] const std::string& bare_jid() const { return bare_jid_; }
  [[nodiscard]] const std::string& full_jid() const { return full_jid_; }

  void queue(std::string_view bytes) { out_.append(bytes); }
  // Writes what the socket takes; true when nothing is left.
  bool flush();
  // Reads what is there; throws when the server closed the stream.
  void receive();
  // The next stanza already received, or empty.
  [[nodiscard]] std::string_view next();
  // Blocks until a stanza is there.
  [[nodiscard]] std::string_view wait(std::chrono::milliseconds limit = std::chrono::seconds(20));
  // Sends an IQ and returns its answer, other stanzas dropped; throws on any error answer.
  std::string ask(const std::string& id, const std::string& stanza);

 private:
  void log_in(const Account& account, const std::string& resource);
  void open_stream(const std::string& domain);
  std::string expect(std::string_view start, const char* step);

  int socket_ = -1;
  std::string bare_jid_;
  std::string full_jid_;
  std::string out_;
  std::size_t sent_ = 0;
  StanzaScanner scanner_;
};

}  // namespace bourse::bench
