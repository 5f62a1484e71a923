// Purpose: a client of the XMPP server made of a raw socket, for stanzas no library would send.
// Lifetime: one connection. Threads: one. Everything waits at most kPatience and says what it waited for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace bourse::xmpp {

class ComponentClient {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  // `address` is host:port; `jid` bare. Throws std::runtime_error when the session does not come about.
  ComponentClient(const std::string& address, const std::string& jid, const std::string& password);
  ~ComponentClient();
  ComponentClient(const ComponentClient&) = delete;
  ComponentClient& operator=(const ComponentClient&) = delete;

  // False when the server closed the connection meanwhile.
  bool send(std::string_view bytes);
  // Everything received up to and with `text`, or all there was when the server closes first or nothing
  // more comes: then `text` is not in it.
  std::string read_until(std::string_view text);

 private:
  int fd_ = -1;
  std::string received_;
};

}  // namespace bourse::xmpp
