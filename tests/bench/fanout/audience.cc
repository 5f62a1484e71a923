#include "bench/fanout/audience.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>

namespace bourse::bench {
namespace {
constexpr std::uint64_t kOther = ~std::uint64_t{0};

void add_to(int poller, int descriptor, std::uint64_t index) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) != 0) throw BenchError("epoll_ctl failed");
}

}  // namespace

Audience::Audience(std::uint16_t port, const std::vector<Account>& accounts, std::size_t size)
    : poller_(epoll_create1(EPOLL_CLOEXEC)), counts_(size, 0) {
  for (std::size_t i = 0; i < size; ++i) {
    sessions_.push_back(
        std::make_unique<Connection>(port, accounts.at(i % accounts.size()), "listener" + std::to_string(i)));
    add_to(poller_, sessions_.back()->descriptor(), i);
  }
}

Audience::~Audience() { close(poller_); }

void Audience::watch(Connection& other) { add_to(poller_, other.descriptor(), kOther); }

std::uint64_t Audience::listen(int milliseconds, bool& other_readable) {
  std::array<epoll_event, 256> events{};
  const int ready = epoll_wait(poller_, events.data(), static_cast<int>(events.size()), milliseconds);
  std::uint64_t messages = 0;
  for (int i = 0; i < ready; ++i) {
    const auto index = events[static_cast<std::size_t>(i)].data.u64;
    if (index == kOther) {
      other_readable = true;
      continue;
    }
    auto& session = *sessions_[index];
    session.receive();
    for (auto stanza = session.next(); !stanza.empty(); stanza = session.next()) {
      if (!stanza.starts_with("<message")) continue;
      ++counts_[index];
      ++messages;
    }
  }
  return messages;
}

}  // namespace bourse::bench
