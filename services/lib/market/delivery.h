// Purpose: hands committed work to the network, keeps the watermark of what was handed over, and keeps
//   notifications while the link is down.
// Lifetime: one per pool. Threads: the committer's, or the decider's while the committer rests; the
//   watermark may be read anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "market/outbox.h"
#include "market/work.h"

namespace bourse::market {

class Delivery {
 public:
  explicit Delivery(Outbox& outbox) : outbox_(outbox) {}

  void deliver(Work&& work);
  // Events found after the stored watermark when a pool was loaded; those handed over already are left out.
  void redeliver(std::vector<Notification>&& notifications);
  void reply(std::vector<Reply>&& replies) { outbox_.deliver(std::move(replies), {}); }

  [[nodiscard]] domain::EventSeq delivered() const { return {delivered_.load()}; }
  void start_from(domain::EventSeq delivered);
  // After LinkUp: so much waited for the link that it has to be read again from the event log.
  [[nodiscard]] bool must_reload() const { return reload_; }

 private:
  void hand_over(std::vector<Reply>&& replies, std::vector<Notification>&& notifications);

  Outbox& outbox_;
  std::atomic<std::uint64_t> delivered_{0};
  std::vector<Notification> waiting_;  // for the link
  bool overflowed_ = false;            // more waited than is kept
  bool reload_ = false;
};

}  // namespace bourse::market
