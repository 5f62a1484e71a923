// Purpose: decide → commit → deliver for one pool. Commands are decided as they come, against a state that
//   runs ahead; while one batch commits, the next one fills; replies and notifications leave only after
//   their batch is durable. A batch that fails throws the state away: the pool is loaded again and its
//   commands are decided again, one by one.
// Lifetime: store, outbox and clock outlive it. Threads: submit() from any; run() is the decider's thread and
//   owns the committer's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fair_queue.h"
#include "market/command.h"
#include "market/delivery.h"
#include "market/policy_board.h"
#include "market/sequencer.h"
#include "market/state.h"
#include "market/store.h"
#include "market/work.h"

namespace bourse::market {

struct SpineConfig {
  PoolConfig pool;
  std::string holder;  // who takes the lease: the same name after a restart takes it at once
  std::size_t queue_capacity = 20'000;
  std::size_t most_per_batch = 1'000;
  std::size_t most_waiting_bytes = Delivery::kMostWaitingBytes;  // of notifications that the link does not take yet
  // Outlives the spine; told what is loaded and what is committed. None: the log gets no tree.
  Sequencer* sequencer = nullptr;
  // Outlives the spine; told what of the policy is durable. None: nobody reads it beside the decider.
  PolicyBoard* policies = nullptr;
};

class Spine {
 public:
  using EngineFactory = std::function<std::unique_ptr<matching::Engine>()>;

  Spine(SpineConfig config, Store& store, EngineFactory engines, Outbox& outbox, const base::Clock& clock);

  // kResourceConstraint: the queue, or the part of it that the actor's domain may fill, is full; kUnavailable: the pool
  // is not loaded (yet). Both: try again.
  [[nodiscard]] base::Status submit(Command&& command);
  // Decides until stopped, then commits what was decided, tells it as far as the link takes it within a second, and
  // gives the lease up. What was not decided is answered with kUnavailable.
  void run(const std::stop_token& stop);
  [[nodiscard]] bool ready() const { return ready_.load(); }

 private:
  bool load(const std::stop_token& stop, unsigned attempts);
  [[nodiscard]] bool enqueue(Command&& command);
  void start_log();
  void tell_undelivered();
  void tell_policy(std::shared_ptr<const AccessPolicy> policy);
  void deliver(Work&& work);  // it is durable
  void decide_some(const std::stop_token& stop);
  void decide_together(std::span<Command> commands, base::Timestamp now, const std::stop_token& stop);
  void decide_apart(Command&& command);
  [[nodiscard]] std::vector<Command> take_commands(base::Timestamp& now);
  [[nodiscard]] base::Duration until_next_timer(base::Timestamp now) const;
  void commit_loop(const std::stop_token& stop);
  [[nodiscard]] CommitResult commit(Work& work);
  void keep_lease(bool now);
  void recover(const std::stop_token& stop);
  void settle_one_by_one(std::vector<Command>&& commands, const std::stop_token& stop);
  void refuse(const std::vector<Command>& commands);
  void refuse(const std::vector<Command>& commands, const base::Error& why);
  [[nodiscard]] std::optional<Command> look(base::Timestamp now);
  void finish();

  SpineConfig config_;
  Store& store_;
  EngineFactory engines_;
  const base::Clock& clock_;
  base::FairQueue<Command> queue_;  // a lane a domain
  std::atomic<bool> ready_{false};
  std::atomic<std::size_t> last_commands_{0};  // in the last batch

  std::unique_ptr<State> state_;  // the decider's
  Lease lease_;                   // the committer's, or the decider's while the committer rests
  std::uint64_t last_batch_ = 0;
  base::Timestamp renewed_{};   // the committer's
  base::Timestamp furthest_{};  // … and the latest moment it ever saw
  base::Timestamp looked_{};    // the decider's: when it last did; the epoch: never

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Work> pending_;  // decided, not yet with the committer
  struct Failure {
    Work work;
    std::uint64_t batch = 0;
    CommitResult result;
  };
  std::optional<Failure> failure_;  // the committer rests until the decider has recovered
  bool committing_ = false;
  bool refused_ = false;  // what was tentative
  bool finishing_ = false;

  Delivery delivery_;  // last: its courier wakes the committer
};

}  // namespace bourse::market
