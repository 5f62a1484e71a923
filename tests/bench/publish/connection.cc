#include "bench/publish/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace bourse::bench {
namespace {

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= bytes.size() ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

[[noreturn]] void fail(const std::string& what) { throw BenchError(what + ": " + std::strerror(errno)); }

}  // namespace

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

Connection::Connection(std::uint16_t port, const Account& account, const std::string& resource) {
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("no XMPP server at 127.0.0.1:" + std::to_string(port));
  }
  fcntl(socket_, F_SETFL, O_NONBLOCK);
  log_in(account, resource);
}

Connection::~Connection() {
  if (socket_ >= 0) close(socket_);
}

bool Connection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t count = ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count < 0) fail("sending as " + bare_jid_);
    sent_ += static_cast<std::size_t>(count);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

void Connection::receive() {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) fail("receiving as " + bare_jid_);
    if (count == 0) throw BenchError("the server closed the connection of " + bare_jid_);
    scanner_.append({buffer.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < buffer.size()) return;
  }
}

std::string_view Connection::next() {
  const std::string_view stanza = scanner_.next();
  if (stanza.starts_with("<stream:error") || stanza.starts_with("</stream:stream")) {
    throw BenchError("the stream of " + bare_jid_ + " ended: " + std::string(stanza));
  }
  return stanza;
}

std::string_view Connection::wait(std::chrono::milliseconds limit) {
  const std::uint64_t deadline = now_ns() + static_cast<std::uint64_t>(limit.count()) * 1'000'000;
  while (true) {
    if (const std::string_view stanza = next(); !stanza.empty()) return stanza;
    const bool all_sent = flush();
    const std::uint64_t now = now_ns();
    if (now >= deadline) throw BenchError("no answer for " + bare_jid_ + " in time");
    pollfd one{socket_, static_cast<short>(all_sent ? POLLIN : POLLIN | POLLOUT), 0};
    if (poll(&one, 1, static_cast<int>((deadline - now) / 1'000'000) + 1) < 0 && errno != EINTR) fail("poll");
    if ((one.revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive();
  }
}

std::string Connection::ask(const std::string& id, const std::string& stanza) {
  queue(stanza);
  while (true) {
    const std::string_view answer = wait();
    if (!answer.starts_with("<iq")) continue;
    if (attribute(answer, "type") == "error")
      throw BenchError("refused: " + stanza + "\n  answer: " + std::string(answer));
    if (attribute(answer, "id") == id) return std::string(answer);
  }
}

std::string Connection::expect(std::string_view start, const char* step) {
  std::string stanza(wait());
  if (!stanza.starts_with(start)) throw BenchError(std::string("login of ") + bare_jid_ + ", " + step + ": " + stanza);
  return stanza;
}

void Connection::open_stream(const std::string& domain) {
  scanner_.restart();
  queue(
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='" +
      domain + "' version='1.0'>");
  expect("<stream:features", "features");
}

void Connection::log_in(const Account& account, const std::string& resource) {
  bare_jid_ = account.jid;
  const std::size_t at = account.jid.find('@');
  const std::string user = account.jid.substr(0, at);
  const std::string domain = account.jid.substr(at + 1);
  open_stream(domain);
  const std::string plain = std::string(1, '\0') + user + std::string(1, '\0') + account.password;
  queue("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + base64(plain) + "</auth>");
  expect("<success", "authentication");
  open_stream(domain);
  const std::string answer =
      ask("bind", "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource +
                      "</resource></bind></iq>");
  full_jid_ = std::string(between(answer, "<jid>", "</jid>"));
}

}  // namespace bourse::bench
