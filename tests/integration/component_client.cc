#include "component_client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace bourse::xmpp {
namespace {

std::string base64(const std::string& bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63U];
  }
  return text;
}

int connect_to(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.substr(0, colon).c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0)
    return -1;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace

ComponentClient::ComponentClient(const std::string& address, const std::string& jid, const std::string& password)
    : fd_(connect_to(address)) {
  if (fd_ < 0) throw std::runtime_error("cannot connect to " + address);
  const std::string user = jid.substr(0, jid.find('@'));
  const std::string domain = jid.substr(jid.find('@') + 1);
  const std::string header =
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
      "version='1.0' to='" +
      domain + "'>";
  const auto expect = [this](std::string_view text) {
    const std::string got = read_until(text);
    if (got.find(text) == std::string::npos) throw std::runtime_error("no " + std::string(text) + " but " + got);
  };
  send(header);
  expect("</stream:features>");
  send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
       base64(std::string(1, '\0') + user + std::string(1, '\0') + password) + "</auth>");
  expect("<success");
  send(header);
  expect("</stream:features>");
  send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  expect("</iq>");
}

ComponentClient::~ComponentClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool ComponentClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string ComponentClient::read_until(std::string_view text) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (const std::size_t at = received_.find(text); at != std::string::npos) {
      std::string got = received_.substr(0, at + text.size());
      received_.erase(0, got.size());
      return got;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd watched{fd_, POLLIN, 0};
    if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0) return received_;
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return received_;
    received_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace bourse::xmpp
