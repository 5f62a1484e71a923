// Purpose: market::Outbox that remembers what it was told, and takes as much as the test lets it: a link that is slow,
//   full or down.
// Lifetime: outlives who delivers to it. Threads: any number.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "market/outbox.h"

namespace bourse::test {

class FakeOutbox final : public market::Outbox {
 public:
  static constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
  struct Told {
    std::uint64_t seq = 0;
    std::string to;
    std::string item = {};
    friend bool operator==(const Told&, const Told&) = default;
    friend auto operator<=>(const Told&, const Told&) = default;
  };

  [[nodiscard]] bool linked() const override {
    const std::lock_guard lock(mutex_);
    return linked_;
  }
  void deliver(std::vector<market::Reply>&& replies) override {
    change([&] {
      for (auto& reply : replies) {
        told_before_reply_[reply.to.stanza_id] = told_.size();
        replies_[reply.to.stanza_id] = std::move(reply.body);
      }
    });
  }
  [[nodiscard]] std::size_t notify(const market::Notification& notification, std::size_t from) override {
    std::size_t taken = 0;
    change([&] {
      tellers_.insert(std::this_thread::get_id());
      taken = linked_ ? std::min(room_, notification.recipients.size() - from) : 0;
      if (room_ != kUnbounded) room_ -= taken;
      for (std::size_t i = from; i < from + taken; ++i) {
        told_.push_back(
            {notification.event.seq.value, notification.recipients.at(i).to.text(), notification.event.item_id});
      }
    });
    return taken;
  }
  void wait_for_room(base::Duration longest) override {
    std::unique_lock lock(mutex_);
    ++waits_;
    changed_.notify_all();
    changed_.wait_for(lock, longest, [this] { return linked_ && room_ > 0; });
  }
  void answer(market::Answer&& answer) override {
    change([&] { answered_.push_back(answer.query.reply_to.stanza_id); });
  }
  void probe(std::vector<domain::Jid>&& sessions) override {
    change([&] { std::move(sessions.begin(), sessions.end(), std::back_inserter(probed_)); });
  }

  void set_linked(bool linked) {
    change([&] { linked_ = linked; });
  }
  // For so many recipients.
  void set_room(std::size_t recipients) {
    change([&] { room_ = recipients; });
  }
  void give_room(std::size_t recipients) {
    change([&] { room_ = room_ == kUnbounded ? kUnbounded : room_ + recipients; });
  }

  // Each waits until there is something to say; false, or what there is then, when that takes too long.
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }
  bool wait_told(std::size_t least) {
    return wait([&](const FakeOutbox& self) { return self.told_.size() >= least; });
  }
  // Somebody found it full (again).
  bool wait_until_full() {
    return wait([before = waits()](const FakeOutbox& self) { return self.waits_ > before; });
  }
  // Somebody looked whether there is room.
  bool wait_asked() {
    return wait([](const FakeOutbox& self) { return self.waits_ > 0; });
  }
  bool wait_answered(std::size_t least) {
    return wait([&](const FakeOutbox& self) { return self.answered_.size() >= least; });
  }
  bool wait_reply(const std::string& id) {
    return wait([&](const FakeOutbox& self) { return self.replies_.contains(id); });
  }

  [[nodiscard]] std::vector<Told> told() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  [[nodiscard]] std::map<std::string, market::ReplyBody> replies() const {
    const std::lock_guard lock(mutex_);
    return replies_;
  }
  // How much had been told when the reply was given.
  [[nodiscard]] std::size_t told_before(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    return told_before_reply_.at(id);
  }
  // Whether the calling thread told anybody anything.
  [[nodiscard]] bool was_told_here() const {
    const std::lock_guard lock(mutex_);
    return tellers_.contains(std::this_thread::get_id());
  }
  // The questions' ids, in their order.
  [[nodiscard]] std::vector<std::string> answered() const {
    const std::lock_guard lock(mutex_);
    return answered_;
  }
  [[nodiscard]] std::vector<domain::Jid> probed() const {
    const std::lock_guard lock(mutex_);
    return probed_;
  }
  [[nodiscard]] std::size_t waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  template <class Change>
  void change(Change make) {
    {
      const std::lock_guard lock(mutex_);
      make();
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool linked_ = true;
  std::size_t room_ = kUnbounded;
  std::size_t waits_ = 0;
  std::vector<Told> told_;
  std::set<std::thread::id> tellers_;
  std::map<std::string, market::ReplyBody> replies_;
  std::map<std::string, std::size_t> told_before_reply_;
  std::vector<std::string> answered_;
  std::vector<domain::Jid> probed_;
};

}  // namespace bourse::test
