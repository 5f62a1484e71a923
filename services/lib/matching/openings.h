// Purpose: when offers are open: their weekly schedules, kept once each, and the moment at which the next closed one
// opens. Lifetime: part of the table of offers. Threads: the decider's only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "domain/offer.h"
#include "domain/weekly_schedule.h"
#include "matching/engine.h"
#include "matching/intern.h"

namespace bourse::matching {

using ScheduleId = InternId;

// Between which moments an offer lends at all.
struct Window {
  base::Timestamp starts = base::Timestamp::min();
  base::Timestamp expires = base::Timestamp::max();
  [[nodiscard]] bool always() const { return starts == base::Timestamp::min() && expires == base::Timestamp::max(); }
};

class Openings {
 public:
  // One use more, or less, of a schedule. One that cannot be read never opens.
  ScheduleId acquire(const domain::Schedule& schedule);
  void release(ScheduleId id);

  // As WeeklySchedule::open_until, remembered for the period last asked about.
  [[nodiscard]] std::optional<base::Timestamp> open_until(ScheduleId id, base::Timestamp at) const;
  [[nodiscard]] bool is_open(ScheduleId id, const Window& window, const Interval& when) const;
  // The first moment after `at` at which an offer like this opens; max() when there is none.
  [[nodiscard]] base::Timestamp opening_after(ScheduleId id, const Window& window, base::Timestamp at) const;

  void add(OfferHandle offer, ScheduleId id, const Window& window);
  void remove(OfferHandle offer, ScheduleId id, const Window& window);
  // The next opening of any offer after the moment last given to advance().
  [[nodiscard]] base::Timestamp next() const;
  // True when something opened up to now.
  bool advance(base::Timestamp now);

  // How often a schedule had to be asked because nothing was remembered.
  [[nodiscard]] std::uint64_t asked() const { return asked_; }

 private:
  struct Kept {
    std::optional<domain::WeeklySchedule> schedule;     // none: never open
    std::map<base::Timestamp, std::uint32_t> expiries;  // of the offers that have started
    // What was found out about [known_from, known_until).
    mutable base::Timestamp known_from;
    mutable base::Timestamp known_until;
    mutable bool known_open = false;
    // The first opening after any moment of [next_known_from, next_opening).
    mutable base::Timestamp next_known_from = base::Timestamp::max();
    mutable base::Timestamp next_opening;
  };
  struct Starting {
    ScheduleId schedule;
    Window window;
  };

  [[nodiscard]] base::Timestamp next_opening(const Kept& kept, base::Timestamp at) const;
  void join(ScheduleId id, const Window& window);
  void leave(ScheduleId id, const Window& window);
  void expect(const Starting& starting, bool expected);

  Interner<std::string> texts_;
  std::vector<std::unique_ptr<Kept>> kept_;
  std::map<std::pair<base::Timestamp, OfferHandle>, Starting> starts_;  // offers with a `starts`, by it
  std::multiset<base::Timestamp> expected_;  // the first openings of those that have not started
  base::Timestamp advanced_{};
  mutable std::uint64_t asked_ = 0;
};

}  // namespace bourse::matching
