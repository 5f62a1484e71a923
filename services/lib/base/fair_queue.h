// Purpose: the hand-over between threads where many parties fill one queue: each has a lane of its own, the lanes are
//   emptied in turns, so that who sends much waits for itself. Bounded like base/bounded_queue.h; of what is still free
//   a lane may take at most as much as it leaves to others (dynamic thresholds, Choudhury and Hahne 1998): one that
//   floods alone fills half of the queue, and everybody else finds room.
// Order: within a lane as pushed. What is pushed for everybody (push_for_all) comes after all that was there before it,
//   and before all that comes later.
// Lifetime: outlives its producers and its consumers. Threads: any number of each.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace bourse::base {

template <class T>
class FairQueue {
 public:
  explicit FairQueue(std::size_t capacity) : capacity_(capacity) {}

  // False when the lane has its part already, or the queue is closed; `item` is then left untouched.
  [[nodiscard]] bool try_push(std::string_view lane, T&& item) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = lanes_.find(std::string(lane));
      const std::size_t length = found == lanes_.end() ? 0 : found->second->items.size();
      if (closed_ || length >= capacity_ - std::min(size_, capacity_)) return false;
      push(found, lane, std::move(item));
    }
    filled_.notify_one();
    return true;
  }

  // For what concerns every lane.
  [[nodiscard]] bool try_push_for_all(T&& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || size_ >= capacity_) return false;
      while (!turns_.empty()) settled_.push_back(take_turn());
      settled_.push_back(std::move(item));
      ++size_;
    }
    filled_.notify_one();
    return true;
  }

  // For what must wait neither behind the others nor for room among them: taken first, oldest first. False when closed,
  // or when kMostUrgent of these are waiting.
  [[nodiscard]] bool try_push_urgent(T&& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || urgent_.size() >= kMostUrgent) return false;
      urgent_.push_back(std::move(item));
    }
    filled_.notify_one();
    return true;
  }

  // Waits up to `timeout` for an item, then takes at most `most` of those there are, one of each lane in turn.
  // Empty means the timeout passed or the queue is closed and drained.
  [[nodiscard]] std::vector<T> pop_some(std::size_t most, Duration timeout) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, timeout, [this] { return closed_ || waiting() > 0; });
    std::vector<T> taken;
    taken.reserve(std::min(most, waiting()));
    take_front(urgent_, most, taken);
    const std::size_t before = taken.size();
    take_front(settled_, most, taken);
    size_ -= taken.size() - before;
    while (!turns_.empty() && taken.size() < most) {
      taken.push_back(take_turn());
      --size_;
    }
    if (waiting() > 0) filled_.notify_one();  // another consumer may take the rest
    return taken;
  }

  // Refuses further items; what is inside can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  [[nodiscard]] bool closed_and_empty() const {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting() == 0;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return waiting();
  }

 private:
  struct Lane {
    std::string name;
    std::deque<T> items;
  };
  using Turns = std::list<Lane>;  // whose turn it is next; lanes that hold nothing are gone

  static constexpr std::size_t kMostUrgent = 16;

  [[nodiscard]] std::size_t waiting() const { return urgent_.size() + size_; }

  void push(typename std::unordered_map<std::string, typename Turns::iterator>::iterator found, std::string_view lane,
            T&& item) {
    auto place = found == lanes_.end() ? turns_.end() : found->second;
    if (place == turns_.end()) {
      place = turns_.insert(turns_.end(), Lane{std::string(lane), {}});
      lanes_.emplace(place->name, place);
    }
    place->items.push_back(std::move(item));
    ++size_;
  }

  T take_turn() {
    auto lane = turns_.begin();
    T item = std::move(lane->items.front());
    lane->items.pop_front();
    if (lane->items.empty()) {
      lanes_.erase(lane->name);
      turns_.erase(lane);
    } else {
      turns_.splice(turns_.end(), turns_, lane);
    }
    return item;
  }

  static void take_front(std::deque<T>& from, std::size_t most, std::vector<T>& taken) {
    while (!from.empty() && taken.size() < most) {
      taken.push_back(std::move(from.front()));
      from.pop_front();
    }
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> urgent_;
  std::deque<T> settled_;  // whose order is fixed: before all that is in lanes
  Turns turns_;
  std::unordered_map<std::string, typename Turns::iterator> lanes_;
  std::size_t size_ = 0;  // settled_ and lanes
  bool closed_ = false;
};

}  // namespace bourse::base
