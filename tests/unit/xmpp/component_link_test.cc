// The link's flow control against a server that reads when the test wants it to (XEP-0114 on the loopback).
#include "xmpp/component_link.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace bourse::xmpp {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 20s;

class Server {
 public:
  Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4'096;
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Server() {
    hang_up();
    ::close(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void accept_component() {
    received_.clear();
    fd_ = ::accept(listener_, nullptr, nullptr);
    ASSERT_GE(fd_, 0);
    read_until("<stream:stream");
    write(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
        "xmlns:stream='http://etherx.jabber.org/streams' from='b.localhost' id='1'>");
    read_until("</handshake>");
    write("<handshake/>");
  }
  // Everything until nothing has come for a moment, or `text` has.
  void read_until(const std::string& text) {
    std::array<char, 65'536> bytes{};
    pollfd watched{fd_, POLLIN, 0};
    while (received_.find(text) == std::string::npos && ::poll(&watched, 1, 20'000) > 0) {
      const auto got = ::read(fd_, bytes.data(), bytes.size());
      if (got <= 0) return;
      received_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }
  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  void write(const std::string& text) {
    EXPECT_EQ(::write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  int listener_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string received_;
};

class Handler final : public LinkHandler {
 public:
  void on_stanza(const gloox::Tag& /*stanza*/) override {}
  void on_link_up() override { set(true); }
  void on_link_down(const std::string& /*reason*/) override { set(false); }
  bool wait(bool up) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return up_ == up; });
  }

 private:
  void set(bool up) {
    {
      const std::lock_guard lock(mutex_);
      up_ = up;
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool up_ = false;
};

struct ComponentLinkTest : testing::Test {
  ComponentLinkTest() {
    thread = std::jthread([this](const std::stop_token& stop) { link.run(stop); });
    server.accept_component();
  }
  static LinkConfig config(std::uint16_t port) {
    LinkConfig made;
    made.host = "127.0.0.1";
    made.port = port;
    made.jid = "b.localhost";
    made.secret = "s";
    made.flow_bytes = 100'000;
    made.out_queue_bytes = 1'000'000;
    made.first_retry = 10ms;
    made.longest_retry = 10ms;
    return made;
  }
  // As a courier does, until nothing more goes: what was sent.
  std::size_t fill(const std::string& piece) {
    std::size_t sent = 0;
    while (true) {
      if (link.room() == 0) link.wait_for_room(300ms);
      if (link.room() == 0) return sent;
      EXPECT_TRUE(link.send(piece));
      ++sent;
    }
  }

  Server server;
  Handler handler;
  ComponentLink link{config(server.port()), handler};
  std::jthread thread;
};

std::string message(const std::string& id, std::size_t bytes) {
  return "<message id='" + id + "'><body>" + std::string(bytes, 'x') + "</body></message>";
}

TEST_F(ComponentLinkTest, RoomEndsWhenTheServerReadsNoMoreAndComesBackWhenItDoes) {
  ASSERT_TRUE(handler.wait(true));
  EXPECT_EQ(link.room(), 100'000U);
  fill(message("m", 50'000));
  EXPECT_EQ(link.room(), 0U);
  EXPECT_TRUE(link.send(message("answer", 100))) << "answers still go";
  std::size_t more = 0;
  while (more < 2'000'000 && link.send(message("answer", 50'000))) more += 50'000;
  EXPECT_GE(more, 800'000U);
  EXPECT_LT(more, 1'000'000U) << "but not without bound";

  std::atomic<bool> woken{false};
  std::jthread waiting([&] {
    link.wait_for_room(kPatience);
    woken = link.room() > 0;
  });
  ASSERT_TRUE(!woken);
  std::jthread reading([&] { server.read_until("id='last'"); });
  waiting.join();
  EXPECT_TRUE(woken);
  ASSERT_TRUE(link.send(message("last", 1)));
  reading.join();
  EXPECT_NE(server.received().find("id='last'"), std::string::npos) << "in order, so all of it";
}

TEST_F(ComponentLinkTest, ThereIsNoRoomWhileTheLinkIsDown) {
  ASSERT_TRUE(handler.wait(true));
  server.hang_up();
  ASSERT_TRUE(handler.wait(false));
  EXPECT_EQ(link.room(), 0U);
  EXPECT_FALSE(link.send(message("m", 1)));
  std::atomic<bool> woken{false};
  std::jthread waiting([&] {
    link.wait_for_room(kPatience);
    woken = link.room() > 0;
  });
  server.accept_component();
  waiting.join();
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace bourse::xmpp
