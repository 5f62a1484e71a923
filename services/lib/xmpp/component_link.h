// Purpose: the connection of an external component (XEP-0114) to its server: connects, keeps the link
//   alive, comes back with jittered back-off, guards gloox's parser (stream_guard.h), writes everything
//   that was queued with one system call. Knows nothing of the market: what a stanza means is the handler's.
// Lifetime: outlives nobody: the handler outlives it. Threads: run() is the network thread, the only one
//   that touches gloox; the StanzaSender part from any; the handler is called on the network thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "xmpp/stanza_sender.h"
#include "xmpp/stream_guard.h"

namespace gloox {
class Tag;
}

namespace bourse::xmpp {

struct LinkConfig {
  std::string host;
  std::uint16_t port = 5347;
  std::string jid;  // the component's domain
  std::string secret;
  GuardLimits limits;
  std::size_t out_queue_bytes = std::size_t{64} << 20;  // of answers; what finds it full is lost
  // Of notifications, which wait elsewhere for room. Answers queue behind them, so not more than the server reads in
  // the blink of an eye.
  std::size_t flow_bytes = std::size_t{256} << 10;
  base::Duration first_retry = std::chrono::milliseconds(200);
  base::Duration longest_retry = std::chrono::seconds(30);
  base::Duration handshake_timeout = std::chrono::seconds(15);
  base::Duration keepalive = std::chrono::seconds(60);  // white space, when nothing else was sent for so long
};

// The reason given when run() was told to stop.
inline constexpr const char* kStopped = "stopped";

class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  // An iq, message or presence. The Tag dies after the call.
  virtual void on_stanza(const gloox::Tag& stanza) = 0;
  virtual void on_link_up() = 0;
  // Also for every attempt that fails. `reason` says what happened and what a person can do about it.
  virtual void on_link_down(const std::string& reason) = 0;
  // About once a second while the link is up.
  virtual void on_tick() {}
};

class ComponentLink final : public StanzaSender {
 public:
  // The handler is called only from within run().
  ComponentLink(LinkConfig config, LinkHandler& handler);
  ~ComponentLink() override;
  ComponentLink(const ComponentLink&) = delete;
  ComponentLink& operator=(const ComponentLink&) = delete;

  // Until stopped: what is queued then is still written (for at most a second), and the stream closed.
  void run(const std::stop_token& stop);

  [[nodiscard]] bool send(std::string_view xml) override;
  [[nodiscard]] bool linked() const override { return linked_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t room() const override;
  void wait_for_room(base::Duration longest) override;

 private:
  class Session;

  void wake();
  [[nodiscard]] bool rest(base::Duration duration, const std::stop_token& stop) const;
  void open_queue();
  void close_queue();
  void empty_queue_into(std::string& output);
  [[nodiscard]] std::size_t room_in_queue() const;  // with mutex_ held

  LinkConfig config_;
  LinkHandler& handler_;
  int wake_fd_ = -1;
  std::atomic<bool> linked_{false};
  std::atomic<bool> waiting_{false};  // the network thread sleeps, or is about to

  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::string queue_;
};

// The pause before attempt number `attempt` (1, 2, 3 …): doubles from `first` to `longest`, times a factor
// between one half and one taken from `jitter` (0 ≤ jitter < 1), so that many components do not come back
// in step.
[[nodiscard]] base::Duration retry_pause(unsigned attempt, base::Duration first, base::Duration longest, double jitter);

}  // namespace bourse::xmpp
