#include "market/spine.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <thread>
#include <utility>

#include "market/decide.h"
#include "market/lane.h"
#include "market/recipients.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kLongestWait = 250ms;     // so that stop requests and clock steps are noticed
constexpr std::chrono::seconds kTryAgainAfter{1};  // of who finds the queue full
constexpr base::Duration kRenewEvery = 5s;         // a third of the lease
constexpr base::Duration kBlind = 10s;             // without looking counts as time in which nobody did
constexpr base::Duration kFarewell = 1s;           // for the link to take what was committed before a stop
// A batch costs as much as some ten commands by itself. Once batches are as large as kBusy there is no idle time
// to answer in: letting commands gather, the longer the more of them come, makes all of them cheaper.
constexpr std::size_t kBusy = 4;
constexpr base::Duration kGatherPerCommand = 120us;
constexpr base::Duration kLongestGather = 4ms;
// Commands wait that long for a database that comes back: 0.1 + 0.2 + … + 3.2 s.
constexpr unsigned kPatience = 7;
constexpr std::size_t kMostPending = 4'000;  // commands decided ahead of the disk

constexpr unsigned kForever = std::numeric_limits<unsigned>::max();

constexpr char kAway[] = "the market's database is away; try again in a moment, the same request twice does no harm";

// The others (presence, the link, time) can be decided twice, and must not be forgotten: nobody repeats them.
bool expects_answer(const Command& command) { return !command.reply_to.stanza_id.empty(); }

base::Error rejection(const CommitResult& result) {
  return {base::Errc::kConflict, "the database refuses it: " + result.text};
}

// Whether it overlaps what is recorded only the database knows.
bool may_be_refused(const Command& command) {
  const auto* import = std::get_if<ImportHistory>(&command.body);
  return import != nullptr && import->last;
}

}  // namespace

Spine::Spine(SpineConfig config, Store& store, EngineFactory engines, Outbox& outbox, const base::Clock& clock)
    : config_(std::move(config)),
      store_(store),
      engines_(std::move(engines)),
      clock_(clock),
      queue_(config_.queue_capacity),
      delivery_(
          outbox,
          [this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
          },
          config_.most_waiting_bytes) {}

base::Status Spine::submit(Command&& command) {
  if (!ready_.load()) return {base::Errc::kUnavailable, kAway};
  if (enqueue(std::move(command))) return base::Done{};
  if (!ready_.load()) return {base::Errc::kUnavailable, kAway};  // it stopped meanwhile
  return base::Error{base::Errc::kResourceConstraint,
                     "the market has more to decide than it can hold, of your domain or of all; try again in a moment",
                     "", kTryAgainAfter};
}

bool Spine::enqueue(Command&& command) {
  // A full queue is when the log grows fastest: its checkpoints do not stand in line.
  if (std::holds_alternative<IntegrateLog>(command.body)) return queue_.try_push_urgent(std::move(command));
  const auto& operators = config_.pool.operators;
  const bool by_operator = std::ranges::find(operators, command.actor.bare()) != operators.end();
  const auto lane = lane_of(command, by_operator);
  return lane.empty() ? queue_.try_push_for_all(std::move(command)) : queue_.try_push(lane, std::move(command));
}

void Spine::run(const std::stop_token& stop) {
  if (!load(stop, kForever)) return;
  tell_undelivered();
  {
    std::jthread committer([this](const std::stop_token& own_stop) { commit_loop(own_stop); });
    while (!stop.stop_requested()) {
      decide_some(stop);
      recover(stop);
    }
    std::unique_lock lock(mutex_);
    ready_.store(false);
    finishing_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return (!pending_ && !committing_) || failure_; });
    committer.request_stop();
    changed_.notify_all();
  }
  finish();
}

// The committer has gone.
void Spine::finish() {
  queue_.close();
  if (failure_) refuse(failure_->work.commands);
  if (pending_) refuse(pending_->commands);
  for (auto left = queue_.pop_some(config_.queue_capacity, base::Duration::zero()); !left.empty();
       left = queue_.pop_some(config_.queue_capacity, base::Duration::zero())) {
    refuse(left);
  }
  delivery_.finish(kFarewell);
  static_cast<void>(store_.renew(lease_, delivery_.delivered()));  // what is not stored is told again
  store_.release(lease_);
}

// False when stopped, or when it did not work `attempts` times.
bool Spine::load(const std::stop_token& stop, unsigned attempts) {
  auto pause = 100ms;
  for (unsigned attempt = 0; attempt < attempts && !stop.stop_requested(); ++attempt) {
    auto state = std::make_unique<State>(config_.pool, engines_(), clock_.now());
    auto lease = store_.acquire(config_.pool.pool, config_.holder, *state);
    if (lease) {
      lease_ = *lease;
      last_batch_ = lease->last_batch;
      renewed_ = clock_.now();
      state->counters = lease->counters;
      const auto alive = lease->alive == base::Timestamp{} ? clock_.now() : lease->alive;
      if (!state_ || !state_->history.looks()) {
        state->history.look_away(alive);  // until the link is up
      } else {
        looked_ = alive;
        furthest_ = alive;
      }
      if (state_) state->take_presence_from(*state_);
      state_ = std::move(state);
      tell_policy(std::make_shared<const AccessPolicy>(state_->access));
      start_log();
      ready_.store(true);
      spdlog::info("pool {} loaded: epoch {}, event {}, audit entry {}", config_.pool.pool.value, lease_.epoch,
                   lease_.counters.last_event.value, lease_.counters.next_audit.value);
      return true;
    }
    ready_.store(false);
    spdlog::warn("pool {} cannot be loaded: {}", config_.pool.pool.value, lease.error().text);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [&] { return stop.stop_requested(); });
    pause = std::min(pause * 2, 5'000ms);
  }
  return false;
}

void Spine::tell_policy(std::shared_ptr<const AccessPolicy> policy) {
  if (config_.policies != nullptr && policy) config_.policies->publish(config_.pool.pool, std::move(policy));
}

// The committer rests, or is not there yet: what it hands over next follows what was loaded.
void Spine::start_log() {
  auto head = std::exchange(state_->log_head, {});
  state_->log_epoch = lease_.epoch;
  head.epoch = lease_.epoch;
  if (config_.sequencer != nullptr) config_.sequencer->start(std::move(head));
}

// Apart from load(), so that the reply to a command whose commit was in doubt can go before its notifications.
void Spine::tell_undelivered() {
  const auto known = delivery_.accepted();
  Undelivered found;
  for (auto& event : std::exchange(state_->undelivered, {})) {
    found.complete_to = event.seq;
    if (event.seq <= known) continue;
    auto recipients = recipients_of(*state_, event);
    if (!recipients.empty()) found.notifications.push_back({std::move(event), std::move(recipients)});
  }
  found.last_event = lease_.counters.last_event;
  if (!state_->undelivered_left_out) found.complete_to = found.last_event;
  delivery_.resume(lease_.counters.delivered, std::move(found));
}

base::Duration Spine::until_next_timer(base::Timestamp now) const {
  const auto next = state_->next_timer();
  return next <= now ? base::Duration::zero() : std::min(kLongestWait, next - now);
}

// The decider looks several times a second. When it did not for long, the process was stopped, or the clock jumped: a
// command that says so. A clock that was behind and is right again had seen some of that time before.
std::optional<Command> Spine::look(base::Timestamp now) {
  const auto since = std::max(looked_, furthest_);
  const bool blind = looked_ != base::Timestamp{} && now - looked_ > kBlind && since < now;
  looked_ = now;
  furthest_ = std::max(furthest_, now);
  if (!blind) return std::nullopt;
  return Command{config_.pool.pool, {}, {}, Unobserved{{since, now}}};
}

std::vector<Command> Spine::take_commands(base::Timestamp& now) {
  auto commands = queue_.pop_some(config_.most_per_batch, until_next_timer(clock_.now()));
  now = clock_.now();
  if (until_next_timer(now) == base::Duration::zero()) commands.push_back({config_.pool.pool, {}, {}, Tick{}});
  if (auto gap = look(now)) commands.insert(commands.begin(), std::move(*gap));
  return commands;
}

void Spine::decide_some(const std::stop_token& stop) {
  if (const auto last = last_commands_.load(); last >= kBusy) {
    std::this_thread::sleep_for(std::min(kLongestGather, kGatherPerCommand * static_cast<int>(last)));
  }
  base::Timestamp now;
  auto commands = take_commands(now);
  for (auto first = commands.begin(); first != commands.end();) {
    const auto apart = std::find_if(first, commands.end(), may_be_refused);
    if (first != apart) decide_together({first, apart}, now, stop);
    first = apart;
    if (apart == commands.end()) break;
    decide_apart(std::move(*first++));
    now = clock_.now();
  }
}

void Spine::decide_together(std::span<Command> commands, base::Timestamp now, const std::stop_token& stop) {
  std::vector<std::pair<Plan, PoolCounters>> plans;
  plans.reserve(commands.size());
  for (const auto& command : commands) {
    auto plan = decide(*state_, command, now);
    plans.emplace_back(std::move(plan), state_->counters);
  }

  std::unique_lock lock(mutex_);
  if (!pending_) pending_.emplace();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    pending_->add(std::move(commands[i]), std::move(plans[i].first), plans[i].second);
  }
  changed_.notify_all();
  changed_.wait(
      lock, [&] { return !pending_ || pending_->commands.size() < kMostPending || failure_ || stop.stop_requested(); });
}

// In a batch of its own that nothing is decided after before it is settled: of what the database refuses, the counters
// are all that has to be put back. An import changes nothing else of the state.
void Spine::decide_apart(Command&& command) {
  const auto before = state_->counters;
  std::unique_lock lock(mutex_);
  const auto settled = [this] { return (!pending_ && !committing_) || failure_; };
  changed_.wait(lock, settled);
  lock.unlock();
  auto plan = decide(*state_, command, clock_.now());
  lock.lock();
  if (!pending_) pending_.emplace();
  pending_->tentative = pending_->commands.empty();
  pending_->add(std::move(command), std::move(plan), state_->counters);
  refused_ = false;
  changed_.notify_all();
  changed_.wait(lock, settled);
  if (refused_) state_->counters = before;
}

void Spine::commit_loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool woken = changed_.wait_for(lock, kRenewEvery, [&] {
      return stop.stop_requested() || (!failure_ && (pending_ || finishing_ || delivery_.must_reload()));
    });
    if (failure_) continue;
    const bool reload = delivery_.must_reload() && !finishing_;
    keep_lease(!woken || reload);
    if (failure_) continue;
    if (reload) {
      failure_.emplace(
          Failure{{}, last_batch_ + 1, {CommitOutcome::kCommitted, "notifications wait in the event log"}});
      changed_.notify_all();
      continue;
    }
    if (!pending_) {
      if (finishing_) return;
      continue;
    }
    Work work = std::move(*pending_);
    pending_.reset();
    committing_ = true;
    last_commands_.store(work.commands.size());
    lock.unlock();
    auto result = commit(work);
    const bool committed = result.outcome == CommitOutcome::kCommitted;
    const bool refused = work.tentative && result.outcome == CommitOutcome::kRejected;
    if (refused) refuse(work.commands, rejection(result));
    if (committed) deliver(std::move(work));
    lock.lock();
    committing_ = false;
    refused_ = refused;
    if (!committed && !refused) failure_.emplace(Failure{std::move(work), last_batch_ + 1, std::move(result)});
    changed_.notify_all();
  }
}

void Spine::deliver(Work&& work) {
  tell_policy(std::move(work.policy));
  delivery_.deliver(std::move(work));
}

CommitResult Spine::commit(Work& work) {
  if (work.batch.empty()) return {};
  auto counters = work.counters;
  counters.delivered = delivery_.delivered();
  Batch batch = [&] {
    auto finished = std::move(work.batch).finish(counters);
    finished.epoch = lease_.epoch;
    finished.number = last_batch_ + 1;
    return finished;
  }();
  auto result = store_.commit(batch);
  if (result.outcome == CommitOutcome::kCommitted) {
    ++last_batch_;
    renewed_ = clock_.now();
    if (config_.sequencer != nullptr) {
      if (!batch.checkpoints.empty()) config_.sequencer->stored(batch.checkpoints.back().size);
      config_.sequencer->take(std::move(batch.audit));
    }
  }
  const bool settled = result.outcome == CommitOutcome::kCommitted || result.outcome == CommitOutcome::kRejected;
  if (config_.sequencer != nullptr && settled && !batch.log_tiles.empty()) {
    config_.sequencer->decided(result.outcome == CommitOutcome::kCommitted, result.text);
  }
  return result;
}

// Commits renew the lease and store the watermark as well; when there are none, or nothing in them, this does.
void Spine::keep_lease(bool now) {
  const auto age = clock_.now() - renewed_;
  if (!now && age >= base::Duration::zero() && age < kRenewEvery) return;  // the clock may have been set back
  renewed_ = clock_.now();
  auto result = store_.renew(lease_, delivery_.delivered());
  if (result.outcome == CommitOutcome::kCommitted) return;
  failure_.emplace(Failure{{}, last_batch_ + 1, std::move(result)});
  changed_.notify_all();
}

// The committer rests while failure_ is set.
void Spine::recover(const std::stop_token& stop) {
  Failure failure;
  std::vector<Command> later;
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) return;
    failure = std::move(*failure_);
    if (pending_) later = std::move(pending_->commands);
    pending_.reset();
  }
  spdlog::warn("pool {}: batch {} of epoch {} has to be settled: {}", config_.pool.pool.value, failure.batch,
               lease_.epoch, failure.result.text);
  const auto epoch = lease_.epoch;
  auto commands = std::move(failure.work.commands);
  if (!load(stop, kPatience)) {
    std::move(later.begin(), later.end(), std::back_inserter(commands));
    auto queued = queue_.pop_some(config_.queue_capacity, base::Duration::zero());
    std::move(queued.begin(), queued.end(), std::back_inserter(commands));
    refuse(commands);
    if (!load(stop, kForever)) return;
    std::erase_if(commands, expects_answer);
  } else {
    const bool durable_after_all = lease_.epoch == epoch + 1 && last_batch_ >= failure.batch;
    if (durable_after_all) {
      deliver(std::move(failure.work));
      commands.clear();  // what of it is presence was taken over
    }
    std::move(later.begin(), later.end(), std::back_inserter(commands));
  }
  tell_undelivered();
  settle_one_by_one(std::move(commands), stop);
  const std::lock_guard lock(mutex_);
  failure_.reset();
  changed_.notify_all();
}

// Each command in a batch of its own, so that one which cannot be committed does not take others with it.
void Spine::settle_one_by_one(std::vector<Command>&& commands, const std::stop_token& stop) {
  if (auto gap = look(clock_.now())) commands.insert(commands.begin(), std::move(*gap));
  for (std::ptrdiff_t next = 0; next < std::ssize(commands); ++next) {
    const auto command = commands.begin() + next;
    // Presence outlives a load, but not what the failed batch meant to send on it.
    if (std::holds_alternative<SessionAvailable>(command->body)) state_->nodes.presences.erase(command->actor);
    Work work;
    auto plan = decide(*state_, *command, clock_.now());
    work.add(Command(*command), std::move(plan), state_->counters);
    const auto result = commit(work);
    if (result.outcome == CommitOutcome::kCommitted) {
      deliver(std::move(work));
      continue;
    }
    spdlog::error("pool {}: a command of {} cannot be settled: {}", config_.pool.pool.value, command->actor.text(),
                  result.text);
    // What nobody repeats is tried again, unless the database itself will not have it.
    const bool again = !expects_answer(*command) && result.outcome != CommitOutcome::kRejected;
    if (result.outcome == CommitOutcome::kRejected) {
      refuse({*command}, rejection(result));
    } else {
      refuse({*command});
    }
    if (!load(stop, kPatience)) {
      refuse({command + 1, commands.end()});
      if (!load(stop, kForever)) return;
      commands.erase(std::remove_if(command + 1, commands.end(), expects_answer), commands.end());
    }
    tell_undelivered();
    if (again) --next;
  }
}

void Spine::refuse(const std::vector<Command>& commands) { refuse(commands, {base::Errc::kUnavailable, kAway}); }

void Spine::refuse(const std::vector<Command>& commands, const base::Error& why) {
  std::vector<Reply> replies;
  for (const auto& command : commands) {
    if (command.reply_to.stanza_id.empty()) continue;
    replies.push_back({command.reply_to, why});
  }
  delivery_.reply(std::move(replies));
}

}  // namespace bourse::market
