// Purpose: what the decider knows of every provider's availability: the interval that is running, when nobody looked,
//   and what was learned of how long runs last, so that it can say who will stay.
// Lifetime: part of a State: from one load to the next. Threads: the decider's only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "history/counts_record.h"
#include "history/day_rollup.h"
#include "history/predictor.h"
#include "history/together.h"
#include "market/rows.h"

namespace bourse::market {

// An interval that closed, and what it adds to the sums by day.
struct HistoryClosed {
  ClosedInterval interval;
  history::DayCells cells;
};

class HistoryBook {
 public:
  HistoryBook();

  // While a pool is loaded. kCorrupt: counts that are none.
  [[nodiscard]] base::Status load(ProviderRow&& row);
  void load(const history::Window& gap) { gaps_.push_back(gap); }
  [[nodiscard]] base::Status load_counts(std::string&& bytes);

  struct Running {
    domain::Presence presence = domain::Presence::kUp;
    base::Timestamp since{};
  };
  [[nodiscard]] std::optional<Running> running(const domain::Jid& provider) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Its running interval ends at `at`, and another begins. A moment before the running one began counts as its
  // beginning: a message came late, or a clock was set back. Nothing when it is what it was.
  struct Turn {
    ProviderRow row;
    std::optional<HistoryClosed> closed;
  };
  [[nodiscard]] std::optional<Turn> turn(const domain::Jid& provider, domain::Presence presence, base::Timestamp at,
                                         domain::EndReason reason);
  // Nobody knows any more whether it is there: its running interval, when it was up, ends at `at`, and none begins.
  // That says nothing of how long it would have stayed.
  [[nodiscard]] std::optional<Turn> lose_track(const domain::Jid& provider, base::Timestamp at);
  // What its agent says of where it is; nothing when that was known, there is no such zone, or the provider is not
  // known.
  [[nodiscard]] std::optional<ProviderRow> set_zone(const domain::Jid& provider, const std::string& zone);

  // From elsewhere: does not touch what is running.
  [[nodiscard]] HistoryClosed import(ClosedInterval interval) const;

  // Nobody looks from `at` on; it was so already: the earlier one counts.
  void look_away(base::Timestamp at);
  [[nodiscard]] bool looks() const { return !away_since_; }
  [[nodiscard]] std::optional<base::Timestamp> away_since() const { return away_since_; }
  // Somebody looks again: the gap that ends; nothing when none was open or it has no length.
  [[nodiscard]] std::optional<history::Window> look_again(base::Timestamp now);
  // A gap that is over: a clock jumped. What of it is new; nothing when it is known.
  [[nodiscard]] std::optional<history::Window> add_gap(history::Window gap);

  // P(up for so much more), from 0 to 1; 0 when it is down or unknown.
  [[nodiscard]] double up_for(const domain::Jid& provider, base::Duration further, base::Timestamp now) const;
  void up_for(const domain::Jid& provider, std::span<const base::Duration> further, base::Timestamp now,
              std::span<double> stays) const;
  [[nodiscard]] const history::PoolModel& model() const { return model_; }
  // Of failures within windows of about that length (history/together.h).
  [[nodiscard]] double correlation(base::Duration length) const;

  // Counts what some of those that are up have stayed meanwhile; when all had their turn, learns from it. Cheap; to be
  // called every few seconds. True when it learned: what is known of the future has changed.
  bool learn_some(base::Timestamp now);
  [[nodiscard]] base::Timestamp next_lesson() const;
  // To be stored now and then.
  [[nodiscard]] std::string counts_record(base::Timestamp now) const;

 private:
  struct Entry {
    std::optional<domain::Presence> presence = {};  // none: nobody knows
    base::Timestamp since{};
    base::Timestamp counted{};  // its run is in the counts up to here
    std::string zone;
  };

  // The running interval ends at `at`; nothing when it has no length, or there is none.
  [[nodiscard]] std::optional<HistoryClosed> close(const domain::Jid& provider, std::size_t index, base::Timestamp at,
                                                   bool failed, domain::EndReason reason);
  std::optional<history::Window> put_gap(history::Window gap);
  void note_failure(base::Timestamp at);
  void pass_windows(base::Timestamp now);
  [[nodiscard]] history::Gaps gaps_within(const history::Window& window) const;
  void count(std::size_t index, base::Timestamp until, bool ended);
  void fit();
  void forget_old_gaps(base::Timestamp now);
  [[nodiscard]] ProviderRow row_of(const domain::Jid& provider, std::size_t index) const;

  std::unordered_map<domain::Jid, std::uint32_t> index_;
  std::vector<Entry> entries_;
  std::vector<history::ProviderCounts> counts_;  // parallel to entries_
  history::Gaps gaps_;
  std::optional<base::Timestamp> away_since_;
  // No gap begins earlier, nor ends: what is summed up already stays right when the clock is set back.
  base::Timestamp closed_until_{};
  history::PoolCounts pool_;
  base::Timestamp pool_counted_{};  // pool_ had everything up to here when it was loaded
  base::Timestamp faded_{};
  history::PoolModel model_;
  std::uint64_t up_ = 0;  // of entries_
  struct Together {       // failures in windows that follow one another
    base::Timestamp begun{};
    std::uint64_t up = 0;
    std::uint64_t failed = 0;
    history::TogetherCounts counts;
  };
  std::array<Together, 3> together_;  // of kWindows
  std::size_t next_ = 0;              // whose turn it is in learn_some
  base::Timestamp learned_{};
};

}  // namespace bourse::market
