#include "market/delivery.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace bourse::market {
namespace {

using namespace std::chrono_literals;

// So much is told on the committer's own thread when nobody waits: less than what waking another one may take.
constexpr std::size_t kToldAtOnce = 256;
constexpr base::Duration kLongestWait = 100ms;  // for room, so that a stop is noticed
constexpr std::size_t kFixedCost = 512;         // of one notification
constexpr std::size_t kRecipientCost = 128;

bool is_logged(const Notification& notification) { return notification.event.seq.value != 0; }

}  // namespace

Delivery::Delivery(Outbox& outbox, std::function<void()> caught_up, std::size_t most_waiting_bytes)
    : outbox_(outbox),
      caught_up_(std::move(caught_up)),
      most_waiting_bytes_(most_waiting_bytes),
      courier_([this](const std::stop_token& stop) { carry(stop); }) {}

Delivery::~Delivery() = default;

void Delivery::deliver(Work&& work) {
  outbox_.deliver(std::move(work.replies));
  {
    std::unique_lock lock(mutex_);
    std::erase_if(work.notifications, [this](const Notification& n) {
      return n.recipients.empty() || (is_logged(n) && n.event.seq.value <= accepted_);
    });
    std::pair<std::size_t, std::size_t> rest{0, 0};
    if (queue_.empty() && !overflowed_) {
      lock.unlock();  // the courier rests while nothing waits
      rest = tell_at_once(work.notifications);
      lock.lock();
    }
    enqueue(std::move(work.notifications), rest.first, rest.second);
    if (!overflowed_) accepted_ = std::max(accepted_, work.counters.last_event.value);
    if (queue_.empty()) delivered_.store(accepted_);
  }
  if (!work.probes.empty()) outbox_.probe(std::move(work.probes));
}

void Delivery::reply(std::vector<Reply>&& replies) {
  if (!replies.empty()) outbox_.deliver(std::move(replies));
}

// What waits already has been committed whatever became of later batches: it stays, with who was told of it.
void Delivery::resume(domain::EventSeq stored, Undelivered&& found) {
  const std::lock_guard lock(mutex_);
  accepted_ = std::max(accepted_, stored.value);
  if (queue_.empty()) delivered_.store(accepted_);
  overflowed_ = false;
  std::erase_if(found.notifications, [this](const Notification& n) { return n.event.seq.value <= accepted_; });
  enqueue(std::move(found.notifications), 0, 0);
  if (!overflowed_) {
    accepted_ = std::max(accepted_, found.complete_to.value);
    overflowed_ = accepted_ < found.last_event.value;
  }
  if (queue_.empty()) delivered_.store(accepted_);
}

std::pair<std::size_t, std::size_t> Delivery::tell_at_once(const std::vector<Notification>& notifications) {
  std::size_t left = kToldAtOnce;
  for (std::size_t i = 0; i < notifications.size(); ++i) {
    const auto recipients = notifications[i].recipients.size();
    if (recipients > left) return {i, 0};
    left -= recipients;
    const auto told = outbox_.notify(notifications[i], 0);
    if (told < recipients) return {i, told};
  }
  return {notifications.size(), 0};
}

void Delivery::enqueue(std::vector<Notification>&& notifications, std::size_t begin, std::size_t first_told) {
  const bool rested = queue_.empty();
  for (std::size_t i = begin; i < notifications.size(); ++i) {
    const auto seq = notifications[i].event.seq.value;
    if (seq != 0 && overflowed_) continue;  // the event log has it
    if (keep(std::move(notifications[i]), i == begin ? first_told : 0)) {
      accepted_ = std::max(accepted_, seq);
    } else if (seq == 0) {
      ++lost_repeats_;
    } else {
      overflowed_ = true;
      accepted_ = std::max(accepted_, seq - 1);
      spdlog::warn("the link takes no more: what happens after event {} waits in the event log", accepted_);
    }
  }
  if (rested && !queue_.empty()) changed_.notify_all();
}

// One always fits, whatever it takes: otherwise it would never be told.
bool Delivery::keep(Notification&& notification, std::size_t told) {
  const auto& [shared, others, manner] = notification.recipients;
  const bool listed_before = !queue_.empty() && queue_.back().notification.recipients.shared == shared;
  const auto listed = shared && !listed_before ? shared->size() : 0;
  const auto bytes = kFixedCost + notification.event.record.size() + kRecipientCost * others.size();
  if (!queue_.empty() && (waiting_bytes_ + bytes > most_waiting_bytes_ || listed_ + listed > kMostListed)) return false;
  waiting_bytes_ += bytes;
  listed_ += listed;
  queue_.push_back({std::move(notification), told, bytes, listed});
  return true;
}

void Delivery::carry(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !queue_.empty(); }) && !stop.stop_requested()) {
    auto& first = queue_.front();  // stays where it is while others are added behind it
    lock.unlock();
    first.told += outbox_.notify(first.notification, first.told);
    const bool complete = first.told >= first.notification.recipients.size();
    if (!complete) outbox_.wait_for_room(kLongestWait);
    lock.lock();
    if (complete) retire(lock);
  }
}

void Delivery::retire(std::unique_lock<std::mutex>& lock) {
  auto done = std::move(queue_.front());
  queue_.pop_front();
  waiting_bytes_ -= done.bytes;
  if (!queue_.empty() && queue_.front().notification.recipients.shared == done.notification.recipients.shared) {
    queue_.front().listed = done.listed;
  } else {
    listed_ -= done.listed;
  }
  if (queue_.empty()) {
    delivered_.store(accepted_);
    if (const auto lost = std::exchange(lost_repeats_, 0); lost != 0) {
      spdlog::warn("{} items that were to be sent again were not: too much waited for the link", lost);
    }
  } else if (is_logged(done.notification)) {
    delivered_.store(done.notification.event.seq.value);
  }
  const bool reload = queue_.empty() && overflowed_;
  const bool rests = queue_.empty();
  lock.unlock();
  if (rests) changed_.notify_all();
  if (reload && caught_up_) caught_up_();
  done = {};  // a long list of recipients takes a while
  lock.lock();
}

void Delivery::finish(base::Duration longest) {
  {
    std::unique_lock lock(mutex_);
    for (auto left = longest; left > 0s && !queue_.empty() && outbox_.linked(); left -= kLongestWait) {
      changed_.wait_for(lock, kLongestWait, [this] { return queue_.empty(); });
    }
  }
  courier_.request_stop();
  if (courier_.joinable()) courier_.join();
}

domain::EventSeq Delivery::accepted() const {
  const std::lock_guard lock(mutex_);
  return {accepted_};
}

bool Delivery::must_reload() const {
  const std::lock_guard lock(mutex_);
  return overflowed_ && queue_.empty();
}

}  // namespace bourse::market
