// Purpose: hands committed work to the network: replies at once, notifications as fast as the link takes them, in
//   order. What it does not take waits for a courier thread, so that neither a slow link nor an event with a million
//   recipients holds up a commit. Keeps the watermark: the last event up to which everybody was told. More than may
//   wait in memory stays in the event log, and the pool is loaded again once the link has taken the rest.
// Lifetime: one per pool; the outbox outlives it. Threads: deliver(), reply() and resume() by one thread at a time (the
//   committer, or the decider while the committer rests); the watermark may be read anywhere.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "market/outbox.h"
#include "market/work.h"

namespace bourse::market {

// What a load found in the event log, and how far that goes.
struct Undelivered {
  std::vector<Notification> notifications;  // by seq, those with recipients
  domain::EventSeq complete_to{};           // no recipient of an event up to here is missing
  domain::EventSeq last_event{};            // the last one in the log
};

class Delivery {
 public:
  static constexpr std::size_t kMostWaitingBytes = std::size_t{64} << 20;
  // In lists of subscribers that waiting notifications share: each change of a subscription makes a new list.
  static constexpr std::size_t kMostListed = 4'000'000;

  // `caught_up` is called on the courier's thread when must_reload() has become true.
  explicit Delivery(Outbox& outbox, std::function<void()> caught_up = {},
                    std::size_t most_waiting_bytes = kMostWaitingBytes);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Events that came out of the log already (resume()) are not told twice: work whose commit was in doubt may come
  // here after all.
  void deliver(Work&& work);
  void reply(std::vector<Reply>&& replies);
  // After a load. `stored` is the watermark the database has.
  void resume(domain::EventSeq stored, Undelivered&& found);
  // Before the end: waits until everybody was told, the link is down, or `longest` has passed; then tells no more.
  void finish(base::Duration longest);

  [[nodiscard]] domain::EventSeq delivered() const { return {delivered_.load()}; }
  // The last event that was told or waits here; what came later is in the event log only.
  [[nodiscard]] domain::EventSeq accepted() const;
  // So much waited for the link that it has to be read again from the event log; now there is room for it.
  [[nodiscard]] bool must_reload() const;

 private:
  struct Waiting {
    Notification notification;
    std::size_t told = 0;    // recipients, from the first on
    std::size_t bytes = 0;   // of memory, about, without the shared list
    std::size_t listed = 0;  // length of the shared list, unless the one before has the same
  };

  // Both with mutex_ held; `first_told` of the first one's recipients know already.
  void enqueue(std::vector<Notification>&& notifications, std::size_t begin, std::size_t first_told);
  [[nodiscard]] bool keep(Notification&& notification, std::size_t told);
  // Returns the first notification that is not told to everybody, and of it how many know.
  [[nodiscard]] std::pair<std::size_t, std::size_t> tell_at_once(const std::vector<Notification>& notifications);

  void carry(const std::stop_token& stop);
  void retire(std::unique_lock<std::mutex>& lock);

  Outbox& outbox_;
  const std::function<void()> caught_up_;
  const std::size_t most_waiting_bytes_;
  std::atomic<std::uint64_t> delivered_{0};

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Waiting> queue_;  // the courier tells the first one without the lock: only it takes any out
  std::size_t waiting_bytes_ = 0;
  std::size_t listed_ = 0;
  std::uint64_t accepted_ = 0;
  bool overflowed_ = false;  // events after accepted_ are in the log only
  std::size_t lost_repeats_ = 0;
  std::jthread courier_;  // last: it uses all of the above
};

}  // namespace bourse::market
