#include "market/sequencer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/check.h"

namespace bourse::market {
namespace {

using namespace std::chrono_literals;
using base::Errc;

constexpr base::Duration kRetryAfter = 1s;     // when a checkpoint cannot be kept
constexpr base::Duration kSubmitAgain = 20ms;  // when the queue is full
constexpr base::Duration kShortestWait = 1ms;
// Leaves that wait for a checkpoint that cannot be kept, before they are given up until the next load: 320 MB.
constexpr std::size_t kMostWaiting = 8'000'000;
constexpr unsigned kMostRejections = 3;  // of its batches in a row, each of which loads the pool again

class LoadedTiles final : public audit::TileReader {
 public:
  explicit LoadedTiles(const std::vector<LogTileRow>& rows) : rows_(rows) {}
  [[nodiscard]] base::Result<std::vector<std::string>> read(std::span<const audit::TileId> tiles) const override {
    std::vector<std::string> found;
    for (const auto& tile : tiles) {
      const auto row = std::ranges::find_if(
          rows_, [&](const auto& each) { return each.level == tile.level && each.index == tile.index; });
      if (row == rows_.end()) return {Errc::kCorrupt, audit::tile_path(tile) + " is missing"};
      found.push_back(row->hashes);
    }
    return found;
  }

 private:
  const std::vector<LogTileRow>& rows_;
};

std::string entries(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " entry" : " entries"); }

}  // namespace

Sequencer::Sequencer(domain::PoolName pool, SequencerConfig config, CheckpointKeeper& keeper, Submit submit,
                     const base::Clock& clock)
    : pool_(std::move(pool)), config_(std::move(config)), keeper_(keeper), submit_(std::move(submit)), clock_(clock) {
  BOURSE_CHECK(!config_.signers.empty() && config_.most_leaves > 0);
  for (const auto& signer : config_.signers) {
    BOURSE_CHECK(signer.verifier().name() == config_.signers.front().verifier().name());
    BOURSE_CHECK(signer.verifier().type() == audit::SignatureType::kEd25519);
  }
}

void Sequencer::start(LogHead&& head) {
  const std::lock_guard lock(mutex_);
  queue_.clear();
  queued_ = 0;
  stored_ = head.checkpoint ? head.checkpoint->size : 0;
  status_ = {.size = head.checkpoint ? head.checkpoint->size : 0, .waiting = head.leaves.size(), .refuses = refused_};
  if (refused_) return;
  head_ = std::move(head);
  appends_ = true;
  changed_.notify_all();
}

void Sequencer::take(std::vector<AuditRow>&& rows) {
  if (rows.empty()) return;
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  status_.waiting += rows.size();
  if (!appends_) return;
  queued_ += rows.size();
  queue_.push_back({now, std::move(rows)});
  if (queued_ >= config_.most_leaves) changed_.notify_all();
}

LogStatus Sequencer::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Sequencer::stored(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  stored_ = std::max(stored_, size);
  changed_.notify_all();
}

void Sequencer::sign_from(std::uint64_t least) {
  const std::lock_guard lock(mutex_);
  least_asked_ = least;
  changed_.notify_all();
}

void Sequencer::hurry() {
  const std::lock_guard lock(mutex_);
  hurry_asked_ = status_.size + status_.waiting;
  changed_.notify_all();
}

bool Sequencer::wait_stored(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [this] { return stored_ >= hurry_asked_ || !appends_; });
  return stored_ >= hurry_asked_;
}

void Sequencer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto command = integrate(clock_.now())) {
      hand_over(std::move(*command), stop);
    } else {
      wait(stop);
    }
  }
}

std::optional<Command> Sequencer::integrate(base::Timestamp now) {
  std::optional<LogHead> head;
  std::vector<Arrived> arrived;
  {
    const std::lock_guard lock(mutex_);
    least_ = least_asked_;
    hurry_ = hurry_asked_;
    if (!appends_) return std::nullopt;
    head = std::exchange(head_, std::nullopt);
    arrived = std::exchange(queue_, {});
    queued_ = 0;
  }
  base::Status taken = head ? open(std::move(*head)) : base::Done{};
  for (auto& each : arrived) {
    if (taken) taken = take_in(std::move(each));
  }
  if (!taken) {
    refuse(taken.error().text);
    return std::nullopt;
  }
  if (retry_ && now < *retry_ && *retry_ - now <= kRetryAfter) return std::nullopt;
  if (!prepared_ && !is_due(now)) return std::nullopt;
  if (!prepared_) prepared_ = prepare();
  return keep(now);
}

base::Status Sequencer::open(LogHead&& head) {
  leaves_.clear();
  stored_origin_.clear();
  prepared_.reset();
  retry_.reset();
  kept_ = 0;
  epoch_ = head.epoch;
  integrated_ = head.checkpoint ? head.checkpoint->size : 0;
  next_ = integrated_;
  auto edge = audit::TileEdge::load(integrated_, LoadedTiles(head.tiles));
  if (!edge) return {Errc::kCorrupt, "the stored tree is damaged: " + edge.error().text};
  edge_ = std::move(*edge);
  if (head.checkpoint) {
    if (auto good = check_stored(*head.checkpoint); !good) return good;
  }
  if (head.missing) return {Errc::kCorrupt, "entry " + std::to_string(*head.missing) + " is missing"};
  for (const auto& hash : head.leaves) leaves_.push_back({{}, hash});
  next_ += head.leaves.size();
  loaded_ = leaves_.size();
  return check_kept();
}

base::Result<audit::Checkpoint> Sequencer::by_own_key(const std::string& note) const {
  std::optional<base::Error> first;
  for (const auto& signer : config_.signers) {
    auto opened = audit::open_checkpoint(note, signer.verifier());
    if (opened) return std::move(opened->checkpoint);
    if (!first) first = opened.error();
  }
  return *first;
}

base::Status Sequencer::check_stored(const CheckpointRow& row) {
  auto stored = by_own_key(row.note);
  // Of a log that ended: what was kept under the new name, if anything, still has to be a prefix (check_kept).
  for (auto former = config_.former.begin(); !stored && former != config_.former.end(); ++former) {
    if (auto opened = audit::open_checkpoint(row.note, *former)) stored = std::move(opened->checkpoint);
  }
  if (!stored) return {Errc::kCorrupt, "the stored checkpoint is not by the key in use: " + stored.error().text};
  if (stored->size != row.size || stored->root != edge_.root()) {
    return {Errc::kCorrupt, "the stored tree of " + entries(row.size) + " is not the one that was signed"};
  }
  stored_origin_ = std::move(stored->origin);
  return base::Done{};
}

// What is kept may be ahead of what is stored, when the process or the database went between the two. One that is
// behind is an older copy: what is stored was signed after it.
base::Status Sequencer::check_kept() {
  const auto last = keeper_.last();
  if (!last) return {last.error().code, "the checkpoint that was signed last cannot be read: " + last.error().text};
  if (!*last) return base::Done{};
  const auto kept = by_own_key(**last);
  if (!kept)
    return {Errc::kCorrupt, "the checkpoint that was signed last is not by the key in use: " + kept.error().text};
  if (kept->size < integrated_ && stored_origin_ != kept->origin) {
    return {Errc::kConflict, "the database holds " + entries(integrated_) + " of the log " + stored_origin_ +
                                 ", which ended before " + kept->origin + " signed its " + entries(kept->size) +
                                 ": it is not the database that was signed last"};
  }
  if (kept->size < integrated_) return base::Done{};
  const auto there = integrated_ + leaves_.size();
  if (kept->size > there) {
    return {Errc::kConflict, "a checkpoint of " + entries(kept->size) + " was signed, but the database has only " +
                                 entries(there) + ": it was put back to an older state"};
  }
  while (edge_.size() < kept->size) append_leaf();
  if (edge_.root() != kept->root) {
    return {Errc::kConflict, "the first " + entries(kept->size) +
                                 " in the database are not those that were signed: it was put back to an older state, "
                                 "or tampered with"};
  }
  kept_ = kept->size;
  return base::Done{};
}

base::Status Sequencer::take_in(Arrived&& arrived) {
  for (const auto& [index, entry] : arrived.entries) {
    if (index.value < next_) continue;
    if (index.value > next_) return {Errc::kCorrupt, "entry " + std::to_string(next_) + " is missing"};
    leaves_.push_back({arrived.at, audit::leaf_hash(entry)});
    ++next_;
  }
  if (leaves_.size() <= std::max(kMostWaiting, loaded_ * 2)) return base::Done{};
  return {Errc::kResourceConstraint, "checkpoints could not be kept for too long: too many entries wait"};
}

void Sequencer::decided(bool stored, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (stored) {
    rejections_ = 0;
  } else if (++rejections_ >= kMostRejections && !refused_) {
    refused_ = "the database does not take the tree, until somebody mends it and starts the service again: " + why;
    spdlog::error("pool {}: no checkpoint of the audit log is signed any more: {}", pool_.value, *refused_);
    status_.refuses = refused_;
    appends_ = false;
    queue_.clear();
    queued_ = 0;
  }
}

void Sequencer::append_leaf() {
  edge_.append(leaves_.front().hash);
  leaves_.pop_front();
}

// What came in the future came before the clock was set back.
bool Sequencer::is_due(base::Timestamp now) const {
  if (is_held()) return false;
  if (edge_.size() > integrated_) return true;
  if (leaves_.empty()) return false;
  if (integrated_ < hurry_) return true;
  const auto oldest = leaves_.front().arrived;
  return leaves_.size() >= config_.most_leaves || oldest > now || now - oldest >= config_.longest_wait;
}

// Never a smaller tree than one that was signed already.
IntegrateLog Sequencer::prepare() {
  const auto target = std::max({integrated_ + config_.most_leaves, kept_, least_});
  while (edge_.size() < target && !leaves_.empty()) append_leaf();
  IntegrateLog command{.from = integrated_, .size = edge_.size(), .tiles = {}, .checkpoint = sign(), .epoch = epoch_};
  for (auto& [tile, bytes] : edge_.take_changes()) command.tiles.push_back({tile.level, tile.index, std::move(bytes)});
  return command;
}

std::string Sequencer::sign() const {
  const auto& origin = config_.signers.front().verifier().name();
  audit::Note note{audit::format_checkpoint({origin, edge_.size(), edge_.root(), {}}), {}};
  for (const auto& signer : config_.signers) note.signatures.push_back(audit::sign_text(note.text, signer));
  return audit::format_note(note);
}

// The same note until it is kept: what was half written may be all there.
std::optional<Command> Sequencer::keep(base::Timestamp now) {
  const auto kept = keeper_.keep(prepared_->checkpoint);
  const std::lock_guard lock(mutex_);
  if (!kept) {
    retry_ = now + kRetryAfter;
    if (!status_.refuses) spdlog::error("pool {}: a checkpoint cannot be kept: {}", pool_.value, kept.error().text);
    if (!head_) status_.refuses = "a checkpoint cannot be kept, and is tried again: " + kept.error().text;
    return std::nullopt;
  }
  retry_.reset();
  auto made = std::move(*prepared_);
  prepared_.reset();
  const auto count = made.size - integrated_;
  integrated_ = made.size;
  if (head_) return std::nullopt;  // loaded again: what is stored comes first
  status_.size = made.size;
  status_.waiting -= count;
  status_.refuses.reset();
  return Command{pool_, {}, {}, std::move(made)};
}

void Sequencer::refuse(const std::string& why) {
  leaves_.clear();
  const std::lock_guard lock(mutex_);
  if (head_) return;  // loaded again: to be judged anew
  spdlog::error("pool {}: no checkpoint of the audit log is signed any more: {}", pool_.value, why);
  status_.refuses = why;
  appends_ = false;
  queue_.clear();
  queued_ = 0;
}

void Sequencer::hand_over(Command&& command, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (submit_(std::move(command))) return;  // NOLINT(bugprone-use-after-move): left as it is when refused
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, stop, kSubmitAgain, [this] { return head_.has_value(); })) return;
  }
}

void Sequencer::wait(const std::stop_token& stop) {
  auto pause = config_.longest_wait;
  if (!leaves_.empty()) pause = std::min(pause, leaves_.front().arrived + config_.longest_wait - clock_.now());
  if (is_held()) pause = config_.longest_wait;
  if (retry_) pause = kRetryAfter;
  const bool may_sign = !retry_ && !is_held();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::max(pause, kShortestWait), [&] {
    return head_.has_value() || least_asked_ != least_ || hurry_asked_ != hurry_ ||
           (may_sign && queued_ + leaves_.size() >= config_.most_leaves);
  });
}

}  // namespace bourse::market
