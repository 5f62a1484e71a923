// Purpose: integrates committed audit entries into the log's tree and signs its heads (checkpoints): at most one second
//   and at most 10,000 leaves after they were committed. What it makes becomes an IntegrateLog command and is decided,
//   committed and told like everything else: it writes nothing itself, but keeps every note it signs (CheckpointKeeper)
//   before that leaves it, so that it never signs two histories.
// Lifetime: one a pool, beside its spine. Threads: run() has its own; start(), take() and status() are called by
// others.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/tile_edge.h"
#include "base/clock.h"
#include "base/result.h"
#include "market/command.h"
#include "market/log_head.h"
#include "market/rows.h"

namespace bourse::market {

// The port to where the last signed checkpoint is kept: outside of the database, so that a database put back to an
// older state is noticed. Threads: the sequencer's.
class CheckpointKeeper {
 public:
  virtual ~CheckpointKeeper() = default;
  // None: nothing was ever signed.
  [[nodiscard]] virtual base::Result<std::optional<std::string>> last() = 0;
  // Durable when it returns.
  [[nodiscard]] virtual base::Status keep(const std::string& note) = 0;
};

struct SequencerConfig {
  // The first is the log's; the others sign as well while keys rotate. All have the log's origin as name.
  std::vector<audit::NoteSigner> signers;
  // Keys of logs that an operator ended after a restore: the database's last checkpoint may still be by one of them.
  std::vector<audit::NoteVerifier> former{};
  // What comes on top until it is durable, on a busy market: the batch that is being decided, the one that is being
  // committed, and its own.
  base::Duration longest_wait = std::chrono::milliseconds(300);
  std::uint64_t most_leaves = 10'000;
};

struct LogStatus {
  std::uint64_t size = 0;                // of the last checkpoint handed over
  std::uint64_t waiting = 0;             // leaves committed after it
  std::optional<std::string> refuses{};  // why it does not sign; for an operator
};

class Sequencer {
 public:
  using Submit = std::function<base::Status(Command&&)>;
  // `keeper`, `clock` and what `submit` refers to outlive it. A command that is refused is left as it is, and submitted
  // again until it is taken or the pool is loaded again.
  Sequencer(domain::PoolName pool, SequencerConfig config, CheckpointKeeper& keeper, Submit submit,
            const base::Clock& clock);

  // The pool was loaded (again): forgets everything. Refuses to sign when what is kept is not a prefix of the log:
  // its root is computed again from tiles and entries.
  void start(LogHead&& head);
  // Committed entries, by index, without gaps after what was loaded. Cheap: moves them into a queue.
  void take(std::vector<AuditRow>&& entries);
  // A batch with tiles of it was stored, or rejected by the database. Which may be for another's sake: only when it is
  // again and again does nothing more of it come, however often the pool is loaded, so that the market goes on.
  void decided(bool stored, const std::string& why);
  // A checkpoint of that size is durable.
  void stored(std::uint64_t size);
  // From now on nothing smaller is signed; kNothing: nothing at all.
  void sign_from(std::uint64_t least);
  static constexpr std::uint64_t kNothing = ~std::uint64_t{0};
  // Before a stop: what is committed by now is due at once …
  void hurry();
  // … and durable when this is true; false: not by then.
  [[nodiscard]] bool wait_stored(std::chrono::steady_clock::time_point until);
  void run(const std::stop_token& stop);
  // One step of run(): opens what was loaded, takes what was committed, and signs when it is time to; the command to
  // submit then. Called by one thread.
  [[nodiscard]] std::optional<Command> integrate(base::Timestamp now);
  [[nodiscard]] LogStatus status() const;

 private:
  struct Arrived {
    base::Timestamp at;
    std::vector<AuditRow> entries;
  };
  struct Leaf {
    base::Timestamp arrived;
    audit::Hash hash;
  };
  [[nodiscard]] base::Status open(LogHead&& head);
  [[nodiscard]] base::Status check_stored(const CheckpointRow& row);
  [[nodiscard]] base::Status check_kept();
  [[nodiscard]] base::Result<audit::Checkpoint> by_own_key(const std::string& note) const;
  [[nodiscard]] base::Status take_in(Arrived&& arrived);
  void append_leaf();
  [[nodiscard]] bool is_held() const { return edge_.size() + leaves_.size() < least_; }
  [[nodiscard]] bool is_due(base::Timestamp now) const;
  [[nodiscard]] IntegrateLog prepare();
  [[nodiscard]] std::string sign() const;
  [[nodiscard]] std::optional<Command> keep(base::Timestamp now);
  void refuse(const std::string& why);
  void hand_over(Command&& command, const std::stop_token& stop);
  void wait(const std::stop_token& stop);

  const domain::PoolName pool_;
  const SequencerConfig config_;
  CheckpointKeeper& keeper_;
  const Submit submit_;
  const base::Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<LogHead> head_;  // loaded, not opened yet
  bool appends_ = false;         // false: nothing is loaded, or it refuses; nothing is queued then
  std::vector<Arrived> queue_;
  std::size_t queued_ = 0;  // entries in it
  LogStatus status_;
  std::uint64_t stored_ = 0;       // entries in the last checkpoint that is durable
  std::uint64_t least_asked_ = 0;  // sign_from()
  std::uint64_t hurry_asked_ = 0;  // entries that there were at hurry()
  unsigned rejections_ = 0;
  std::optional<std::string> refused_;  // until the process ends

  // Of the thread that integrates.
  std::uint64_t least_ = 0;  // as it was asked for, when it looked last
  std::uint64_t hurry_ = 0;  // … and as well
  audit::TileEdge edge_;
  std::deque<Leaf> leaves_;               // committed, not in the tree
  std::uint64_t next_ = 0;                // the index of the entry that comes next
  std::uint64_t integrated_ = 0;          // entries in what was handed over
  std::uint64_t kept_ = 0;                // … and in what was kept when it was opened
  std::uint64_t epoch_ = 0;               // of the load
  std::size_t loaded_ = 0;                // leaves it began with
  std::string stored_origin_;             // whose the stored checkpoint is; empty: there is none
  std::optional<IntegrateLog> prepared_;  // signed, not kept yet
  std::optional<base::Timestamp> retry_;  // keeping it did not work: not before then
};

}  // namespace bourse::market
