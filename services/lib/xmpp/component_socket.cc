#include "xmpp/component_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

namespace bourse::xmpp {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kKeptCapacity = 1 << 20;

void set_option(int fd, int level, int option, int value) {
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));  // an optimisation: may fail
}

std::string error_text(int error) { return std::strerror(error); }

// 0 when connected, otherwise an errno.
int wait_connected(int fd, std::chrono::steady_clock::time_point until, int wake_fd) {
  std::array<pollfd, 2> watched{{{fd, POLLOUT, 0}, {wake_fd, POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return errno;
    if (ready > 0 && watched[0].revents != 0) break;
    if (ready > 0 && watched[1].revents != 0) return ECANCELED;
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

ComponentSocket::~ComponentSocket() { close(); }

void ComponentSocket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

base::Status ComponentSocket::open(const std::string& host, std::uint16_t port, base::Duration timeout, int wake_fd) {
  const std::string where = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0) {
    return {base::Errc::kUnavailable, "cannot resolve " + where + ": " + ::gai_strerror(failed) +
                                          "; check the server's host name in the configuration"};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  const auto until = std::chrono::steady_clock::now() + timeout;
  int error = EADDRNOTAVAIL;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    close();
    fd_ = ::socket(each->ai_family, each->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, each->ai_protocol);
    if (fd_ < 0) {
      error = errno;
      continue;
    }
    error = ::connect(fd_, each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) error = wait_connected(fd_, until, wake_fd);
    if (error == 0) {
      set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
      set_option(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
      set_option(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
      return base::Done{};
    }
    if (error == ECANCELED) break;
  }
  close();
  return {base::Errc::kUnavailable, "cannot connect to " + where + ": " + error_text(error) +
                                        "; is the XMPP server running and does it listen for components there?"};
}

bool ComponentSocket::flush(std::string& why) {
  if (!has_output()) return true;
  const ssize_t sent = ::send(fd_, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return true;
    why = "writing to the XMPP server failed: " + error_text(errno);
    return false;
  }
  written_ += static_cast<std::size_t>(sent);
  total_written_ += static_cast<std::uint64_t>(sent);
  if (written_ == output_.size()) {
    written_ = 0;
    if (output_.capacity() > kKeptCapacity) {
      output_ = std::string();
    } else {
      output_.clear();
    }
  }
  return true;
}

bool ComponentSocket::read(std::string_view& bytes, std::string& why) {
  bytes = {};
  if (input_.empty()) input_.resize(kReadBytes);
  const ssize_t got = ::recv(fd_, input_.data(), input_.size(), MSG_DONTWAIT);
  if (got > 0) {
    total_read_ += static_cast<std::uint64_t>(got);
    bytes = std::string_view(input_.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
  why =
      got == 0 ? "the XMPP server closed the connection" : "reading from the XMPP server failed: " + error_text(errno);
  return false;
}

gloox::ConnectionError ComponentSocket::connect() {
  m_state = gloox::StateConnected;
  m_handler->handleConnect(this);
  return gloox::ConnNoError;
}

bool ComponentSocket::send(const std::string& data) {
  output_ += data;
  return true;
}

void ComponentSocket::getStatistics(long& in, long& out) {
  in = static_cast<long>(total_read_);
  out = static_cast<long>(total_written_);
}

}  // namespace bourse::xmpp
