#include "bench/publish/load.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace bourse::bench {
namespace {

// The window of one connection. A stanza id is `SLOT.SEQUENCE`: the answer finds its slot by itself and a
// wrong or repeated answer is noticed.
class Publisher {
 public:
  Publisher(Connection& connection, const LoadSettings& settings, const std::vector<std::string>& offers,
            std::size_t index)
      : connection_(connection),
        offers_(offers),
        head_("<iq type='set' to='" + settings.service + "' id='"),
        middle_("'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='" + settings.node + "'><item id='" +
                settings.item_prefix + std::to_string(index) + "-"),
        slots_(static_cast<std::size_t>(settings.window)) {
    offer_ = index * offers.size() / 4 % offers.size();
  }

  void start() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) publish(slot);
  }

  // Takes the answers that came; refills the window unless `draining`.
  void take_answers(LoadResult& result, bool draining) {
    connection_.receive();
    const std::uint64_t now = now_ns();
    for (std::string_view stanza = connection_.next(); !stanza.empty(); stanza = connection_.next()) {
      if (!stanza.starts_with("<iq")) continue;
      const std::size_t slot = slot_of(stanza);
      if (!draining) result.latency.add(now - slots_[slot].sent);
      slots_[slot].sequence = 0;
      --in_flight_;
      if (!draining) publish(slot);
    }
  }

  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] bool idle() const { return in_flight_ == 0; }

 private:
  struct Slot {
    std::uint64_t sequence = 0;  // 0: free
    std::uint64_t sent = 0;
  };

  void publish(std::size_t slot) {
    slots_[slot] = {++sequence_, now_ns()};
    ++in_flight_;
    const std::string sequence = std::to_string(sequence_);
    connection_.queue(head_);
    connection_.queue(std::to_string(slot));
    connection_.queue(".");
    connection_.queue(sequence);
    connection_.queue(middle_);
    connection_.queue(sequence);
    connection_.queue("'>");
    connection_.queue(offers_[offer_]);
    connection_.queue("</item></publish></pubsub></iq>");
    offer_ = (offer_ + 1) % offers_.size();
  }

  [[nodiscard]] std::size_t slot_of(std::string_view stanza) const {
    const std::string_view id = attribute(stanza, "id");
    std::size_t slot = 0;
    std::uint64_t sequence = 0;
    const char* const end = id.data() + id.size();
    const auto [dot, error] = std::from_chars(id.data(), end, slot);
    if (error == std::errc{} && dot != end && *dot == '.') std::from_chars(dot + 1, end, sequence);
    if (sequence == 0 || slot >= slots_.size() || slots_[slot].sequence != sequence) {
      throw BenchError("an answer to nothing asked: " + std::string(stanza));
    }
    if (attribute(stanza, "type") != "result") throw BenchError("a publish was refused: " + std::string(stanza));
    return slot;
  }

  Connection& connection_;
  const std::vector<std::string>& offers_;
  std::string head_;
  std::string middle_;
  std::vector<Slot> slots_;
  std::uint64_t sequence_ = 0;
  std::size_t offer_ = 0;
  int in_flight_ = 0;
};

class Poller {
 public:
  Poller() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Poller() { close(descriptor_); }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void watch(int descriptor, std::size_t index, bool writable, int operation) const {
    epoll_event event{};
    event.events = EPOLLIN | (writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    event.data.u64 = index;
    epoll_ctl(descriptor_, operation, descriptor, &event);
  }

  template <typename Handle>
  void wait(Handle handle) {
    const int count = epoll_wait(descriptor_, events_.data(), static_cast<int>(events_.size()), 100);
    for (int i = 0; i < count; ++i) handle(events_[static_cast<std::size_t>(i)]);
  }

 private:
  int descriptor_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace

LoadResult run_load(const Connections& connections, const LoadSettings& settings,
                    const std::vector<std::string>& offers) {
  LoadResult result;
  Poller poller;
  std::vector<Publisher> publishers;
  publishers.reserve(connections.size());
  for (const auto& connection : connections) {
    publishers.emplace_back(*connection, settings, offers, publishers.size());
    poller.watch(connection->descriptor(), publishers.size() - 1, false, EPOLL_CTL_ADD);
  }
  std::vector<bool> blocked(publishers.size(), false);
  const auto send = [&](std::size_t index) {
    Connection& connection = publishers[index].connection();
    const bool full = !connection.flush();
    if (full != blocked[index]) poller.watch(connection.descriptor(), index, full, EPOLL_CTL_MOD);
    blocked[index] = full;
  };
  const std::uint64_t start = now_ns();
  const std::uint64_t stop = start + static_cast<std::uint64_t>(settings.duration.count()) * 1'000'000;
  const std::uint64_t give_up = stop + 30'000'000'000;
  for (std::size_t index = 0; index < publishers.size(); ++index) {
    publishers[index].start();
    send(index);
  }
  std::uint64_t ended = 0;
  while (true) {
    const std::uint64_t now = now_ns();
    const bool draining = now >= stop;
    if (draining && ended == 0) ended = now;
    if (draining && std::all_of(publishers.begin(), publishers.end(), [](const Publisher& one) { return one.idle(); }))
      break;
    if (now > give_up) throw BenchError("publishes to " + settings.service + " stay unanswered");
    poller.wait([&](const epoll_event& event) {
      const auto index = static_cast<std::size_t>(event.data.u64);
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) publishers[index].take_answers(result, draining);
      send(index);
    });
  }
  result.per_second = static_cast<double>(result.latency.count()) * 1e9 / static_cast<double>(ended - start);
  return result;
}

std::string publish_stanza(const std::string& service, const std::string& node, const std::string& stanza_id,
                           const std::string& item_id, const std::string& payload) {
  return "<iq type='set' to='" + service + "' id='" + stanza_id +
         "'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='" + node + "'><item id='" + item_id +
         "'>" + payload + "</item></publish></pubsub></iq>";
}

}  // namespace bourse::bench
