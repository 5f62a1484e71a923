#include "market/delivery.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bourse::market {
namespace {
constexpr std::size_t kMostWaiting = 50'000;  // notifications kept in memory while the link is down
}  // namespace

// What a load found in the event log after `delivered` covers everything that waited or was given up.
void Delivery::start_from(domain::EventSeq delivered) {
  delivered_.store(std::max(delivered_.load(), delivered.value));
  waiting_.clear();
  overflowed_ = false;
  reload_ = false;
}

void Delivery::deliver(Work&& work) {
  if (work.link_up) {
    reload_ = overflowed_;
    auto waited = std::exchange(waiting_, {});
    hand_over({}, std::move(waited));
  }
  hand_over(std::move(work.replies), std::move(work.notifications));
  if (!work.probes.empty()) outbox_.probe(std::move(work.probes));
}

void Delivery::redeliver(std::vector<Notification>&& notifications) {
  std::erase_if(notifications, [this](const Notification& n) { return n.event.seq.value <= delivered_.load(); });
  hand_over({}, std::move(notifications));
}

void Delivery::hand_over(std::vector<Reply>&& replies, std::vector<Notification>&& notifications) {
  if (replies.empty() && notifications.empty()) return;
  if (!overflowed_ && waiting_.empty() && outbox_.linked()) {
    const auto last = notifications.empty() ? delivered_.load() : notifications.back().event.seq.value;
    outbox_.deliver(std::move(replies), std::move(notifications));
    delivered_.store(last);
    return;
  }
  outbox_.deliver(std::move(replies), {});
  if (overflowed_) return;  // the event log has them
  std::move(notifications.begin(), notifications.end(), std::back_inserter(waiting_));
  if (waiting_.size() <= kMostWaiting) return;
  waiting_.clear();
  overflowed_ = true;
}

}  // namespace bourse::market
