// Purpose: a spine on a store, without XMPP: commands go in at one end, replies are counted at the other.
// Lifetime: store and sequencer outlive it. Threads: the caller's, but submit() from any; it brings the decider's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "market/outbox.h"
#include "market/spine.h"
#include "market/store.h"

namespace bourse::bench {

class CountingOutbox final : public market::Outbox {
 public:
  [[nodiscard]] bool linked() const override { return true; }
  void deliver(std::vector<market::Reply>&& replies) override;
  [[nodiscard]] std::size_t notify(const market::Notification& notification, std::size_t from) override {
    return notification.recipients.size() - from;
  }
  void wait_for_room(base::Duration /*longest*/) override {}
  void answer(market::Answer&& /*answer*/) override {}
  void probe(std::vector<domain::Jid>&& /*sessions*/) override {}

  // Throws when they do not come within two minutes, or one of them was an error.
  void wait_for(std::uint64_t replies);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t replies_ = 0;
  std::string first_error_;
};

[[nodiscard]] domain::Jid jid(const std::string& text);

class GrantSession {
 public:
  // Returns when the pool is loaded. The sequencer is told what is committed, but who owns it runs it.
  explicit GrantSession(market::Store& store, std::string pool = "commons", market::Sequencer* sequencer = nullptr);

  // Seconds from the first command to the last reply: as many in flight as the spine's queue takes.
  double run(std::vector<market::Command>&& commands);
  // That many requests, of `count` grants each.
  [[nodiscard]] std::vector<market::Command> requests(std::uint64_t requests, std::uint32_t count);
  [[nodiscard]] base::Status submit(market::Command&& command) { return spine_.submit(std::move(command)); }

  [[nodiscard]] market::Command command(const domain::Jid& actor, market::CommandBody body) const;
  // By the consumer's session; with the id that request_id() gives afterwards.
  [[nodiscard]] market::Command ask(const domain::Jid& consumer, domain::Request request);
  [[nodiscard]] std::string request_id() const;

 private:
  const std::string pool_;
  const base::SystemClock clock_;
  CountingOutbox outbox_;
  market::Spine spine_;
  std::uint64_t number_ = 0;
  std::uint64_t answered_ = 0;
  std::jthread decider_;  // last: stopped before what it uses goes
};

}  // namespace bourse::bench
